import type { Attachment, LoopAdapter, LoopError } from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { onTestFinished } from "vitest";

export interface Seen {
  readonly fd: number;
  readonly bits: number;
}

/** An attachment to the loop the test runs on, and what it reports. */
export function attachedTo(adapter: LoopAdapter) {
  const seen: Seen[] = [];
  const batches: Seen[][] = [];
  const failures: LoopError[] = [];
  let batch: Seen[] = [];
  let expired = 0;
  let probe = -1;
  let probed = 0;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  /** Called for each report, inside the batch. */
  const on: { ready: (fd: number, bits: number) => void; batchEnd: () => void; expired: () => void } = {
    ready() {},
    batchEnd() {},
    expired() {},
  };
  const loop: Attachment = adapter.attach({
    ready(fd, bits) {
      if (fd === probe) return void probed++;
      seen.push({ fd, bits });
      batch.push({ fd, bits });
      on.ready(fd, bits);
    },
    batchEnd() {
      if (batch.length > 0) batches.push(batch);
      batch = [];
      on.batchEnd();
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
  /** Resolves at the end of the next batch, or when the timer fires. */
  const next = () => new Promise<void>((resolve) => waiting.push(resolve));
  return {
    loop,
    on,
    seen,
    batches,
    failures,
    next,
    get expirations() {
      return expired;
    },
    /** Until the condition holds; it is asked after each batch. */
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) await next();
    },
    /** What was ready when this was called has been reported, twice: a descriptor that is ready all the time has been. */
    async settled(): Promise<void> {
      probe = descriptors.eventfd();
      descriptors.write(probe, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      loop.watch(probe, 1);
      for (const before = probed; probed < before + 3; ) await next();
      loop.unwatch(probe);
      descriptors.close(probe);
      probe = -1;
    },
  };
}
