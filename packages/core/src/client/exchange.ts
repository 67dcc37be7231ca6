import { CurlewError, type ErrorCode, type MisuseError, TransferError, type TransferPhase } from "../errors.js";
import { NO_CONTEXT, type Ports, type RunInContext, reportError } from "../ports.js";
import type { Outcome, Progress, Transfer, TransferEngine, TransferSink } from "../transfer-engine.js";
import { type AnswerListener, Answers } from "./answers.js";
import type { Head } from "./head.js";
import { HeaderFields } from "./header-fields.js";
import { infosOf, phaseOf, readInfos, type TransferInfos } from "./infos.js";
import type { TransferControl, TransferObserver } from "./observer.js";
import { onAbort } from "./on-abort.js";
import type { BodySource } from "./request-body.js";
import type { PreparedRequest } from "./request-options.js";
import { runtime } from "./runtime.js";
import type { Slots, Waiting } from "./slots.js";
import { letGo, Upload } from "./upload.js";

/** What an exchange has of its client. */
export interface ExchangeOwner {
  readonly engine: TransferEngine;
  readonly slots: Slots;
  readonly ports: Ports;
  /** Why nothing may be started now. */
  refusal(): CurlewError | undefined;
  /** One has left its slot, or the queue. */
  left(): void;
}

/** Who hears of a good end. */
export interface EndListener {
  /** Whether it, or the observer beside it, calls code of a user's. */
  readonly inContext: boolean;
  /** `infos` are made when they are asked for. */
  ended(infos: () => TransferInfos): void;
}

const TOO_MANY_REDIRECTS = 47;
const SEND_FAIL_REWIND = 65;
const SENT_ONCE =
  "the body is wanted again, after a redirect, a challenge or a connection that broke, and what is streamed can be sent once: " +
  "send bytes, or begin anew where the answer leads";

/**
 * One transfer of a client, from the request to the one thing that is told last: waits for a slot, hands the request to the
 * engine, feeds its body, reads the heads, listens to the signal.
 */
export class Exchange implements TransferSink, TransferControl, Waiting, AnswerListener {
  readonly inContext: boolean;
  readonly #owner: ExchangeOwner;
  readonly #prepared: PreparedRequest;
  readonly #observer: TransferObserver;
  readonly #listener: EndListener;
  readonly #answers = new Answers(this);
  /** "queued"; "running": the engine has it; "over": it has ended, and only its end may have to be told. */
  #state: "queued" | "running" | "over" = "queued";
  #stopListening: (() => void) | undefined;
  #transfer: Transfer | undefined;
  #upload: Upload | undefined;
  #queuedSinceMs = 0;
  #queuedMs = 0;
  #paused = false;
  #wholeBytes = 0;
  #silent = false;
  #inContext: RunInContext = NO_CONTEXT;
  #progress: Progress | undefined;
  #progressDueMs = Number.NEGATIVE_INFINITY;

  /** @param listener is told of the end instead of `observer.done` */
  constructor(owner: ExchangeOwner, prepared: PreparedRequest, observer: TransferObserver, listener: EndListener) {
    this.#owner = owner;
    this.#prepared = prepared;
    this.#observer = observer;
    this.#listener = listener;
    this.inContext = listener.inContext || prepared.source !== undefined;
  }

  get host(): string {
    return this.#prepared.host;
  }

  /** How far it has come. */
  get phase(): TransferPhase {
    return this.#transfer ? this.#phase((info) => this.#transfer?.getinfo(info)) : "queued";
  }

  /** Nothing of this throws: what is wrong is told. */
  begin(): void {
    const { signal } = this.#prepared;
    if (signal?.aborted) return this.#fail(abortError(signal.reason), "queued");
    const refusal = this.#owner.refusal();
    if (refusal) return this.#fail(refusal, "queued");
    try {
      // First what is not ours and may throw: a slot that was taken must be given back.
      if (signal) this.#stopListening = onAbort(signal, () => this.#aborted());
      const admitted = this.#owner.slots.enter(this);
      if (!admitted) this.#queuedSinceMs = this.#owner.engine.now();
      if (!admitted || signal) this.#inContext = this.#owner.ports.bindContext?.() ?? NO_CONTEXT;
      if (admitted) this.#start();
    } catch (error) {
      this.#stopListening?.();
      this.#fail(error as CurlewError, "queued");
    }
  }

  // --- Waiting -------------------------------------------------------------------------------------------------------

  admitted(): void {
    this.#queuedMs = this.#owner.engine.now() - this.#queuedSinceMs;
    this.#inContext(() => this.#start());
  }

  refused(error: CurlewError): void {
    this.#end();
    this.#fail(error, "queued");
  }

  // --- TransferControl -----------------------------------------------------------------------------------------------

  pause(): void {
    this.#paused = true;
    this.#transfer?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#transfer?.resume();
  }

  receiveWhole(mostBytes: number): void {
    this.#wholeBytes = mostBytes;
    this.#transfer?.receiveWhole?.(mostBytes);
  }

  recycle(chunk: Uint8Array): void {
    this.#transfer?.recycle?.(chunk);
  }

  cancel(): void {
    this.#silent = true;
    this.#drop();
  }

  // --- TransferSink --------------------------------------------------------------------------------------------------

  headers(bytes: Uint8Array): void {
    this.#answers.headers(bytes);
  }

  chunk(bytes: Uint8Array): void {
    this.#answers.settle();
    if (!this.#deaf) this.#observer.chunk?.(bytes);
  }

  trailers(bytes: Uint8Array): void {
    this.#answers.settle();
    if (!this.#deaf) this.#observer.trailers?.(new HeaderFields(bytes));
  }

  drain(): void {
    this.#upload?.drain();
  }

  progress(progress: Progress): void {
    const nowMs = this.#owner.engine.now();
    this.#progress = progress;
    if (nowMs < this.#progressDueMs) return;
    this.#progressDueMs = nowMs + (this.#prepared.progressIntervalMs ?? 0);
    this.#tellProgress();
  }

  outcome(outcome: Outcome): void {
    const error = outcome.error ?? this.#tellLast();
    if (this.#deaf) return this.#end();
    if (error) this.#tellRest();
    const phase = error && this.#phase(outcome.getinfo, error);
    const values = error ? [] : readInfos(outcome);
    this.#end();
    if (this.#silent) return; // a source that is let go may cancel
    if (error) this.#tellError(errorOf(error), phase);
    else this.#listener.ended(() => infosOf(values, this.#queuedMs));
  }

  // --- AnswerListener ------------------------------------------------------------------------------------------------

  informational(head: Head): void {
    if (!this.#deaf) this.#observer.informational?.(head);
  }

  redirect(head: Head): void {
    if (!this.#deaf) this.#observer.redirect?.(head);
  }

  head(head: Head): void {
    if (!this.#deaf) this.#observer.head?.(head);
  }

  mayBeFollowed(head: Head): boolean {
    const { status } = head;
    if (status < 300) return false;
    if (status < 400) return this.#prepared.follows && head.headers.has("location");
    if (status === 401 || status === 407) return this.#prepared.authenticates;
    return status === 417 && this.#prepared.request.body !== undefined; // libcurl tries again without "Expect"
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  #start(): void {
    const { engine } = this.#owner;
    this.#state = "running";
    try {
      this.#transfer = engine.start(this.#prepared.request, this);
    } catch (error) {
      this.#end();
      return this.#fail(error as CurlewError, "queued");
    }
    if (this.#paused) this.#transfer.pause();
    if (this.#wholeBytes > 0) this.#transfer.receiveWhole?.(this.#wholeBytes);
    if (this.#prepared.source) this.#send(this.#prepared.source, this.#transfer);
    if (this.#observer.started) runtime.queueMicrotask(() => this.#tellStarted());
  }

  #send(source: BodySource, transfer: Transfer): void {
    this.#upload = new Upload(source, transfer, (error) => {
      this.#drop();
      this.#fail(error, "sending");
    });
    this.#upload.begin();
  }

  /** Nothing is told but the end, if that. */
  get #deaf(): boolean {
    return this.#silent || this.#state === "over";
  }

  #tellStarted(): void {
    if (this.#deaf) return;
    try {
      this.#inContext(() => this.#observer.started?.());
    } catch (thrown) {
      this.#drop();
      this.#fail(callbackFailed(thrown), "queued");
    }
  }

  /** What is known only now that no more comes. Answers what a throw makes of it: the transfer itself has ended well. */
  #tellLast(): CurlewError | undefined {
    try {
      this.#answers.settle();
      this.#tellProgress();
      return undefined;
    } catch (thrown) {
      return callbackFailed(thrown);
    }
  }

  #tellProgress(): void {
    const progress = this.#progress;
    this.#progress = undefined;
    if (progress && !this.#deaf) this.#observer.progress?.(progress);
  }

  #aborted(): void {
    if (this.#state === "over") return;
    const { phase } = this;
    this.#drop();
    this.#fail(abortError(this.#prepared.signal?.reason), phase);
  }

  /** A body that was to come in one piece will not: who waits for it gets, with the error, what there is. */
  #tellRest(): void {
    const rest = this.#wholeBytes > 0 ? this.#transfer?.rest?.() : undefined;
    if (rest) this.#observer.chunk?.(rest);
  }

  #phase(getinfo: (info: string) => unknown, error?: CurlewError): TransferPhase {
    if (this.#answers.told) return "receiving";
    const { body, url } = this.#prepared.request;
    const sending = body !== undefined && (!(body instanceof Uint8Array) || body.length > 0);
    const curlCode = error instanceof TransferError ? error.curlCode : undefined;
    return phaseOf(getinfo, { secure: /^https:/i.test(url), sending, curlCode });
  }

  /** Takes it from wherever it is. */
  #drop(): void {
    if (this.#state === "over") return;
    this.#tellRest();
    this.#transfer?.cancel();
    if (this.#state === "queued") this.#owner.slots.abandon(this);
    this.#end();
  }

  #end(): void {
    if (this.#state === "over") return;
    const ran = this.#state === "running";
    this.#state = "over";
    this.#stopListening?.();
    this.#leaveSource();
    if (ran) this.#owner.slots.release(this);
    this.#owner.left();
  }

  /** Of a body that was never begun, too: it may hold a connection. */
  #leaveSource(): void {
    const { source } = this.#prepared;
    if (this.#upload) this.#upload.stop();
    else if (source) void letGo(source);
  }

  /** The end by an error of ours: told once whoever caused it is done. */
  #fail(error: CurlewError | MisuseError, phase: TransferPhase): void {
    if (this.#state !== "over") this.#leaveSource();
    this.#state = "over";
    runtime.queueMicrotask(() => {
      if (this.#silent) return;
      try {
        this.#inContext(() => this.#tellError(error, phase));
      } catch (thrown) {
        reportError(this.#owner.ports, thrown);
      }
    });
  }

  #tellError(error: CurlewError | MisuseError, phase: TransferPhase | undefined): void {
    this.#silent = true;
    if (error instanceof CurlewError && phase) error.phase = phase;
    this.#observer.error?.(error);
  }
}

function abortError(reason: unknown): CurlewError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new TransferError("ABORTED", `aborted by its signal: ${why}`, { cause: reason });
}

function callbackFailed(cause: unknown): CurlewError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TransferError("CALLBACK_FAILED", `a callback of the transfer threw: ${why}`, { cause });
}

/** What the engine says, in the words of the client where these say more. */
function errorOf(error: CurlewError): CurlewError {
  if (!(error instanceof TransferError)) return error;
  const { message, curlCode, code } = error;
  const told = (as: ErrorCode, text: string): TransferError =>
    new TransferError(as, text, { cause: error, ...(curlCode !== undefined && { curlCode }) });
  if (curlCode === TOO_MANY_REDIRECTS) return told("TOO_MANY_REDIRECTS", `${message} (limits.redirects)`);
  if (curlCode === SEND_FAIL_REWIND) return told("BODY_FAILED", SENT_ONCE);
  if (code === "HEADERS_TOO_LARGE") return told(code, `${message} (limits.headerBytes)`);
  return error;
}
