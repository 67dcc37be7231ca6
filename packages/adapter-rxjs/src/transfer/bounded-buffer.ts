import { CurlewError, MisuseError, type TransferControl } from "@curlew/core";
import { isObservable, type Observable, type Observer, type Subscriber } from "rxjs";
import type { Chunk, TransferEvent } from "./events.js";
import { checkBytes } from "./options.js";

/** What happens to a chunk that the buffer has no room for. */
export type BufferPolicy = "pause" | "drop" | "error";

export interface Bounds {
  /**
   * What is received and not consumed, at most, and one read of the socket. With "pause" that is never less than three reads,
   * 48 KiB. Over HTTP/2 libcurl keeps up to a stream's window besides (C 11.7).
   */
  readonly bytes: number;
  /**
   * "pause": receiving stops until there is room; nothing is lost. "drop": the chunk is left out; the next one's `offset` shows
   * the gap, and `done` counts. "error": the transfer fails with BUFFERS_FULL, at once.
   */
  readonly policy: BufferPolicy;
}

/** Where what is told waits while nobody is ready for it. */
export interface BufferOptions extends Bounds {
  /** While its last value is false nothing is told. Before its first value, and after it completed, it is as if it were true. */
  readonly ready$: Observable<boolean>;
}

const POLICIES: readonly unknown[] = ["pause", "drop", "error"] satisfies BufferPolicy[];

/** @throws MisuseError OUT_OF_RANGE, WRONG_TYPE */
export function checkBuffer({ bytes, policy, ready$ }: BufferOptions): void {
  checkBytes("buffer.bytes", bytes);
  if (!POLICIES.includes(policy))
    throw new MisuseError("OUT_OF_RANGE", `buffer.policy is "pause", "drop" or "error", not ${String(policy)}`);
  if (!isObservable(ready$)) throw new MisuseError("WRONG_TYPE", "buffer.ready$ takes an Observable of booleans");
}

/** Hands on what a transfer tells, all of it in order, whenever the consumer is ready; what waits is bounded. */
export class BoundedBuffer implements Observer<TransferEvent> {
  readonly #to: Subscriber<TransferEvent>;
  readonly #bounds: Bounds;
  /** Of the transfer, once it is started. */
  control: TransferControl | undefined;
  readonly #waiting: TransferEvent[] = [];
  #bytes = 0;
  #droppedBytes = 0;
  #end: { readonly error?: unknown } | undefined;
  #ready = true;
  #draining = false;
  #paused = false;

  constructor(to: Subscriber<TransferEvent>, bounds: Bounds) {
    this.#to = to;
    this.#bounds = bounds;
  }

  // --- the transfer --------------------------------------------------------------------------------------------------

  next(event: TransferEvent): void {
    const told = event.type === "done" ? { ...event, droppedBytes: this.#droppedBytes } : event;
    if (this.#idle) this.#to.next(told);
    else if (told.type === "chunk") this.#keep(told);
    else this.#queue(told);
  }

  error(error: unknown): void {
    if (this.#idle) this.#to.error(error);
    else this.#end = { error };
  }

  complete(): void {
    if (this.#idle) this.#to.complete();
    else this.#end = {};
  }

  // --- the consumer --------------------------------------------------------------------------------------------------

  setReady(ready: boolean): void {
    this.#ready = ready;
    if (ready && !this.#draining) this.#drain();
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  get #idle(): boolean {
    return this.#ready && this.#waiting.length === 0;
  }

  #keep(chunk: Chunk): void {
    const { bytes, policy } = this.#bounds;
    const size = chunk.bytes.length;
    if (policy === "pause") {
      this.#queue(chunk);
      this.#bytes += size;
      this.#setPaused();
    } else if (this.#bytes + size <= bytes) {
      this.#queue(chunk);
      this.#bytes += size;
    } else if (policy === "drop") this.#droppedBytes += size;
    else this.#to.error(overflow(bytes)); // whose unsubscription cancels the transfer
  }

  /** Of progress the latest is enough, so that it needs no bound of its own. */
  #queue(event: TransferEvent): void {
    const last = this.#waiting.at(-1);
    if (event.type === "progress" && last?.type === "progress") this.#waiting.pop();
    this.#waiting.push(event);
  }

  #drain(): void {
    this.#draining = true;
    while (this.#ready && !this.#to.closed) {
      const event = this.#waiting.shift();
      if (!event) break;
      if (event.type === "chunk") this.#bytes -= event.bytes.length;
      this.#to.next(event);
    }
    this.#draining = false;
    this.#setPaused();
    if (this.#idle && this.#end) this.#finish(this.#end);
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end = undefined;
    if ("error" in end) this.#to.error(end.error);
    else this.#to.complete();
  }

  #setPaused(): void {
    const full = this.#bytes > 0;
    if (this.#bounds.policy !== "pause" || full === this.#paused) return;
    this.#paused = full;
    if (full) this.control?.pause();
    else this.control?.resume();
  }
}

/** What libcurl reads, and hands over, at once (CURLOPT_BUFFERSIZE). */
const READ_BYTES = 16_384;

/**
 * `highWaterBytes` of a request so that its bound is kept. With "pause" there are at most three pieces of the body: one that the
 * consumer has, one that waits here, and what the engine gathers meanwhile. Each grows to the engine's mark, a third of
 * `highWaterBytes`, and by the read that passes it; one read more waits in libcurl.
 */
export function highWaterOf({ bytes, policy }: Bounds): number {
  return policy === "pause" ? Math.max(1, bytes - 3 * READ_BYTES) : bytes;
}

function overflow(bytes: number): CurlewError {
  return new CurlewError("BUFFERS_FULL", `more than ${bytes} bytes of the body wait for their consumer (buffer.bytes)`);
}
