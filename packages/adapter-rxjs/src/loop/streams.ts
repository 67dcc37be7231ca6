import type { Interest } from "@curlew/core";
import type { Observable, SchedulerLike } from "rxjs";

/**
 * A stream of what is seen on a descriptor: masks of CURL_CSELECT_IN, OUT and ERR.
 *
 * Subscribing registers the descriptor with the first value of `interest$`, which is there at once; each later value
 * replaces the interest of that one registration; unsubscribing ends it before it returns (C 2.12). Level-triggered: emits
 * as long as the descriptor is ready. It errors where the descriptor cannot be watched, with a LoopError where the system said
 * why, and when the loop breaks; it does not complete before its loop is closed.
 */
export type Readiness = (fd: number, interest$: Observable<Interest>) => Observable<number>;

/** One attachment of a loop, as streams. */
export interface LoopStreams {
  readonly readiness: Readiness;
  /** A batch of readiness is complete. Errors with a LoopError when the loop is broken. Silent where the loop has no batches. */
  readonly batchEnd$: Observable<void>;
  /** The loop's clock and timers. */
  readonly scheduler: SchedulerLike;
  /** Whether these streams keep the process running. */
  hold(alive: boolean): void;
  /** Gives all of it back; who still listens is told that it is complete. Idempotent. */
  close(): Promise<void>;
}

/** Where the streams of a loop come from. */
export interface LoopSource {
  readonly name: string;
  /** Whether `batchEnd$` emits after each run of readiness. */
  readonly batches: boolean;
  /** @throws LoopError LOOP_UNAVAILABLE when the loop does not exist here */
  open(): LoopStreams;
}
