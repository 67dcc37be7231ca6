import type { TransferRequest } from "@curlew/core";
import { Fifo } from "./fifo.js";
import { CURL_READFUNC_ABORT, CURL_READFUNC_PAUSE, CURL_SEEKFUNC_CANTSEEK, CURL_SEEKFUNC_OK } from "./node-libcurl.js";

/** A refill is asked for while there is still something to send, so that the socket need not wait for JavaScript. */
const LOW_WATER_BYTES = 65_536;

/** What is wrong with a body, found when libcurl asks for more of it. */
export type BodyFault = "missing" | "too short" | "too long";

/** The body of a request, as libcurl reads it: all of it here, which can be sent again; or a queue. */
export class Sending {
  readonly #whole: Uint8Array | undefined;
  /** -1: it ends when it ends. */
  readonly #declaredBytes: number;
  readonly #none: boolean;
  readonly #drain: () => void;
  readonly #queue = new Fifo<Uint8Array>();
  #queuedBytes = 0;
  #sentBytes = 0;
  #ended = false;
  #drainWanted = false;
  /** libcurl was told to wait for more. */
  paused = false;
  fault: BodyFault | undefined;

  constructor(body: TransferRequest["body"], declaredBytes: number, drain: () => void) {
    this.#none = body === undefined;
    this.#whole = body instanceof Uint8Array ? Buffer.from(body) : undefined; // a copy: the caller's may change
    this.#declaredBytes = declaredBytes;
    this.#drain = drain;
  }

  /** Whether libcurl, asked again, would be told to wait again. */
  get starved(): boolean {
    return this.#queuedBytes === 0 && !this.#ended && this.fault === undefined;
  }

  /** Queues a copy; null is the end. Answers how many bytes are queued. */
  add(bytes: Uint8Array | null): number {
    this.#drainWanted = false;
    if (this.#none || this.#whole) return 0;
    if (bytes === null) this.#ended = true;
    else if (this.#exceeds(bytes.length)) this.fault = "too long";
    else if (bytes.length > 0) {
      this.#queue.push(Uint8Array.prototype.slice.call(bytes));
      this.#queuedBytes += bytes.length;
    }
    return this.#queuedBytes;
  }

  /** CURLOPT_READFUNCTION. */
  readonly read = (room: Buffer): number => {
    if (this.#none) this.fault = "missing";
    if (this.fault) return CURL_READFUNC_ABORT;
    if (this.#whole) return this.#take(this.#whole.subarray(this.#sentBytes), room, 0);
    return this.#fromQueue(room);
  };

  /** CURLOPT_SEEKFUNCTION. */
  readonly seek = (offset: number, origin: number): number => {
    if (origin !== 0) return CURL_SEEKFUNC_CANTSEEK;
    if (this.#whole && offset <= this.#whole.length) {
      this.#sentBytes = offset;
      return CURL_SEEKFUNC_OK;
    }
    return offset === 0 && this.#sentBytes === 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK;
  };

  #fromQueue(room: Buffer): number {
    let size = 0;
    for (let first = this.#queue.first; first && size < room.length; first = this.#queue.first) {
      const taken = this.#take(first, room, size);
      size += taken;
      if (taken === first.length) this.#queue.shift();
      else this.#queue.replaceFirst(first.subarray(taken));
    }
    this.#queuedBytes -= size;
    if (!this.#ended && this.#queuedBytes < LOW_WATER_BYTES && !this.#drainWanted) {
      this.#drainWanted = true;
      this.#drain();
    }
    if (size > 0) return size;
    if (this.#ended) return this.#atEnd();
    this.paused = true;
    return CURL_READFUNC_PAUSE;
  }

  #atEnd(): number {
    if (this.#declaredBytes <= this.#sentBytes) return 0;
    this.fault = "too short";
    return CURL_READFUNC_ABORT;
  }

  #take(from: Uint8Array, room: Buffer, at: number): number {
    const size = Math.min(from.length, room.length - at);
    room.set(from.subarray(0, size), at);
    this.#sentBytes += size;
    return size;
  }

  /** More than was promised would be read as the next request by who is at the other end. */
  #exceeds(bytes: number): boolean {
    return this.#declaredBytes >= 0 && this.#sentBytes + this.#queuedBytes + bytes > this.#declaredBytes;
  }
}
