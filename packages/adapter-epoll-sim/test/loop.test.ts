import type { LoopSink } from "@curlew/core";
import { describe, expect, it } from "vitest";
import { type ChoiceKind, Kernel } from "../src/kernel/index.js";
import { simulatedLoop } from "../src/loop/index.js";

const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
/** Then something happens by itself: a loop that has nothing to report sleeps until then. */
const NEXT_MS = 1000;

/** A loop that makes one kind of choice against the plain one, each time, and what it reports, with the time. */
function scene(unplain: ChoiceKind) {
  const kernel = new Kernel({ choices: { choose: (kind) => (kind === unplain ? 1 : 0) } });
  kernel.clock.after(NEXT_MS, () => {});
  const loop = simulatedLoop(kernel);
  const reports: { readonly fd: number; readonly atMs: number }[] = [];
  const sink: LoopSink = {
    ready: (fd) => reports.push({ fd, atMs: kernel.clock.nowMs }),
    batchEnd() {},
    expired() {},
    failed() {},
  };
  const readable = (): number => {
    const fd = kernel.eventfd();
    kernel.write(fd, ONE);
    return fd;
  };
  return { kernel, loop, sink, reports, readable };
}

describe("the loop does not block while something is ready (C 5.8)", () => {
  it("that was watched by who was told a spurious report", () => {
    const { kernel, loop, sink, reports, readable } = scene("spurious");
    const [quiet, ready] = [kernel.eventfd(), readable()];
    const attachment = loop.attach({ ...sink, batchEnd: () => attachment.watch(ready, 1) });
    attachment.watch(quiet, 1);
    loop.turn();
    expect(reports.map(({ fd }) => fd)).toEqual([quiet]);
    loop.turn();
    expect(reports[1]?.fd).toBe(ready);
    expect(reports[1]?.atMs).toBeLessThan(NEXT_MS);
  });

  it("and was watched so at another attachment, whose turn was over", () => {
    const { kernel, loop, sink, reports, readable } = scene("spurious");
    const [quiet, ready] = [kernel.eventfd(), readable()];
    const first = loop.attach(sink);
    loop.attach({ ...sink, batchEnd: () => first.watch(ready, 1) }).watch(quiet, 1);
    loop.turn();
    loop.turn();
    const report = reports.find(({ fd }) => fd === ready);
    expect(report?.atMs).toBeLessThan(NEXT_MS);
  });

  it("when a closed file that a duplicate keeps registered had taken the only place of a batch (P A10)", () => {
    const { kernel, loop, sink, reports, readable } = scene("batch");
    const attachment = loop.attach(sink);
    const closed = readable();
    attachment.watch(closed, 1);
    kernel.dup(closed);
    kernel.close(closed);
    attachment.unwatch(closed);
    const ready = readable();
    attachment.watch(ready, 1);
    loop.turn();
    loop.turn();
    expect(reports[0]?.fd).toBe(ready);
    expect(reports[0]?.atMs).toBeLessThan(NEXT_MS);
  });
});
