import { type LoopAdapter, type LoopSink, MisuseError } from "@curlew/core";
import { asyncScheduler, NEVER, type SchedulerLike } from "rxjs";
import { StreamAttachment } from "./stream-attachment.js";
import type { LoopSource, LoopStreams, Readiness } from "./streams.js";
import { checkScheduler, limitsOf, NO_LIMITS, type TimerLimits } from "./timer-limits.js";

export interface RxjsLoopOptions {
  /**
   * Who keeps the time. Default: the source's loop itself; for a function asyncScheduler. The limits of another one are in
   * `timers` of the adapter.
   */
  readonly scheduler?: SchedulerLike | undefined;
}

export interface RxjsLoop extends LoopAdapter {
  readonly timers: TimerLimits;
}

/**
 * A loop adapter whose primitives are Observables. `source` is any other loop (`fromLoop(adapter)`), its readiness as it is
 * or with operators in between; or a function of yours that makes a stream of readiness for a descriptor. A function cannot
 * hold the process: `hold` does nothing then.
 *
 * What is wrong with either is thrown by `attach`, so by what makes a client: MisuseError WRONG_TYPE, OUT_OF_RANGE.
 */
export function rxjsLoop(source: LoopSource | Readiness, { scheduler }: RxjsLoopOptions = {}): RxjsLoop {
  const from = typeof source === "function" ? fromFunction(source) : source;
  return {
    name: `rxjs over ${from?.name}`,
    batches: from?.batches,
    timers: scheduler ? limitsOf(scheduler) : from === source ? NO_LIMITS : limitsOf(asyncScheduler),
    attach(sink: LoopSink) {
      if (typeof from?.open !== "function")
        throw new MisuseError("WRONG_TYPE", "rxjsLoop takes fromLoop(adapter), or a function that makes readiness");
      if (scheduler !== undefined) checkScheduler(scheduler);
      const streams = from.open();
      return new StreamAttachment(sink, streams, from.batches, scheduler ?? streams.scheduler);
    },
  };
}

function fromFunction(readiness: Readiness): LoopSource {
  const open = (): LoopStreams => ({
    readiness,
    batchEnd$: NEVER,
    scheduler: asyncScheduler,
    hold() {},
    close: () => Promise.resolve(),
  });
  return { name: readiness.name || "a function", batches: false, open };
}
