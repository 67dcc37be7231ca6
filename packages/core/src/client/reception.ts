import type { CurlewError, MisuseError, TransferPhase } from "../errors.js";
import { TransferError } from "../errors.js";
import { callbackFailed } from "../failures.js";
import type { RunInContext } from "../ports.js";
import { Promised } from "../promised.js";
import type { Progress } from "../transfer-engine.js";
import { type BodyOwner, BodyReader } from "./body-reader.js";
import type { ChunkQueue, UnreadBytes } from "./chunk-queue.js";
import type { EndListener } from "./exchange.js";
import type { Head } from "./head.js";
import { HeaderFields } from "./header-fields.js";
import type { TransferInfos } from "./infos.js";
import type { TransferControl, TransferObserver } from "./observer.js";
import { type AnswerObserver, Subscription } from "./subscription.js";

/** What may be heard of a transfer besides its promises. */
export type TransferHooks = Pick<TransferObserver, "started" | "informational" | "redirect" | "head" | "progress">;

/** What a reception is held by: one that can also say how far it has come, and be told how the body is wanted. */
export interface PhasedControl extends TransferControl {
  readonly phase: TransferPhase;
  receiveWhole(mostBytes: number): void;
  recycle(chunk: Uint8Array): void;
}

/** What all receptions of a client have in common. */
export interface ReceptionOwner {
  readonly unread: UnreadBytes;
  /** It has ended, and nobody has read these yet: they may never be. */
  unreadAtEnd(reception: Reception, unread: ChunkQueue): void;
  /** The caller's context. */
  bindContext(): RunInContext;
  /** What an observer throws when all is over. */
  reportError(error: unknown): void;
}

const NONE = new HeaderFields(new Uint8Array(0));

/**
 * What a transfer is told of, kept for who asks: what lies behind a ClientTransfer. A promise is made when it is asked for:
 * what nobody asks for cannot be an unhandled rejection, and costs nothing.
 */
export class Reception implements TransferObserver, EndListener, BodyOwner {
  /** Only hooks are called; who waits for a promise has his context from there. */
  readonly inContext: boolean;
  readonly body: BodyReader;
  readonly bodyLimitBytes: number;
  /** Told with their own names and without `this`, and only where there are any: each is asked for before it is called. */
  readonly started?: () => void;
  readonly informational?: (head: Head) => void;
  readonly redirect?: (head: Head) => void;
  readonly progress?: (progress: Progress) => void;
  readonly #owner: ReceptionOwner;
  readonly #hooks: TransferHooks | undefined;
  #control: PhasedControl | undefined;
  #subscription: Subscription | undefined;
  #head: Head | undefined;
  #trailers: HeaderFields | undefined;
  #infos: (() => TransferInfos) | undefined;
  #error: CurlewError | MisuseError | undefined;
  #askedHead: Promised<Head> | undefined;
  #askedTrailers: Promised<HeaderFields> | undefined;
  #askedInfos: Promised<TransferInfos> | undefined;
  #unreadTold = false;
  #pausedByUser = false;
  #pausedByBody = false;

  constructor(owner: ReceptionOwner, hooks: TransferHooks | undefined, highWaterBytes: number, bodyLimitBytes: number) {
    this.#owner = owner;
    this.#hooks = hooks;
    this.inContext = hooks !== undefined;
    this.bodyLimitBytes = bodyLimitBytes;
    this.body = new BodyReader(this, highWaterBytes, owner.unread);
    if (!hooks) return;
    const { started, informational, redirect, progress } = hooks;
    if (started) this.started = () => started();
    if (informational) this.informational = (head) => informational(head);
    if (redirect) this.redirect = (head) => redirect(head);
    if (progress) this.progress = (moved) => progress(moved);
  }

  controlledBy(control: PhasedControl): void {
    this.#control = control;
  }

  // --- TransferObserver ----------------------------------------------------------------------------------------------

  head(head: Head): void {
    const subscription = this.#subscription; // one that begins in the hook is told by its beginning
    this.#head = head;
    this.#askedHead?.resolve(head);
    this.#hooks?.head?.(head);
    subscription?.head(head);
  }

  chunk(bytes: Uint8Array): void {
    if (!this.#subscription || this.#pausedByUser) this.body.push(bytes);
    else this.#subscription.chunk(bytes);
  }

  trailers(fields: HeaderFields): void {
    this.#trailers = fields;
    this.#askedTrailers?.resolve(fields);
  }

  error(error: CurlewError | MisuseError): void {
    if (this.#over) return;
    this.#error = error;
    this.#askedHead?.reject(error);
    this.#askedTrailers?.reject(error);
    this.#askedInfos?.reject(error);
    // After an abort nothing more is delivered; after any other end, what came before it is.
    if (error.code === "ABORTED") this.body.unread.takeAll();
    this.body.end(error);
    this.#tellKept();
  }

  ended(infos: () => TransferInfos): void {
    if (this.#over) return;
    this.#trailers ??= NONE;
    this.#askedTrailers?.resolve(this.#trailers);
    this.#infos = infos;
    this.body.end(undefined);
    this.#askedInfos?.resolve(infos());
    this.#tellKept();
  }

  // --- BodyOwner -----------------------------------------------------------------------------------------------------

  setFull(full: boolean): void {
    this.#setPaused(this.#pausedByUser, full);
  }

  /** Once: a FinalizationRegistry keeps what it is told of until the next full collection. */
  unreadAtEnd(): void {
    if (this.#unreadTold) return;
    this.#unreadTold = true;
    this.#owner.unreadAtEnd(this, this.body.unread);
  }

  receiveWhole(mostBytes: number): void {
    this.#control?.receiveWhole(mostBytes);
  }

  recycle(chunk: Uint8Array): void {
    this.#control?.recycle(chunk);
  }

  abandon(): void {
    this.cancel("nobody reads the rest of the body");
  }

  fail(error: CurlewError): void {
    if (this.#control) error.phase = this.#control.phase;
    this.#control?.cancel();
    this.error(error);
  }

  // --- for who subscribes --------------------------------------------------------------------------------------------

  /** @throws MisuseError BODY_USED */
  subscribe(observer: AnswerObserver): void {
    this.body.use();
    const subscription = new Subscription(observer, this.#owner.bindContext());
    this.#subscription = subscription;
    const head = this.#head;
    if (head) this.#tell("head", () => subscription.head(head));
    this.#tellKept();
  }

  /** What came before there was somebody to tell, or before he could take it; and the end, when all else was told. */
  #tellKept(): void {
    const subscription = this.#subscription;
    const { unread } = this.body;
    if (!subscription) return;
    while (unread.bytes > 0 && !this.#pausedByUser) {
      const chunk = unread.shift() as Uint8Array;
      this.#tell("chunk", () => subscription.chunk(chunk));
    }
    if (unread.bytes > 0) return;
    this.setFull(false);
    if (this.#error || (this.#over && !this.#pausedByUser)) this.#tellEnd(this.#error);
  }

  /** What is told from here has no engine above it that would make an error of a throw. */
  #tell(name: string, tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      const error = callbackFailed(name, cause);
      this.body.unread.takeAll();
      if (this.#over) this.#tellEnd(error);
      else this.fail(error);
    }
  }

  #tellEnd(error: CurlewError | MisuseError | undefined): void {
    try {
      this.#subscription?.end(error);
    } catch (thrown) {
      this.#owner.reportError(thrown);
    }
  }

  // --- for who asks --------------------------------------------------------------------------------------------------

  askHead(): Promise<Head> {
    this.#askedHead ??= this.#asked(this.#head);
    return this.#askedHead.promise;
  }

  askTrailers(): Promise<HeaderFields> {
    this.#askedTrailers ??= this.#asked(this.#trailers);
    return this.#askedTrailers.promise;
  }

  askInfos(): Promise<TransferInfos> {
    this.#askedInfos ??= this.#asked(this.#infos?.());
    return this.#askedInfos.promise;
  }

  cancel(reason: unknown): void {
    if (this.#over) return;
    const why = reason instanceof Error ? reason.message : String(reason);
    this.fail(new TransferError("ABORTED", `cancelled: ${why}`, { cause: reason }));
  }

  setPausedByUser(paused: boolean): void {
    this.#setPaused(paused, this.#pausedByBody);
    if (!paused) this.#tellKept();
  }

  get #over(): boolean {
    return this.#infos !== undefined || this.#error !== undefined;
  }

  /** What is there already comes before how it ended. */
  #asked<T>(value: T | undefined): Promised<T> {
    const asked = new Promised<T>();
    if (value !== undefined) asked.resolve(value);
    else if (this.#error) asked.reject(this.#error);
    return asked;
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
