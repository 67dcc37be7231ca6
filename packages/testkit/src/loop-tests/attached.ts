import type { Attachment, LoopError } from "@curlew/core";
import { onTestFinished } from "vitest";
import { libuvLoop } from "../src/index.js";

export interface Seen {
  readonly fd: number;
  readonly bits: number;
}

/** An attachment to the loop the test runs on, and what it reports. */
export function attached() {
  const seen: Seen[] = [];
  const batches: Seen[][] = [];
  const failures: LoopError[] = [];
  let batch: Seen[] = [];
  let expired = 0;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  /** Called for each report, inside the batch. */
  const on: { ready: (fd: number, bits: number) => void; expired: () => void } = { ready() {}, expired() {} };
  const loop: Attachment = libuvLoop().attach({
    ready(fd, bits) {
      seen.push({ fd, bits });
      batch.push({ fd, bits });
      on.ready(fd, bits);
    },
    batchEnd() {
      batches.push(batch);
      batch = [];
      wake();
    },
    expired() {
      expired++;
      on.expired();
      wake();
    },
    failed: (error) => failures.push(error),
  });
  loop.hold(true);
  onTestFinished(() => loop.close());
  return {
    loop,
    on,
    seen,
    batches,
    failures,
    get expirations() {
      return expired;
    },
    /** Resolves at the end of the next batch, or when the timer fires. */
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
}

/** One whole turn of the loop and a bit, so that what is ready has been reported. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
