import { type Interest, LoopError } from "@curlew/core";
import type { Poller } from "./poller.js";

export interface Registration {
  readonly id: number;
  readonly fd: number;
  interest: Interest;
}

/** What one attachment has registered with its poller. */
export class Registrations {
  readonly #openPoller: () => Poller;
  #poller: Poller;
  readonly #byFd = new Map<number, Registration>();
  readonly #byId = new Map<number, Registration>();
  #lastId = 0;

  constructor(openPoller: () => Poller) {
    this.#openPoller = openPoller;
    this.#poller = openPoller();
  }

  get size(): number {
    return this.#byFd.size;
  }

  /** Those that stand, in the order they were made. */
  all(): Registration[] {
    return [...this.#byFd.values()];
  }

  stands(registration: Registration): boolean {
    return this.#byId.has(registration.id);
  }

  set(fd: number, interest: Interest): void {
    const known = this.#byFd.get(fd);
    if (known?.interest === interest) return;
    if (known) this.#forget(known);
    const registration = { id: ++this.#lastId, fd, interest };
    try {
      this.#apply(registration, known !== undefined);
    } catch (error) {
      if (known) this.#removeQuietly(fd);
      throw refused(fd, error);
    }
    this.#byFd.set(fd, registration);
    this.#byId.set(registration.id, registration);
  }

  delete(fd: number): void {
    const known = this.#byFd.get(fd);
    if (!known) return;
    this.#forget(known);
    this.#removeQuietly(fd);
  }

  /** What is ready, of the registrations that stand. */
  wait(most: number): { registration: Registration; bits: number }[] {
    const ready = [];
    let ghosts = false;
    for (const { id, bits } of this.#poller.wait(most)) {
      const registration = this.#byId.get(id);
      if (registration) ready.push({ registration, bits });
      else ghosts = true;
    }
    if (ghosts) this.#rebuild();
    return ready;
  }

  /** Whether the poller has anything to report. */
  get ready(): boolean {
    return this.#poller.ready;
  }

  close(): void {
    this.#byFd.clear();
    this.#byId.clear();
    this.#poller.close();
  }

  #apply({ fd, interest, id }: Registration, known: boolean): void {
    try {
      if (known) this.#poller.modify(fd, interest, id);
      else this.#poller.add(fd, interest, id);
    } catch (error) {
      // The number was closed and opened again, or is still registered for a file it named before (P A1).
      if (errnoOf(error) === "ENOENT") this.#poller.add(fd, interest, id);
      else if (errnoOf(error) === "EEXIST") this.#poller.modify(fd, interest, id);
      else throw error;
    }
  }

  /** EBADF, ENOENT and EPERM say that it is gone already: libcurl may close first (C 2.8, P A2). */
  #removeQuietly(fd: number): void {
    try {
      this.#poller.remove(fd);
    } catch (error) {
      if (!["EBADF", "ENOENT", "EPERM"].includes(errnoOf(error) ?? "")) throw error;
    }
  }

  /**
   * A duplicate keeps a closed file registered, and no call can name it any more: only a new epoll instance is rid of it
   * (P A10).
   */
  #rebuild(): void {
    this.#poller.close();
    this.#poller = this.#openPoller();
    for (const { fd, interest, id } of this.#byFd.values()) this.#poller.add(fd, interest, id);
  }

  #forget(registration: Registration): void {
    this.#byFd.delete(registration.fd);
    this.#byId.delete(registration.id);
  }
}

function errnoOf(error: unknown): string | undefined {
  return (error as { errno?: string }).errno;
}

function refused(fd: number, error: unknown): LoopError {
  const errno = errnoOf(error);
  const why = error instanceof Error ? error.message : String(error);
  return new LoopError("LOOP_REFUSED", `descriptor ${fd}: ${why}`, errno === undefined ? { cause: error } : { errno });
}
