import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT, type LoopAdapter, type PollAction } from "@curlew/core";
import type { Kernel } from "../kernel/index.js";
import type { ModelObserver } from "./callbacks.js";
import { judgedLoop, LoopView } from "./loop-view.js";
import type { Model } from "./model.js";
import { type Rule, ruleNames, rules } from "./rules.js";

/** A rule was broken. */
export interface Violation {
  readonly rule: Rule;
  /** What happened, with the virtual time. */
  readonly what: string;
}

const ROUNDS = 4;
const IDLE_WAKEUPS = 1000;
const KEPT_MS = 20;
/** Of the model's world: see Transfers.gatheredBytes. */
const MUCH_BYTES = 32;
const ACTIONS = ["NONE", "IN", "OUT", "INOUT", "REMOVE"];

/** Sits between a driver, the model and a loop, and says which rule was broken, and when. */
export class Judge implements ModelObserver {
  readonly violations: Violation[] = [];
  /** How often each rule was looked at. */
  readonly checks = Object.fromEntries(ruleNames.map((rule) => [rule, 0])) as Record<Rule, number>;
  /** Everything that happened, a line each. */
  readonly trace: string[] = [];
  readonly view: LoopView;
  readonly #kernel: Kernel;
  #model: Model | undefined;
  /** How many transfers have no outcome yet, and whether the driver was closed: what the process is held for. */
  outstanding = 0;
  driverClosed = false;
  /** The engine's wishes: descriptors and the timer. */
  readonly #told = new Map<number, PollAction>();
  /** Watched after REMOVE: until when they may be, in virtual ms. */
  readonly #waitUntil = new Map<number, number>();
  /** The latest of these, which a timer for all of them is set for. */
  #lastUntil = 0;
  /** Reported since the last rest although nobody wanted them. */
  readonly #inVain = new Set<number>();
  #timerMs = Number.POSITIVE_INFINITY;
  #timeoutAsked = false;
  #cleaned = false;
  /** What each descriptor named when it was reported in this batch. */
  readonly #reported = new Map<number, object | undefined>();
  readonly #wakeups = new Map<number, number>();
  readonly #leftAlone = new Set<number>();
  #tickBeganAt = 0;
  #timeoutsThisTick = 0;
  #callbacksThisTick = 0;
  /** Bytes that users were told since the last report was acted on, and how often these were much: then a timer may follow. */
  #bytesSinceReport = 0;
  #muchThisTick = 0;
  #budget: number;

  /** @param budget callbacks of users a tick, as the driver was told */
  constructor(kernel: Kernel, budget: number) {
    this.#kernel = kernel;
    this.#budget = budget;
    this.view = new LoopView(kernel, this);
  }

  set model(model: Model) {
    this.#model = model;
  }

  /** The loop, judged. */
  loop(adapter: LoopAdapter): LoopAdapter {
    return judgedLoop(adapter, this.view, this);
  }

  check(rule: Rule, holds: boolean, what: () => string): void {
    this.checks[rule]++;
    if (holds) return;
    this.violations.push({ rule, what: `${this.#kernel.clock.nowMs} ms: ${what()} (${rule}: ${rules[rule]})` });
    this.note(`VIOLATION ${rule}: ${what()}`);
  }

  note(line: string): void {
    this.trace.push(`${this.#kernel.clock.nowMs} ${line}`);
  }

  /** User code runs, told of so many bytes of a body. */
  userCode(what: string, bytes = 0): void {
    this.note(what);
    if (this.#bytesSinceReport < MUCH_BYTES && this.#bytesSinceReport + bytes >= MUCH_BYTES) this.#muchThisTick++;
    this.#bytesSinceReport += bytes;
    this.check("C 10.6", this.#model?.busy !== true, () => `${what} inside a call of the engine`);
    this.check(
      "tick 5",
      ++this.#callbacksThisTick <= this.#budget,
      () => `${this.#callbacksThisTick} callbacks in one tick`,
    );
  }

  /** Runs what a user does between two turns of the loop. */
  outside(run: () => void): void {
    run();
    this.atRest();
  }

  // --- what the loop does --------------------------------------------------------------------------------------------

  reported(fd: number, bits: number): void {
    this.note(`ready ${fd} ${bits}`);
    this.#reported.set(fd, this.#kernel.identity(fd));
    this.#wakeups.set(fd, (this.#wakeups.get(fd) ?? 0) + 1);
    if (!this.#told.has(fd)) this.#inVain.add(fd);
  }

  tickBegins(why: string): void {
    this.note(why);
    this.#tickBeganAt = this.#kernel.clock.nowMs;
    this.#timeoutsThisTick = 0;
    this.#callbacksThisTick = 0;
    this.#bytesSinceReport = 0;
    this.#muchThisTick = 0;
  }

  tickEnds(): void {
    this.#reported.clear();
    this.atRest();
  }

  unwatched(fd: number): void {
    if (!this.#told.has(fd) || this.#model?.busy) return; // it was told to, or the number is another object's now
    const wakeups = this.#wakeups.get(fd) ?? 0;
    const mayRest = this.#cleaned || this.driverClosed || wakeups >= IDLE_WAKEUPS;
    this.check("C 12.1", mayRest, () => `${fd} is wanted, and was unwatched after ${wakeups} wakeups`);
    this.#leftAlone.add(fd);
  }

  /** How often the engine was called. */
  calls = 0;

  /** How often the loop refused. */
  refusals = 0;

  watched(fd: number): void {
    this.#leftAlone.delete(fd);
  }

  // --- what the model is called with, and tells ----------------------------------------------------------------------

  call(name: string, args: readonly unknown[], insideCallback: boolean): void {
    this.calls++;
    if (name !== "infoRead") this.note(`${name} ${args.join(" ")}`);
    this.check("C 10.2", !insideCallback, () => `${name} inside a callback`);
    this.check("C 6.7", !this.#cleaned, () => `${name} after cleanup`);
    if (name === "socketAction") this.#action(args[0] as number, args[1] as number);
    else if (name === "timeout") this.#timeoutAsked = true;
    else if (name === "cleanup") this.#cleaned = true;
  }

  socketTold(fd: number, action: PollAction, answer: unknown): void {
    this.note(`told ${fd} ${ACTIONS[action]}`);
    this.#checkAnswer("socket", answer);
    if (this.#cleaned) return;
    this.#wakeups.delete(fd);
    if (action === CURL_POLL_REMOVE) return this.#toldRemove(fd);
    this.#told.set(fd, action);
    this.#waitUntil.delete(fd);
    this.#inVain.delete(fd);
    this.check("C 2.12", this.#asWanted(fd, action), () => `${fd} is not watched as ${ACTIONS[action]} on its object`);
  }

  timerTold(timeoutMs: number, answer: unknown): void {
    this.note(`timer ${timeoutMs}`);
    this.#checkAnswer("timer", answer);
    this.#timerMs = timeoutMs < 0 ? Number.POSITIVE_INFINITY : this.#kernel.clock.nowMs + timeoutMs;
  }

  closing(fd: number, announced: boolean): void {
    this.note(`close ${fd}`);
    this.#waitUntil.delete(fd);
    this.check("I14", !announced || this.#cleaned || !this.#told.has(fd), () => `${fd} is closed, and not removed`);
    if (announced && !this.#cleaned)
      this.check("C 2.8", !this.view.has(fd), () => `${fd} is watched while it is closed`);
  }

  // --------------------------------------------------------------------------------------------------------------------

  /** What must be true whenever the loop gets its turn. */
  atRest(): void {
    const model = this.#model;
    if (!model || this.#cleaned || this.driverClosed) return;
    this.check("C 6.4", model.unread === 0, () => `${model.unread} messages are unread`);
    this.check(
      "C 6.5",
      model.doneAndAdded === 0,
      () => `${model.doneAndAdded} transfers have ended and are still added`,
    );
    const { armedMs, held } = this.view;
    const due = Math.max(this.#timerMs, this.#kernel.clock.nowMs);
    this.check("C 4.1", armedMs <= due, () => `the timer told for ${this.#timerMs} is set for ${armedMs}`);
    this.check("C 6.9", held === this.outstanding > 0, () => `held is ${held} with ${this.outstanding} transfers`);
    for (const [fd, action] of this.#told)
      this.check("I15", this.#asWanted(fd, action), () => `${fd} is not watched as ${ACTIONS[action]} on its object`);
    for (const fd of this.view.watched)
      this.check("C 2.7", this.#told.has(fd) || this.#mayWait(fd), () => `${fd} is still watched, and nobody wants it`);
    this.#inVain.clear();
  }

  /**
   * Its unwatch, until a tick begins so much later, which without transfers has to be asked for, and not when it is reported.
   */
  #mayWait(fd: number): boolean {
    const until = this.#waitUntil.get(fd) ?? Number.NEGATIVE_INFINITY;
    const asked = this.outstanding > 0 || this.view.armedMs <= Math.max(this.#lastUntil, this.#kernel.clock.nowMs);
    return this.#tickBeganAt < until && asked && !this.#inVain.has(fd);
  }

  #action(fd: number, bits: number): void {
    if (fd !== CURL_SOCKET_TIMEOUT) return this.#eventAction(fd, bits);
    const now = this.#kernel.clock.nowMs;
    const due = this.#timerMs <= now || (this.#timerMs === Number.POSITIVE_INFINITY && this.#timeoutAsked);
    this.check("C 4.7", due, () => `a timeout call, and the timer was told for ${this.#timerMs}`);
    this.check(
      "C 4.9",
      ++this.#timeoutsThisTick <= ROUNDS + this.#muchThisTick,
      () => `${this.#timeoutsThisTick} timeout calls in one tick`,
    );
    this.#timerMs = Number.POSITIVE_INFINITY; // one-shot: what is told from now on counts
    this.#timeoutAsked = false;
  }

  #eventAction(fd: number, bits: number): void {
    this.#bytesSinceReport = 0;
    this.check("C 5.2", bits !== 4, () => `socketAction(${fd}, ERR)`);
    // Removed and wanted again it may be, as long as it is the same object: an unwatch that waited (C 5.6).
    const same = this.#reported.get(fd) === this.#kernel.identity(fd);
    this.check("C 5.6", same && this.#told.has(fd), () => `a stale event for ${fd}`);
  }

  #toldRemove(fd: number): void {
    this.#told.delete(fd);
    this.#leftAlone.delete(fd);
    const mayWait = this.#model?.announcesClose(fd) === true;
    this.check("C 2.12", mayWait || !this.view.has(fd), () => `${fd} is watched after REMOVE`);
    if (!this.view.has(fd)) return;
    this.#lastUntil = this.#kernel.clock.nowMs + KEPT_MS;
    this.#waitUntil.set(fd, this.#lastUntil);
  }

  #asWanted(fd: number, action: PollAction): boolean {
    return this.#leftAlone.has(fd) || this.view.refused.has(fd) || this.view.matches(fd, action);
  }

  #checkAnswer(which: string, answer: unknown): void {
    const fine = answer === 0 || answer === undefined;
    this.check("C 2.9", fine, () => `the ${which} callback answered ${String(answer)}`);
  }
}
