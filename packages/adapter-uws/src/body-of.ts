import { CurlewError, MisuseError } from "@curlew/core";
import { ResponseState, type Unread } from "./response-state.js";
import type { UwsResponse } from "./uws.js";

export interface BodyOfOptions {
  /** Bytes received and not read at which the client is made to wait: at most that and one read of uWS (512 KiB) wait. Default 65 536. */
  readonly highWaterBytes?: number | undefined;
}

const HIGH_WATER_BYTES = 65_536;
/** A chunk of uWS is up to 512 KiB; a transfer copies what it is given, whole. */
const PIECE = 65_536;
/** What may wait while uWS cannot be made to wait. */
const MOST_BYTES = 8_388_608;

/**
 * The body of the request that this response belongs to, as a source for `body` of a transfer, to be read once: the client of uWS
 * sends as fast as the transfer takes it. To be called before the route's handler returns or awaits anything, as what
 * comes before is lost. Reading throws RESPONSE_ABORTED when the client leaves before the end.
 *
 * @throws MisuseError WRONG_TYPE, OUT_OF_RANGE; BODY_USED the second time
 */
export function bodyOf(res: UwsResponse, options: BodyOfOptions = {}): AsyncIterableIterator<Uint8Array> {
  const { highWaterBytes = HIGH_WATER_BYTES } = options;
  if (!Number.isSafeInteger(highWaterBytes) || highWaterBytes <= 0)
    throw new MisuseError("OUT_OF_RANGE", `highWaterBytes takes a whole number above 0, not ${String(highWaterBytes)}`);
  const state = ResponseState.of(res);
  if (state.body) throw new MisuseError("BODY_USED", "the body of this request is read already: it can be once");
  const body = new RequestBody(state, highWaterBytes);
  state.body = body;
  return body;
}

class RequestBody implements AsyncIterableIterator<Uint8Array>, Unread {
  readonly #state: ResponseState;
  readonly #highWaterBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** No chunk comes any more, or none is wanted. */
  #ended = false;
  #error: CurlewError | undefined;
  #paused = false;
  /** The response may be ended, and is not for us to pause. */
  #free = false;
  #wake: (() => void) | undefined;

  constructor(state: ResponseState, highWaterBytes: number) {
    this.#state = state;
    this.#highWaterBytes = highWaterBytes;
    state.touch((res) => res.onData((chunk, isLast) => this.#push(chunk, isLast)));
    state.whenAborted(() => this.#fail("the client left before it had sent all of the request's body"));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      if (this.#error) throw this.#error;
      const chunk = this.#chunks[0];
      if (chunk) return { done: false, value: this.#shift(chunk) };
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.discard();
    return { done: true, value: undefined };
  }

  unthrottle(): void {
    this.#free = true;
    this.#resume();
  }

  /** What comes is received and dropped: a connection that stands still could not be used again, and would not be seen to close. */
  discard(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.#ended = true;
    this.#wake?.();
    this.#resume();
  }

  #push(chunk: ArrayBuffer, isLast: boolean): void {
    if (this.#ended) return;
    if (chunk.byteLength > 0) {
      this.#chunks.push(new Uint8Array(chunk.slice(0))); // uWS takes it back when this returns
      this.#bytes += chunk.byteLength;
    }
    if (isLast) this.#ended = true;
    else if (this.#bytes >= this.#highWaterBytes) this.#pause();
    this.#wake?.();
  }

  #shift(chunk: Uint8Array): Uint8Array {
    const piece = chunk.subarray(0, PIECE);
    if (piece.length === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(PIECE);
    this.#bytes -= piece.length;
    if (this.#bytes < this.#highWaterBytes) this.#resume();
    return piece;
  }

  /**
   * Not while the response waits for the socket: uWS cannot wait for one of reading and writing only, and a client that is
   * kept from reading its answer may be what the server waits for.
   */
  #pause(): void {
    if (this.#free || this.#state.blocked) return this.#checkRoom();
    this.#paused = true;
    this.#state.touch((res) => res.pause());
  }

  /**
   * uWS has one note for all sockets of what to wait for after `resume`: what the last one that was paused had waited for.
   * When the answer has begun that may be too little for this one. So what uWS keeps is written first, and the note is
   * made anew (AsyncSocket::throttle_helper).
   */
  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#state.begun) {
      this.#state.corked(() => {});
      this.#state.touch((res) => res.pause());
    }
    this.#state.touch((res) => res.resume());
  }

  #checkRoom(): void {
    if (this.#bytes < this.#highWaterBytes + MOST_BYTES) return;
    this.#fail(`${this.#bytes} bytes of the request's body wait, and the client cannot be made to wait`);
    this.#state.touch((res) => res.close());
  }

  #fail(message: string): void {
    if (this.#ended) return;
    this.#error = new CurlewError("RESPONSE_ABORTED", message);
    this.discard();
  }
}
