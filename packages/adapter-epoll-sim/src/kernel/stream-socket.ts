import type { Choices } from "./choices.js";
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from "./epoll-constants.js";
import { type Errno, SyscallError } from "./errno.js";
import { OpenFile } from "./open-file.js";

const RECEIVING = 1;
const SENDING = 2;
const BOTH = 3;

export type SocketState = "fresh" | "connecting" | "connected";

/** One end of a stream, as Linux's AF_UNIX stream sockets behave; connecting ends as TCP's do. */
export class StreamSocket extends OpenFile {
  readonly #choices: Choices;
  /** How much the other end may send before this one reads. */
  readonly #bufferBytes: number;
  state: SocketState;
  peer: StreamSocket | undefined;
  /** SO_ERROR: told once, by a read or by `takeError`. */
  #error: Errno | undefined;
  #shut = 0;
  /** As they were written: room is made by whole ones. */
  #received: { readonly bytes: Uint8Array; taken: number }[] = [];
  #receivedBytes = 0;

  constructor(choices: Choices, bufferBytes: number, state: SocketState = "connected") {
    super();
    this.#choices = choices;
    this.#bufferBytes = bufferBytes;
    this.state = state;
  }

  /** Linux calls a socket writable again when a quarter of the buffer or less is in use. */
  get #writable(): boolean {
    const { peer } = this;
    return !peer || peer.#receivedBytes * 4 <= peer.#bufferBytes;
  }

  get #unread(): number {
    return this.#receivedBytes - (this.#received[0]?.taken ?? 0);
  }

  poll(): number {
    if (this.state === "connecting") return 0;
    if (this.state === "fresh") return EPOLLOUT | EPOLLHUP;
    let mask = this.#error ? EPOLLERR : 0;
    if (this.#shut === BOTH) mask |= EPOLLHUP;
    if (this.#shut & RECEIVING) mask |= EPOLLRDHUP | EPOLLIN;
    if (this.#received.length > 0) mask |= EPOLLIN;
    if (this.#writable) mask |= EPOLLOUT;
    return mask;
  }

  /** Up to `most` bytes; none at the end of the stream; undefined when there is nothing now. */
  read(most: number): Uint8Array | undefined {
    if (this.state !== "connected") {
      const error = this.takeError();
      if (error) throw new SyscallError("read", error);
      if (this.state === "connecting") return undefined;
      throw new SyscallError("read", this.state === "fresh" ? "EINVAL" : "ENOTCONN");
    }
    if (this.#received.length > 0) return this.#take(this.#shortened("read", Math.min(most, this.#unread)));
    const error = this.takeError();
    if (error) throw new SyscallError("read", error);
    return this.#shut & RECEIVING ? new Uint8Array(0) : undefined;
  }

  /** How many bytes were taken: 0 when the buffer is full. */
  write(bytes: Uint8Array): number {
    if (this.state === "connecting") return 0;
    if (this.state === "fresh") throw new SyscallError("write", "ENOTCONN");
    const { peer } = this;
    if (this.#shut & SENDING || !peer) throw new SyscallError("write", "EPIPE");
    const room = peer.#bufferBytes - peer.#receivedBytes;
    const count = this.#shortened("write", Math.min(room, bytes.length));
    if (count > 0) peer.#receive(bytes.slice(0, count));
    return count;
  }

  takeError(): Errno | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  /** @param how SHUT_RD, SHUT_WR or SHUT_RDWR */
  shutdown(how: number): void {
    if (this.state !== "connected") throw new SyscallError("shutdown", "ENOTCONN");
    const mine = how + 1;
    this.#endOf(mine);
    // What one end will not read the other cannot send.
    const theirs = ((mine & RECEIVING) << 1) | ((mine & SENDING) >> 1);
    if (this.peer) this.peer.#endOf(theirs);
  }

  /** Closed in order; but with bytes unread the other end is reset. */
  override release(): void {
    this.#leave(this.#received.length > 0 ? "ECONNRESET" : undefined);
  }

  /** The other end is reset whatever was read: what a killed server does. */
  reset(): void {
    this.#leave("ECONNRESET");
  }

  /** The connection stands, or was refused. */
  connected(peer: StreamSocket | Errno): void {
    this.state = "connected";
    if (typeof peer === "string") {
      this.#error = peer;
      this.#shut = BOTH;
    } else {
      this.peer = peer;
      peer.peer = this;
    }
    this.wake(0);
  }

  #leave(error: Errno | undefined): void {
    super.release();
    const { peer } = this;
    this.peer = undefined;
    if (!peer) return;
    peer.peer = undefined;
    peer.#error ??= error;
    peer.#endOf(BOTH);
  }

  #shortened(kind: "read" | "write", bytes: number): number {
    return bytes > 1 && this.#choices.choose(kind, 2) === 1 ? 1 : bytes;
  }

  #receive(bytes: Uint8Array): void {
    this.#received.push({ bytes, taken: 0 });
    this.#receivedBytes += bytes.length;
    this.wake(EPOLLIN);
  }

  #endOf(directions: number): void {
    this.#shut |= directions;
    this.wake(0);
  }

  #take(count: number): Uint8Array {
    const taken = new Uint8Array(count);
    let at = 0;
    while (at < count) {
      const chunk = this.#received[0] as { bytes: Uint8Array; taken: number };
      const part = chunk.bytes.subarray(chunk.taken, chunk.taken + count - at);
      taken.set(part, at);
      at += part.length;
      chunk.taken += part.length;
      if (chunk.taken === chunk.bytes.length) this.#free();
    }
    return taken;
  }

  #free(): void {
    this.#receivedBytes -= this.#received.shift()?.bytes.length ?? 0;
    if (this.peer) this.peer.#roomMade();
  }

  #roomMade(): void {
    if (this.#writable) this.wake(EPOLLOUT);
  }
}
