import type { Choices } from "./choices.js";
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT } from "./epoll-constants.js";
import { SyscallError } from "./errno.js";
import { OpenFile, type Waiter } from "./open-file.js";

/** What epoll_wait answers. */
export interface EpollEvent {
  readonly events: number;
  /** What was given with the registration. */
  readonly data: number;
}

/** Bits of a registration that ask for nothing. */
const PRIVATE = EPOLLET | EPOLLONESHOT;

/** One registration: of a file under a number, because both together are the key (P A10). */
class Item implements Waiter {
  readonly epoll: Epoll;
  readonly fd: number;
  readonly file: OpenFile;
  events: number;
  data: number;

  constructor(epoll: Epoll, fd: number, file: OpenFile, events: number, data: number) {
    this.epoll = epoll;
    this.fd = fd;
    this.file = file;
    this.events = events;
    this.data = data;
  }

  /** Of what was asked for, what holds now. */
  get ready(): number {
    return this.file.poll() & this.events & ~PRIVATE;
  }

  woken(key: number): void {
    const wanted = this.events & ~PRIVATE;
    if (wanted === 0 || (key !== 0 && (key & wanted) === 0)) return; // a one-shot that was used hears nothing
    this.epoll.listReady(this);
  }
}

/**
 * An epoll instance, with the kernel's own mechanism: a list of registrations that were woken, looked at again by a wait.
 * Level-triggered ones go back to its end, edge-triggered ones do not, one-shots lose what they asked for.
 */
export class Epoll extends OpenFile {
  readonly #choices: Choices;
  readonly #items = new Set<Item>();
  /** Those that were woken, in that order. */
  #ready = new Set<Item>();

  constructor(choices: Choices) {
    super();
    this.#choices = choices;
  }

  poll(): number {
    for (const item of this.#ready) if (item.ready) return EPOLLIN;
    return 0;
  }

  add(fd: number, file: OpenFile, events: number, data: number): void {
    if (this.#find(fd, file)) throw new SyscallError("epoll_ctl", "EEXIST");
    if (this.#choices.choose("fail", 2) === 1) throw new SyscallError("epoll_ctl", "ENOMEM");
    const item = new Item(this, fd, file, events | EPOLLERR | EPOLLHUP, data);
    this.#items.add(item);
    file.waiters.add(item);
    if (item.ready) this.#ready.add(item);
  }

  modify(fd: number, file: OpenFile, events: number, data: number): void {
    const item = this.#find(fd, file);
    if (!item) throw new SyscallError("epoll_ctl", "ENOENT");
    item.events = events | EPOLLERR | EPOLLHUP;
    item.data = data;
    if (item.ready) this.#ready.add(item);
  }

  delete(fd: number, file: OpenFile): void {
    const item = this.#find(fd, file);
    if (!item) throw new SyscallError("epoll_ctl", "ENOENT");
    this.forget(item);
  }

  /** Up to `most` of what is ready. Which ones, and in which order, is the scheduler's business. */
  wait(most: number): EpollEvent[] {
    if (!(most > 0)) throw new SyscallError("epoll_wait", "EINVAL");
    const found: EpollEvent[] = [];
    const waiting = [...this.#ready];
    const again: Item[] = [];
    while (waiting.length > 0 && found.length < most) {
      const at = this.#choices.choose("order", waiting.length);
      const [item] = waiting.splice(at, 1) as [Item];
      const events = item.ready;
      if (events === 0) continue;
      found.push({ events, data: item.data });
      if (item.events & EPOLLONESHOT) item.events &= PRIVATE;
      else if (!(item.events & EPOLLET)) again.push(item);
    }
    this.#ready = new Set([...waiting, ...again]);
    return found;
  }

  listReady(item: Item): void {
    this.#ready.add(item);
  }

  forget(item: Item): void {
    this.#ready.delete(item);
    this.#items.delete(item);
    item.file.waiters.delete(item);
  }

  override release(): void {
    super.release();
    for (const item of this.#items) this.forget(item);
  }

  #find(fd: number, file: OpenFile): Item | undefined {
    for (const waiter of file.waiters)
      if (waiter instanceof Item && waiter.epoll === this && waiter.fd === fd) return waiter;
    return undefined;
  }
}

/** Epoll forgets a file when its last descriptor is closed, not before (P A10). */
export function forgetReleased(file: OpenFile): void {
  for (const waiter of file.waiters) if (waiter instanceof Item) waiter.epoll.forget(waiter);
}
