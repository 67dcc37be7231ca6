import { CurlewError, type MisuseError, TransferError, type TransferPhase } from "../errors.js";
import { Promised } from "../promised.js";
import type { Progress } from "../transfer-engine.js";
import { BodyReader } from "./body-reader.js";
import type { ChunkQueue, UnreadBytes } from "./chunk-queue.js";
import type { Head } from "./head.js";
import { HeaderFields } from "./header-fields.js";
import type { TransferInfos } from "./infos.js";
import type { TransferControl, TransferObserver } from "./observer.js";
import { type RuntimeReadableStream, runtime } from "./runtime.js";

/** What may be heard of a transfer besides its promises. */
export type TransferHooks = Pick<TransferObserver, "started" | "informational" | "redirect" | "head" | "progress">;

/** What a client's transfer is held by: one that can also say how far it has come. */
export interface PhasedControl extends TransferControl {
  readonly phase: TransferPhase;
}

const NONE = new HeaderFields(new Uint8Array(0));

/**
 * A transfer under way. Its answer, body and end are asked for when they are wanted; an error is thrown by whatever is
 * asked for, and a transfer nobody asks about fails without a word.
 *
 * A body that is not read keeps its transfer, and its place among `limits.transfers`, once it has more bytes than
 * `highWaterBytes`: read it, `discard` it, or `cancel`.
 */
export class ClientTransfer {
  /** The word of the request: an answer to HEAD says how long a body would be, and has none. */
  readonly method: string;
  /** Whether an encoded body is decoded, so that neither Content-Encoding nor Content-Length are about what is read. */
  readonly decodes: boolean;
  readonly #hooks: TransferHooks;
  readonly #body: BodyReader;
  readonly #bodyLimitBytes: number;
  readonly #head = new Promised<Head>();
  readonly #trailers = new Promised<HeaderFields>();
  readonly #infos = new Promised<TransferInfos>();
  /** Once: a FinalizationRegistry keeps what it is told of until the next full collection. */
  #unreadAtEnd: ((transfer: ClientTransfer, unread: ChunkQueue) => void) | undefined;
  #control: PhasedControl | undefined;
  #pausedByUser = false;
  #pausedByBody = false;

  constructor(parts: {
    method: string;
    decodes: boolean;
    hooks: TransferHooks;
    highWaterBytes: number;
    bodyLimitBytes: number;
    unread: UnreadBytes;
    /** It has ended, and nobody has read these yet: they may never be. */
    unreadAtEnd: (transfer: ClientTransfer, unread: ChunkQueue) => void;
  }) {
    this.method = parts.method;
    this.decodes = parts.decodes;
    this.#hooks = parts.hooks;
    this.#bodyLimitBytes = parts.bodyLimitBytes;
    this.#unreadAtEnd = parts.unreadAtEnd;
    this.#body = new BodyReader(
      {
        setFull: (full) => this.#setPaused(this.#pausedByUser, full),
        abandon: () => this.cancel("nobody reads the rest of the body"),
        fail: (error) => this.#fail(error),
        unreadAtEnd: () => {
          this.#unreadAtEnd?.(this, this.#body.unread);
          this.#unreadAtEnd = undefined;
        },
      },
      parts.highWaterBytes,
      parts.unread,
    );
  }

  /** The answer, as soon as its headers are there. */
  get head(): Promise<Head> {
    return this.#head.promise;
  }

  /** Fields that came after the body; none, as a rule. */
  get trailers(): Promise<HeaderFields> {
    return this.#trailers.promise;
  }

  /** What is known at the end: resolves when all of the body was received. */
  get infos(): Promise<TransferInfos> {
    return this.#infos.promise;
  }

  /** Whether somebody has begun to read the body. */
  get bodyUsed(): boolean {
    return this.#body.used;
  }

  /**
   * The body, chunk by chunk, as it is read: receiving pauses at the high-water mark. To leave the loop early cancels
   * the transfer. Once. @throws MisuseError BODY_USED
   */
  get body(): AsyncIterableIterator<Uint8Array> {
    this.#body.use();
    return this.#body.iterate();
  }

  /** The same as a stream of the runtime's. Cancelling it cancels the transfer. @throws MisuseError BODY_USED; CurlewError NOT_IN_THIS_RUNTIME */
  stream(): RuntimeReadableStream {
    const { ReadableStream } = runtime;
    if (!ReadableStream)
      throw new CurlewError("NOT_IN_THIS_RUNTIME", "this runtime has no ReadableStream: iterate over `body` instead");
    this.#body.use();
    return new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.#body.read();
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => this.#body.abandon(),
      },
      { highWaterMark: 0 },
    );
  }

  /** All of the body. @throws MisuseError BODY_USED; CurlewError BODY_TOO_LARGE, and whatever ended the transfer */
  async bytes(): Promise<Uint8Array> {
    this.#body.use();
    return this.#body.collect(this.#bodyLimitBytes);
  }

  /** As UTF-8, whatever the answer says; what is no UTF-8 becomes U+FFFD, and a byte order mark is left out. */
  async text(): Promise<string> {
    return new runtime.TextDecoder().decode(await this.bytes());
  }

  /** @throws CurlewError NOT_JSON */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CurlewError("NOT_JSON", `the body is no JSON: ${why}`, cause);
    }
  }

  /** Receives the rest of the body and drops it, so that the connection can be used again. */
  async discard(): Promise<TransferInfos> {
    this.#body.use();
    await this.#body.discard();
    return this.infos;
  }

  /** Receives nothing until `resume`, beyond what fits below the high-water mark. */
  pause(): void {
    this.#setPaused(true, this.#pausedByBody);
  }

  resume(): void {
    this.#setPaused(false, this.#pausedByBody);
  }

  /** Ends it at once. What is asked for and was not there yet fails with ABORTED. */
  cancel(reason: unknown = "cancelled"): void {
    if (this.#infos.settled) return;
    const why = reason instanceof Error ? reason.message : String(reason);
    this.#fail(new TransferError("ABORTED", `cancelled: ${why}`, { cause: reason }));
  }

  // --- for the client ------------------------------------------------------------------------------------------------

  /** @internal */
  controlledBy(control: PhasedControl): void {
    this.#control = control;
  }

  /** @internal */
  observer(): TransferObserver {
    const { started, informational, redirect, progress } = this.#hooks;
    const observer: TransferObserver = {
      head: (head) => {
        this.#head.resolve(head);
        this.#hooks.head?.(head);
      },
      chunk: (bytes) => this.#body.push(bytes),
      trailers: (fields) => this.#trailers.resolve(fields),
      error: (error) => this.#settle(error),
    };
    if (started) observer.started = () => started();
    if (informational) observer.informational = (head) => informational(head);
    if (redirect) observer.redirect = (head) => redirect(head);
    if (progress) observer.progress = (bytes: Progress) => progress(bytes);
    return observer;
  }

  /** @internal */
  done(infos: () => TransferInfos): void {
    this.#trailers.resolve(NONE);
    this.#body.end(undefined);
    this.#infos.resolveBy(infos);
  }

  #fail(error: CurlewError): void {
    if (this.#control) error.phase = this.#control.phase;
    this.#control?.cancel();
    this.#settle(error);
  }

  #settle(error: CurlewError | MisuseError): void {
    this.#head.reject(error);
    this.#trailers.reject(error);
    this.#infos.reject(error);
    // After an abort nothing more is delivered; after any other end, what came before it is.
    if (error.code === "ABORTED") this.#body.unread.takeAll();
    this.#body.end(error);
  }

  #setPaused(byUser: boolean, byBody: boolean): void {
    const before = this.#pausedByUser || this.#pausedByBody;
    this.#pausedByUser = byUser;
    this.#pausedByBody = byBody;
    const now = byUser || byBody;
    if (now === before) return;
    if (now) this.#control?.pause();
    else this.#control?.resume();
  }
}
