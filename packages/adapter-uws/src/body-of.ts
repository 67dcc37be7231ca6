import { type BodyController, type BodySource, CurlewError, MisuseError } from "@curlew/core";
import { ResponseState, type Unread } from "./response-state.js";
import { READ_BYTES, turns } from "./turns.js";
import type { UwsResponse } from "./uws.js";
import { WaitingBytes } from "./waiting-bytes.js";

export interface BodyOfOptions {
  /** Bytes received and not read at which the client is made to wait: at most that and one read of uWS (512 KiB) wait. Default 65 536. */
  readonly highWaterBytes?: number | undefined;
}

const HIGH_WATER_BYTES = 65_536;
/** A transfer is not given much more than it has room for. */
const PIECE = 65_536;
/** What may wait while uWS cannot be made to wait. */
const MOST_BYTES = 8_388_608;

/** For `body` of a transfer, which takes it as it comes; or to be iterated. Once. */
export type RequestBodySource = BodySource & AsyncIterableIterator<Uint8Array>;

/**
 * The body of the request that this response belongs to, as a source for `body` of a transfer, to be read once: the client of uWS
 * sends as fast as the transfer takes it. To be called before the route's handler returns or awaits anything, as what
 * comes before is lost. Reading throws RESPONSE_ABORTED when the client leaves before the end.
 *
 * @throws MisuseError WRONG_TYPE, OUT_OF_RANGE; BODY_USED the second time
 */
export function bodyOf(res: UwsResponse, options: BodyOfOptions = {}): RequestBodySource {
  const { highWaterBytes = HIGH_WATER_BYTES } = options;
  if (!Number.isSafeInteger(highWaterBytes) || highWaterBytes <= 0)
    throw new MisuseError("OUT_OF_RANGE", `highWaterBytes takes a whole number above 0, not ${String(highWaterBytes)}`);
  const state = ResponseState.of(res);
  if (state.body) throw new MisuseError("BODY_USED", "the body of this request is read already: it can be once");
  const body = new RequestBody(state, highWaterBytes);
  state.body = body;
  return body;
}

class RequestBody implements RequestBodySource, Unread {
  readonly #state: ResponseState;
  readonly #highWaterBytes: number;
  readonly #waiting = new WaitingBytes();
  /** Counted for what is about to come. */
  #expectedBytes = 0;
  /** No chunk comes any more, or none is wanted. */
  #ended = false;
  #error: CurlewError | undefined;
  #paused = false;
  /** The response may be ended, and is not for us to pause. */
  #free = false;
  #wake: (() => void) | undefined;
  #controller: BodyController | undefined;
  readonly #goOn = (): void => {
    this.#expectedBytes = READ_BYTES;
    turns.count(READ_BYTES);
    this.#resume();
  };

  constructor(state: ResponseState, highWaterBytes: number) {
    this.#state = state;
    this.#highWaterBytes = highWaterBytes;
    state.touch((res) => res.onData((chunk, isLast) => this.#push(chunk, isLast)));
    state.whenAborted(() => this.#fail("the client left before it had sent all of the request's body"));
  }

  // --- BodySource ----------------------------------------------------------------------------------------------------

  start(controller: BodyController): void {
    this.#controller = controller;
    this.#flow(controller);
  }

  pull(controller: BodyController): void {
    this.#flow(controller);
  }

  cancel(): void {
    this.#drop();
  }

  // --- AsyncIterableIterator -----------------------------------------------------------------------------------------

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      if (this.#error) throw this.#error;
      const value = this.#waiting.take();
      if (value) {
        this.#read(value.length);
        return { done: false, value };
      }
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#drop();
    return { done: true, value: undefined };
  }

  // --- Unread --------------------------------------------------------------------------------------------------------

  unthrottle(): void {
    this.#free = true;
    turns.leave(this.#goOn);
    this.#resume();
  }

  /** A transfer that has all of it, or has left, is let be. Else it is cut short, which whoever reads it is told. */
  discard(): void {
    if (this.#ended && this.#controller) return;
    const message = "the response was answered before all of the request's body was read: there is no more of it";
    if (!this.#ended || this.#waiting.bytes > 0) this.#error ??= new CurlewError("RESPONSE_ABORTED", message);
    this.#drop();
    if (this.#error) this.#controller?.error(this.#error);
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  /** What comes is received and dropped: a connection that stands still could not be used again, and would not be seen to close. */
  #drop(): void {
    turns.leave(this.#goOn);
    turns.count(-this.#waiting.bytes);
    this.#waiting.clear();
    this.#settle();
    this.#ended = true;
    this.#wake?.();
    this.#resume();
  }

  #push(chunk: ArrayBuffer, isLast: boolean): void {
    this.#settle();
    if (this.#ended) return;
    const bytes = new Uint8Array(chunk); // which uWS takes back when this returns
    this.#keep(bytes.subarray(this.#passOn(bytes)));
    if (isLast) this.#ended = true;
    else if (this.#waiting.bytes >= this.#highWaterBytes) this.#pause();
    if (this.#controller) this.#flow(this.#controller);
    this.#wake?.();
  }

  /** What the transfer has room for it copies itself. Answers how far that is. */
  #passOn(bytes: Uint8Array): number {
    const controller = this.#controller;
    let at = 0;
    if (!controller || this.#waiting.bytes > 0) return at;
    for (; at < bytes.length && controller.desiredSize > 0; at += PIECE)
      controller.enqueue(bytes.subarray(at, at + PIECE));
    return at;
  }

  #keep(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    turns.count(bytes.length);
  }

  /** As much of what waits as there is room for. */
  #flow(controller: BodyController): void {
    while (controller.desiredSize > 0 && this.#waiting.bytes > 0)
      this.#read(this.#waiting.lend((bytes) => controller.enqueue(bytes)));
    if (this.#error) controller.error(this.#error);
    else if (this.#ended && this.#waiting.bytes === 0) controller.close();
  }

  #read(bytes: number): void {
    turns.count(-bytes);
    if (this.#waiting.bytes === 0 && this.#paused) turns.ask(this.#goOn);
  }

  #settle(): void {
    turns.count(-this.#expectedBytes);
    this.#expectedBytes = 0;
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
    const { bytes } = this.#waiting;
    if (bytes < this.#highWaterBytes + MOST_BYTES) return;
    this.#fail(`${bytes} bytes of the request's body wait, and the client cannot be made to wait`);
    this.#state.touch((res) => res.close());
  }

  #fail(message: string): void {
    if (this.#ended) return;
    this.#error = new CurlewError("RESPONSE_ABORTED", message);
    this.#drop();
    this.#controller?.error(this.#error);
  }
}
