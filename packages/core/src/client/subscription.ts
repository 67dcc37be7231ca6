import type { CurlewError, MisuseError } from "../errors.js";
import type { RunInContext } from "../ports.js";
import type { Head } from "./head.js";

/** Hears an answer as it comes: `head`, chunks, and at last, exactly once, `done` or `error`. */
export interface AnswerObserver {
  head?(head: Head): void;
  chunk?(bytes: Uint8Array): void;
  /** All of it was told. What is known of it then is `infos` of the transfer. */
  done?(): void;
  error?(error: CurlewError | MisuseError): void;
}

/** An observer, and the context in which it was handed over. */
export class Subscription {
  readonly #observer: AnswerObserver;
  readonly #inContext: RunInContext;
  #ended = false;

  constructor(observer: AnswerObserver, inContext: RunInContext) {
    this.#observer = observer;
    this.#inContext = inContext;
  }

  head(head: Head): void {
    if (!this.#ended) this.#inContext(tellHead, this.#observer, head);
  }

  chunk(bytes: Uint8Array): void {
    if (!this.#ended) this.#inContext(tellChunk, this.#observer, bytes);
  }

  end(error: CurlewError | MisuseError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    if (error) this.#inContext(tellError, this.#observer, error);
    else this.#inContext(tellDone, this.#observer);
  }
}

function tellHead(observer: AnswerObserver, head: Head): void {
  observer.head?.(head);
}

function tellChunk(observer: AnswerObserver, bytes: Uint8Array): void {
  observer.chunk?.(bytes);
}

function tellDone(observer: AnswerObserver): void {
  observer.done?.();
}

function tellError(observer: AnswerObserver, error: CurlewError | MisuseError): void {
  observer.error?.(error);
}
