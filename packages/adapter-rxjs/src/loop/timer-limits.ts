import { MisuseError } from "@curlew/core";
import { asapScheduler, type SchedulerLike, VirtualTimeScheduler } from "rxjs";
import { messageOf } from "../message.js";

/** What the timers of a loop cannot do that the contract asks for. */
export interface TimerLimits {
  /** A timer of 0 takes at least about that long, ms: many round trips of HTTP/2 wait for one. */
  readonly zeroMs: number;
  /** An armed timer keeps the process running, whatever `hold` says. */
  readonly holdsProcess: boolean;
  /** Timers are served when the scheduler is flushed, and only then. */
  readonly onFlush: boolean;
}

/** Those of a loop's own timers: none. */
export const NO_LIMITS: TimerLimits = { zeroMs: 0, holdsProcess: false, onFlush: false };

/** RxJS' asyncScheduler is made of setInterval, which rounds 0 up to 1 and is not unref'd; an unknown one is taken for such. */
const OF_SET_INTERVAL: TimerLimits = { zeroMs: 1, holdsProcess: true, onFlush: false };

const VIRTUAL: TimerLimits = { zeroMs: 0, holdsProcess: false, onFlush: true };

/** TestScheduler is a VirtualTimeScheduler. */
export function limitsOf(scheduler: SchedulerLike): TimerLimits {
  return scheduler instanceof VirtualTimeScheduler ? VIRTUAL : OF_SET_INTERVAL;
}

/**
 * @throws MisuseError WRONG_TYPE for what is no scheduler; OUT_OF_RANGE for one that cannot keep the contract: it runs work
 * inside `schedule` (queueScheduler), or before the loop gets its turn, without end (asapScheduler), or cannot schedule here
 * (animationFrameScheduler outside of a browser)
 */
export function checkScheduler(scheduler: SchedulerLike): void {
  if (typeof scheduler?.now !== "function" || typeof scheduler.schedule !== "function")
    throw new MisuseError(
      "WRONG_TYPE",
      "a scheduler has the functions now() and schedule(): see SchedulerLike of RxJS",
    );
  const nowMs: unknown = scheduler.now();
  if (typeof nowMs !== "number" || !Number.isFinite(nowMs))
    throw new MisuseError("WRONG_TYPE", `the scheduler's now() answers milliseconds, not ${String(nowMs)}`);
  if (scheduler === asapScheduler)
    throw new MisuseError(
      "OUT_OF_RANGE",
      "asapScheduler leaves the loop no turn between timers of 0: take asyncScheduler",
    );
  if (runsAtOnce(scheduler))
    throw new MisuseError(
      "OUT_OF_RANGE",
      "the scheduler runs work inside schedule(), as queueScheduler does: take asyncScheduler",
    );
}

function runsAtOnce(scheduler: SchedulerLike): boolean {
  let ran = false;
  try {
    scheduler
      .schedule(() => {
        ran = true;
      }, 0)
      .unsubscribe();
  } catch (cause) {
    throw new MisuseError("OUT_OF_RANGE", `the scheduler cannot schedule: ${messageOf(cause)}`, cause);
  }
  return ran;
}
