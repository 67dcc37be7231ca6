import { MisuseError } from "@curlew/core";
import { type Choices, plainChoices } from "./choices.js";
import { Clock } from "./clock.js";
import { Epoll, type EpollEvent, forgetReleased } from "./epoll.js";
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from "./epoll-constants.js";
import { type Errno, SyscallError } from "./errno.js";
import { EventCounter, RegularFile } from "./event-counter.js";
import { Network } from "./network.js";
import type { OpenFile } from "./open-file.js";
import { StreamSocket } from "./stream-socket.js";

export interface KernelOptions {
  /** Who decides what a real kernel decides by itself. Default: the plain answer to everything. */
  readonly choices?: Choices;
  /** Most descriptors; one more is EMFILE. Default 1024. */
  readonly descriptorLimit?: number;
  /** What a socket takes before the other end reads. Default 65 536. */
  readonly bufferBytes?: number;
}

const DESCRIPTOR_LIMIT = 1024;

/**
 * A kernel of one process: descriptors, stream sockets, eventfds and epoll, with Linux's rules and errors, on a clock that
 * only passes when it is told to. Pure TypeScript: no descriptor of the machine is involved.
 *
 * One thing Linux has is missing: an epoll instance that watches another one is refused with EINVAL, where Linux allows it
 * and refuses only an instance in itself (EINVAL) and circles (ELOOP). libcurl never hands out an epoll instance, so that no
 * loop here can be asked to watch one.
 *
 * Each call throws {@link SyscallError} with `errno` as the system call of that name fails, and MisuseError HANDLE_CLOSED
 * after {@link Kernel.shutDown}.
 */
export class Kernel {
  readonly clock = new Clock();
  readonly network: Network;
  readonly choices: Choices;
  readonly #bufferBytes: number | undefined;
  readonly #limit: number;
  #files: (OpenFile | undefined)[] | undefined = [];

  constructor(options: KernelOptions = {}) {
    this.choices = options.choices ?? plainChoices;
    this.#limit = options.descriptorLimit ?? DESCRIPTOR_LIMIT;
    this.#bufferBytes = options.bufferBytes;
    this.network = new Network(this.clock, this.choices, options.bufferBytes);
  }

  /** The descriptors that are open. */
  get open(): number[] {
    return [...this.#table.keys()].filter((fd) => this.#table[fd] !== undefined);
  }

  // --- making descriptors: always the lowest free number ------------------------------------------------------------

  socketpair(): [number, number] {
    const a = new StreamSocket(this.choices, this.#bufferBytes ?? this.network.bufferBytes);
    const b = new StreamSocket(this.choices, this.#bufferBytes ?? this.network.bufferBytes);
    a.connected(b);
    return [this.#install("socketpair", a), this.#install("socketpair", b)];
  }

  /** A stream socket that is to be connected. */
  socket(): number {
    return this.#install("socket", new StreamSocket(this.choices, this.network.bufferBytes, "fresh"));
  }

  eventfd(): number {
    return this.#install("eventfd", new EventCounter());
  }

  /** A regular file, which cannot be polled. */
  openFile(): number {
    return this.#install("open", new RegularFile());
  }

  epollCreate1(): number {
    return this.#install("epoll_create1", new Epoll(this.choices));
  }

  dup(fd: number): number {
    return this.#install("dup", this.#file("dup", fd));
  }

  close(fd: number): void {
    const file = this.#file("close", fd);
    this.#table[fd] = undefined;
    if (--file.references > 0) return;
    forgetReleased(file);
    file.release();
  }

  // --- using them ----------------------------------------------------------------------------------------------------

  /** Up to `most` bytes; none at the end of the stream; undefined when there is nothing now (EAGAIN). */
  read(fd: number, most = 65_536): Uint8Array | undefined {
    return this.#readable("read", fd).read(most);
  }

  /** How many bytes were taken; 0 when the buffer is full (EAGAIN). */
  write(fd: number, bytes: Uint8Array): number {
    return this.#readable("write", fd).write(bytes);
  }

  shutdown(fd: number, how: number): void {
    this.#socket("shutdown", fd).shutdown(how);
  }

  /** Begins to connect; how it ends is told by readiness and `socketError`. */
  connect(fd: number, address: string): void {
    const socket = this.#socket("connect", fd);
    if (socket.state !== "fresh") throw new SyscallError("connect", "EISCONN");
    this.network.connect(socket, address);
  }

  /** getsockopt(SO_ERROR): tells an error once. */
  socketError(fd: number): Errno | undefined {
    return this.#socket("getsockopt", fd).takeError();
  }

  /** The EPOLL bits that hold now: poll(2). */
  poll(fd: number): number {
    return this.#file("poll", fd).poll();
  }

  /** What a descriptor names, for telling whether it is still the same. */
  identity(fd: number): object | undefined {
    return this.#table[fd];
  }

  // --- epoll ---------------------------------------------------------------------------------------------------------

  /** @param data given back with each event; default: the descriptor's number */
  epollCtl(epfd: number, operation: number, fd: number, events = 0, data = fd): void {
    const watcher = this.#file("epoll_ctl", epfd);
    const file = this.#file("epoll_ctl", fd);
    if (!file.pollable) throw new SyscallError("epoll_ctl", "EPERM");
    // For two different instances that is not Linux's answer: see above.
    if (!(watcher instanceof Epoll) || file instanceof Epoll) throw new SyscallError("epoll_ctl", "EINVAL");
    if (operation === EPOLL_CTL_ADD) watcher.add(fd, file, events, data);
    else if (operation === EPOLL_CTL_MOD) watcher.modify(fd, file, events, data);
    else if (operation === EPOLL_CTL_DEL) watcher.delete(fd, file);
    else throw new SyscallError("epoll_ctl", "EINVAL");
  }

  /** What is ready now; it never waits, because time does not pass by itself. */
  epollWait(epfd: number, most: number): EpollEvent[] {
    if (!(most > 0)) throw new SyscallError("epoll_wait", "EINVAL");
    const watcher = this.#file("epoll_wait", epfd);
    if (!(watcher instanceof Epoll)) throw new SyscallError("epoll_wait", "EINVAL");
    return watcher.wait(most);
  }

  /** Closes everything; every call afterwards is a MisuseError HANDLE_CLOSED. */
  shutDown(): void {
    for (const fd of this.open) this.close(fd);
    this.#files = undefined;
  }

  get #table(): (OpenFile | undefined)[] {
    if (!this.#files) throw new MisuseError("HANDLE_CLOSED", "this kernel was shut down");
    return this.#files;
  }

  #install(call: string, file: OpenFile): number {
    const table = this.#table;
    let fd = 0;
    while (table[fd]) fd++;
    if (fd >= this.#limit) throw new SyscallError(call, "EMFILE");
    table[fd] = file;
    file.references++;
    return fd;
  }

  /** @throws MisuseError OUT_OF_RANGE for what cannot be a descriptor, SyscallError EBADF for what is none */
  #file(call: string, fd: number): OpenFile {
    if (!Number.isInteger(fd)) throw new MisuseError("OUT_OF_RANGE", `a descriptor is an integer, not ${fd}`);
    const file = this.#table[fd];
    if (!file) throw new SyscallError(call, "EBADF");
    return file;
  }

  #readable(call: string, fd: number): StreamSocket | EventCounter | RegularFile {
    const file = this.#file(call, fd);
    if (file instanceof Epoll) throw new SyscallError(call, "EINVAL");
    return file as StreamSocket | EventCounter | RegularFile;
  }

  #socket(call: string, fd: number): StreamSocket {
    const file = this.#file(call, fd);
    if (!(file instanceof StreamSocket)) throw new SyscallError(call, "ENOTSOCK");
    return file;
  }
}
