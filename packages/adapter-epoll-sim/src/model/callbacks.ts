import { type MultiCallbacks, MultiError, type PollAction } from "@curlew/core";
import type { ModelEasy } from "./easy.js";
import type { NotifyFunction } from "./notifications.js";
import type { Profile } from "./profiles.js";

const ABORTED_BY_CALLBACK = 11;
const RECURSIVE_API_CALL = 8;

/** Sees what the model is called with and what it tells: how its driver is judged. */
export interface ModelObserver {
  /** A call begins; whether a callback is on the stack. */
  call?(name: string, args: readonly unknown[], insideCallback: boolean): void;
  /** The socket callback returned, with its answer; or it threw. */
  socketTold?(fd: number, action: PollAction, answer: unknown): void;
  timerTold?(timeoutMs: number, answer: unknown): void;
  /** A socket of the model's is closed by the next instruction; `announced` if `closing` was told. */
  closing?(fd: number, announced: boolean): void;
}

type Kind = "socket" | "timer" | "data" | "life" | "notify";

/** What is refused inside a notification, too (C 10.3). */
const REFUSED_IN_NOTIFICATIONS = ["socketAction", "socketAll", "perform", "cleanup"];

/** The callbacks, and what is on the stack: libcurl's guard (C 10), and what a bad answer does (C 2.9, 4.11). */
export class Callbacks {
  readonly functions: MultiCallbacks<ModelEasy> & { NOTIFYFUNCTION: NotifyFunction | null; NOTIFYDATA: unknown } = {
    SOCKETFUNCTION: null,
    SOCKETDATA: undefined,
    TIMERFUNCTION: null,
    TIMERDATA: undefined,
    NOTIFYFUNCTION: null,
    NOTIFYDATA: undefined,
  };
  readonly #profile: Profile;
  readonly observer: ModelObserver;
  readonly #stack: Kind[] = [];
  #forgotten = false;
  /** A callback answered -1: nothing goes any more. */
  dead = false;
  #failed = false;

  constructor(profile: Profile, observer: ModelObserver) {
    this.#profile = profile;
    this.observer = observer;
  }

  /** Whether a callback is on the stack. */
  get inside(): boolean {
    return this.#stack.length > 0;
  }

  insideOf(...kinds: Kind[]): boolean {
    return kinds.includes(this.#stack.at(-1) as Kind);
  }

  /** @throws MultiError RECURSIVE_CALL inside a callback; up to 8.3 that is forgotten when a nested one has returned */
  refuseInside(call: string): void {
    if (this.insideOf("notify") && !REFUSED_IN_NOTIFICATIONS.includes(call)) return;
    if (this.inside && !(this.#profile.guardHole && this.#forgotten))
      throw new MultiError("RECURSIVE_CALL", RECURSIVE_API_CALL, `${call}: called inside a callback`);
  }

  tellSocket(easy: ModelEasy | undefined, fd: number, action: PollAction, socketp: unknown): void {
    const { SOCKETFUNCTION, SOCKETDATA } = this.functions;
    if (!SOCKETFUNCTION) return;
    const answer = this.run("socket", () => SOCKETFUNCTION(easy, fd, action, SOCKETDATA, socketp));
    this.observer.socketTold?.(fd, action, answer);
    this.#judge(answer);
  }

  tellTimer(timeoutMs: number): void {
    const { TIMERFUNCTION, TIMERDATA } = this.functions;
    if (!TIMERFUNCTION || this.dead) return;
    const answer = this.run("timer", () => TIMERFUNCTION(timeoutMs, TIMERDATA));
    this.observer.timerTold?.(timeoutMs, answer);
    this.#judge(answer);
  }

  /** A notification answers nothing. */
  notify(type: number, easy: ModelEasy | undefined): void {
    const { NOTIFYFUNCTION, NOTIFYDATA } = this.functions;
    if (NOTIFYFUNCTION && !this.dead)
      this.#judge(this.run("notify", () => void NOTIFYFUNCTION(type, easy, NOTIFYDATA)));
  }

  /** Runs a callback; answers what it answered, or what it threw. */
  run(kind: Kind, callback: () => unknown): unknown {
    this.#stack.push(kind);
    try {
      return callback();
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#stack.pop();
      this.#forgotten = this.#stack.length > 0;
    }
  }

  /** @throws MultiError CALLBACK_FAILED with multiCode 11 when a callback answered -1 during the call */
  checkAnswers(call: string): void {
    if (!this.#failed) return;
    this.#failed = false;
    throw new MultiError("CALLBACK_FAILED", ABORTED_BY_CALLBACK, `${call}: a callback answered -1`);
  }

  /** Exactly -1 is an error, everything else is 0 (C 2.9); what throws would not get past C. */
  #judge(answer: unknown): void {
    if (answer !== -1 && !(answer instanceof Error)) return;
    this.dead = true;
    this.#failed = true;
  }
}
