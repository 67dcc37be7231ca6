import { CurlewError, MisuseError } from "@curlew/core";
import { type Observable, Subject, takeUntil } from "rxjs";

type Result = IteratorResult<ArrayBufferView, undefined>;

const END: Result = { done: true, value: undefined };

/** An Observable as the client reads it: by asking. Each reading is a subscription. */
export class ObservableBody implements AsyncIterable<ArrayBufferView> {
  readonly #source: Observable<ArrayBufferView>;
  readonly #mostBytes: number;

  constructor(source: Observable<ArrayBufferView>, mostBytes: number) {
    this.#source = source;
    this.#mostBytes = mostBytes;
  }

  [Symbol.asyncIterator](): AsyncIterator<ArrayBufferView> {
    return new Reading(this.#source, this.#mostBytes);
  }
}

class Reading implements AsyncIterator<ArrayBufferView> {
  readonly #source: Observable<ArrayBufferView>;
  readonly #mostBytes: number;
  #emitted: ArrayBufferView[] = [];
  /** What was emitted before that, the first at the end: `shift` of a long array moves all of it, `pop` nothing. */
  #leaving: ArrayBufferView[] = [];
  /** In both. */
  #bytes = 0;
  /** Ends the subscription, also amid subscribing: a source may emit all it has at once. */
  readonly #stop$ = new Subject<void>();
  #subscribed = false;
  #end: { readonly error?: unknown } | undefined;
  /** Who waits for the next chunk: the client asks for one at a time. */
  #wake: (() => void) | undefined;

  constructor(source: Observable<ArrayBufferView>, mostBytes: number) {
    this.#source = source;
    this.#mostBytes = mostBytes;
  }

  async next(): Promise<Result> {
    if (!this.#subscribed) this.#subscribe();
    for (;;) {
      const value = this.#take();
      if (value) return { done: false, value };
      if (this.#end) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if ("error" in this.#end) throw this.#end.error;
    return END;
  }

  /** The transfer has ended before the body. */
  async return(): Promise<Result> {
    this.#stop({});
    return END;
  }

  #subscribe(): void {
    this.#subscribed = true;
    this.#source.pipe(takeUntil(this.#stop$)).subscribe({
      next: (chunk) => this.#push(chunk),
      error: (error) => this.#finish({ error }),
      complete: () => this.#finish({}),
    });
  }

  #push(chunk: ArrayBufferView): void {
    if (this.#end) return;
    if (!ArrayBuffer.isView(chunk)) return this.#stop({ error: noBytes(chunk) });
    if (this.#bytes >= this.#mostBytes) return this.#stop({ error: overflow(this.#bytes) });
    this.#emitted.push(chunk);
    this.#bytes += chunk.byteLength;
    this.#wake?.();
  }

  #take(): ArrayBufferView | undefined {
    if (this.#leaving.length === 0) {
      this.#leaving = this.#emitted.reverse();
      this.#emitted = [];
    }
    const chunk = this.#leaving.pop();
    this.#bytes -= chunk?.byteLength ?? 0;
    return chunk;
  }

  #stop(end: { readonly error?: unknown }): void {
    this.#emitted = [];
    this.#leaving = [];
    this.#finish(end);
    this.#stop$.next();
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#wake?.();
  }
}

function noBytes(chunk: unknown): MisuseError {
  const what = chunk === null ? "null" : typeof chunk;
  return new MisuseError("WRONG_TYPE", `a body's Observable is of bytes (Uint8Array), not of ${what}`);
}

function overflow(bytes: number): CurlewError {
  const message = `${bytes} bytes of the body wait to be sent (sendBufferBytes), and its Observable emits more: an AsyncIterable waits`;
  return new CurlewError("BUFFERS_FULL", message);
}
