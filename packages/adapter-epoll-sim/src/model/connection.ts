import { EPOLLERR, EPOLLHUP, EPOLLRDHUP, type Kernel, SHUT_WR } from "../kernel/index.js";
import type { SocketUser } from "./socket-entries.js";
import { type Frame, FrameReader } from "./wire.js";

/** Who takes what arrives on a connection. */
export interface Stream {
  arrived(frame: Frame): void;
}

/** How often a connection is read before others get their turn. */
const READS = 10;
const READ_BYTES = 16_384;

/** A connection that stands. As a user of its descriptor it is libcurl's own: one that says goodbye. */
export class Connection implements SocketUser {
  readonly id: number;
  readonly easy = undefined;
  readonly fd: number;
  /** scheme://host: who may use it again. */
  readonly key: string;
  readonly multiplexed: boolean;
  readonly #kernel: Kernel;
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, Stream>();
  readonly #outgoing: { readonly stream: number; bytes: Uint8Array }[] = [];
  #lastStream = 0;
  /** Exchanges that began on it. */
  uses = 0;
  /** The server will close it. */
  lastExchange = false;
  /** libcurl's code for how it ended: 0 in order, 55 or 56; undefined while it stands. */
  ended: number | undefined;

  constructor(kernel: Kernel, id: number, fd: number, key: string, multiplexed: boolean) {
    this.#kernel = kernel;
    this.id = id;
    this.fd = fd;
    this.key = key;
    this.multiplexed = multiplexed;
  }

  get idle(): boolean {
    return this.#streams.size === 0;
  }

  get streams(): readonly Stream[] {
    return [...this.#streams.values()];
  }

  /** Whether another exchange may begin on it. */
  usable(): boolean {
    if (this.ended !== undefined || this.lastExchange || (!this.multiplexed && !this.idle)) return false;
    return (this.#kernel.poll(this.fd) & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) === 0;
  }

  begin(stream: Stream): number {
    this.uses++;
    this.#streams.set(++this.#lastStream, stream);
    return this.#lastStream;
  }

  end(stream: number): void {
    this.#streams.delete(stream);
  }

  queue(stream: number, bytes: Uint8Array): void {
    this.#outgoing.push({ stream, bytes });
  }

  /** Bytes of that stream that the kernel has not taken. */
  unsent(stream: number): number {
    let bytes = 0;
    for (const item of this.#outgoing) if (item.stream === stream) bytes += item.bytes.length;
    return bytes;
  }

  /** Frames are never torn: what was begun of another stream's is finished first. */
  write(): void {
    try {
      for (let next = this.#outgoing[0]; next; next = this.#outgoing[0]) {
        const count = this.#kernel.write(this.fd, next.bytes);
        if (count === 0) return;
        if (count === next.bytes.length) this.#outgoing.shift();
        else next.bytes = next.bytes.subarray(count);
      }
    } catch {
      this.#outgoing.length = 0;
      this.ended ??= 55;
    }
  }

  /** Hands what arrived to its streams; answers whether there may be more. */
  read(): boolean {
    for (let i = 0; i < READS; i++) {
      const bytes = this.#readOnce();
      if (!bytes) return false;
      for (const frame of this.#reader.push(bytes)) this.#streams.get(frame.stream)?.arrived(frame);
    }
    return true;
  }

  /** Begins to say goodbye. */
  shutDown(): void {
    try {
      this.#kernel.shutdown(this.fd, SHUT_WR);
    } catch {
      this.ended ??= 56;
    }
  }

  #readOnce(): Uint8Array | undefined {
    try {
      const bytes = this.#kernel.read(this.fd, READ_BYTES);
      if (bytes?.length === 0) this.ended ??= 0;
      return bytes?.length === 0 ? undefined : bytes;
    } catch {
      this.ended ??= 56;
      return undefined;
    }
  }
}
