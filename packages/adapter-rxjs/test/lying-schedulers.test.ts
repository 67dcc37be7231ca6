/** Schedulers that look right when they are given and are not: the loop breaks and says why, or nothing comes of it. */
import { NEVER, type SchedulerLike, Subscription } from "rxjs";
import { describe, expect, it } from "vitest";
import { rxjsLoop } from "../src/index.js";
import { noted, turns } from "./support.js";

/** A scheduler with all that it was given to do. */
function scripted(schedule?: (work: () => void, delayMs: number) => void) {
  const works: (() => void)[] = [];
  const scheduler = {
    nowMs: 0,
    now: () => scheduler.nowMs,
    schedule(work: () => void, delayMs = 0) {
      works.push(work);
      schedule?.(work, delayMs);
      return new Subscription();
    },
  };
  const told = noted();
  const loop = rxjsLoop(() => NEVER, { scheduler: scheduler as unknown as SchedulerLike }).attach(told.sink);
  works.length = 0; // what looked at it
  return { ...told, scheduler, works, loop };
}

describe("a scheduler that", () => {
  it("runs what was taken back, or what it has run, is not heard", () => {
    const { works, loop, log, scheduler } = scripted();
    loop.arm(5);
    loop.disarm();
    scheduler.nowMs = 5;
    works[0]?.();
    expect(log).toEqual([]);
    loop.arm(5);
    loop.arm(10);
    scheduler.nowMs = 15;
    for (const work of [...works, ...works]) work();
    expect(log).toEqual(["expired"]);
  });

  it("is early is asked again for the rest, and for nothing that was taken back", () => {
    const { works, loop, log, scheduler } = scripted();
    loop.arm(10);
    scheduler.nowMs = 6;
    works[0]?.();
    expect({ log, asked: works.length }).toEqual({ log: [], asked: 2 });
    scheduler.nowMs = 10;
    for (const work of works) work();
    expect(log).toEqual(["expired"]);
  });

  it("runs work inside schedule() after all breaks the loop, from a fresh stack", async () => {
    const { loop, log, failures } = scripted((work, delayMs) => delayMs > 0 && work());
    loop.arm(5);
    expect(log).toEqual([]);
    await turns(1);
    expect(log).toEqual(["failed"]);
    expect(failures[0]).toMatchObject({ code: "LOOP_FAILED", message: expect.stringContaining("inside schedule()") });
  });

  it("throws breaks the loop once, with its error; not when the loop was closed meanwhile", async () => {
    const mistake = new Error("a mistake");
    const make = () =>
      scripted((_work, delayMs) => {
        if (delayMs > 0) throw mistake;
      });
    const { loop, failures } = make();
    for (let i = 0; i < 3; i++) loop.arm(5);
    await turns(1);
    expect(failures).toEqual([expect.objectContaining({ code: "LOOP_FAILED", cause: mistake })]);
    const closed = make();
    closed.loop.arm(5);
    await closed.loop.close();
    await turns(1);
    expect(closed.log).toEqual([]);
  });
});
