import type { Attachment } from "@curlew/core";
import { type SchedulerAction, type SchedulerLike, Subscription } from "rxjs";
import { reportUnhandled } from "../unhandled.js";

type Work<T> = (this: SchedulerAction<T>, state?: T) => void;
type Timer = Pick<Attachment, "arm" | "disarm" | "now">;

/** The longest delay a loop's timer takes, ms; beyond it there is more than one of them. */
const MOST_MS = 2 ** 31 - 1;

/**
 * Any number of actions on the one timer of an attachment. What becomes due is run in the order of its time, then of its
 * scheduling; what is scheduled by that, also for now, has its turn after the loop's next one.
 */
export class LoopScheduler implements SchedulerLike {
  readonly #timer: Timer;
  /** In the order they are to be run. */
  readonly #waiting: LoopAction<unknown>[] = [];
  #armedForMs = Number.POSITIVE_INFINITY;
  #running = false;
  #closed = false;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** Milliseconds on the loop's monotonic clock, of any origin: no time of day. */
  now(): number {
    return this.#timer.now();
  }

  schedule<T>(work: Work<T>, delayMs = 0, state?: T): Subscription {
    return new LoopAction<T>(this, work).schedule(state, delayMs);
  }

  // --- for the attachment --------------------------------------------------------------------------------------------

  /** The timer passed. */
  expired(): void {
    this.#armedForMs = Number.POSITIVE_INFINITY;
    const nowMs = this.now();
    const later = this.#waiting.findIndex(({ dueMs }) => dueMs > nowMs);
    const due = this.#waiting.splice(0, later < 0 ? this.#waiting.length : later);
    for (const action of due) action.waits = false;
    this.#running = true;
    for (const action of due) action.run();
    this.#running = false;
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    for (const action of this.#waiting.splice(0)) action.waits = false;
  }

  // --- for actions ---------------------------------------------------------------------------------------------------

  add(action: LoopAction<unknown>): void {
    if (this.#closed) return;
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1]?.dueMs ?? 0) > action.dueMs) at--;
    this.#waiting.splice(at, 0, action);
    action.waits = true;
    this.#arm();
  }

  remove(action: LoopAction<unknown>): void {
    if (!action.waits) return;
    action.waits = false;
    this.#waiting.splice(this.#waiting.indexOf(action), 1);
    this.#arm();
  }

  /** Sets the timer to the first action, if it is not set to it. */
  #arm(): void {
    if (this.#running || this.#closed) return;
    const dueMs = this.#waiting[0]?.dueMs ?? Number.POSITIVE_INFINITY;
    if (dueMs === this.#armedForMs) return;
    this.#armedForMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) this.#timer.disarm();
    else this.#timer.arm(Math.min(Math.max(0, dueMs - this.now()), MOST_MS));
  }
}

/** An action as RxJS has it: its work may schedule it again, and unsubscribing takes it back. */
class LoopAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #scheduler: LoopScheduler;
  readonly #work: Work<T>;
  #state: T | undefined;
  dueMs = 0;
  /** The scheduler has it. */
  waits = false;

  constructor(scheduler: LoopScheduler, work: Work<T>) {
    super();
    this.#scheduler = scheduler;
    this.#work = work;
  }

  schedule(state?: T, delayMs = 0): Subscription {
    if (this.closed) return this;
    this.#scheduler.remove(this as LoopAction<unknown>);
    this.#state = state;
    const waitMs = Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs); // as the timers of every runtime have it
    this.dueMs = this.#scheduler.now() + waitMs;
    this.#scheduler.add(this as LoopAction<unknown>);
    return this;
  }

  run(): void {
    if (this.closed || this.waits) return; // by another one that was due
    try {
      this.#work(this.#state);
    } catch (error) {
      this.unsubscribe();
      reportUnhandled(error);
    }
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.#scheduler.remove(this as LoopAction<unknown>);
    super.unsubscribe();
  }
}
