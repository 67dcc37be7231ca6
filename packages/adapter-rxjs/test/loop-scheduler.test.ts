/** A loop's timer as a scheduler of RxJS: the simulated loop's, so in virtual time, without a scheduler's limits. */
import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import {
  config,
  debounceTime,
  delay,
  interval,
  map,
  merge,
  NEVER,
  observeOn,
  of,
  range,
  type SchedulerAction,
  scheduled,
  take,
  timeout,
  timer,
} from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import { ScriptedLoop } from "../../core/test/scripted.js";
import { fromLoop } from "../src/index.js";

function scene() {
  const kernel = new Kernel();
  const loop = simulatedLoop(kernel);
  const streams = fromLoop(loop).open();
  const { scheduler } = streams;
  const log: string[] = [];
  const note = (what: unknown) => log.push(`${what} at ${Math.floor(scheduler.now())}`);
  return {
    ...{ kernel, streams, scheduler, log, note },
    pass() {
      while (loop.turn() !== "nothing");
    },
    loop,
  };
}

describe("the scheduler of a loop", () => {
  it("runs what is due in the order of its time, then of its scheduling", () => {
    const { scheduler, note, log, pass } = scene();
    for (const [name, ms] of Object.entries({ c: 20, a: 5, d: 20, b: 10, now: 0 }))
      scheduler.schedule(() => note(name), ms);
    pass();
    expect(log).toEqual(["now at 0", "a at 5", "b at 10", "c at 20", "d at 20"]);
  });

  it("takes back what is unsubscribed from, also by what is due with it", () => {
    const { scheduler, note, log, pass, loop } = scene();
    const never = scheduler.schedule(() => note("never"), 5);
    scheduler.schedule(() => second.unsubscribe(), 10);
    const second = scheduler.schedule(() => note("second"), 10);
    never.unsubscribe();
    pass();
    expect(log).toEqual([]);
    expect(loop.dueMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("runs what is due once, if another that is due sets it later", () => {
    const { scheduler, note, log, pass } = scene();
    scheduler.schedule(() => (second as SchedulerAction<unknown>).schedule(undefined, 10), 5);
    const second = scheduler.schedule(() => note("second"), 5);
    pass();
    expect(log).toEqual(["second at 15"]);
  });

  it("lets an action schedule itself again, with its state", () => {
    const { scheduler, note, log, pass } = scene();
    scheduler.schedule<number>(
      function (state = 0) {
        note(state);
        if (state < 3) this.schedule(state + 1, 10);
      },
      10,
      1,
    );
    pass();
    expect(log).toEqual(["1 at 10", "2 at 20", "3 at 30"]);
  });

  it("gives the loop its turn between zeros without end", () => {
    const { scheduler, loop } = scene();
    let zeros = 0;
    scheduler.schedule(function () {
      zeros++;
      this.schedule(undefined, 0);
    });
    for (let i = 0; i < 10; i++) loop.turn();
    expect(zeros).toBeLessThanOrEqual(10);
    expect(zeros).toBeGreaterThan(5);
  });

  it("reports what an action throws, and runs the others", async () => {
    const errors: unknown[] = [];
    config.onUnhandledError = (error) => errors.push(error);
    onTestFinished(() => {
      config.onUnhandledError = null;
    });
    const { scheduler, note, log, pass } = scene();
    const mistake = new Error("a mistake");
    scheduler.schedule(() => {
      throw mistake;
    }, 5);
    scheduler.schedule(() => note("other"), 5);
    pass();
    await Promise.resolve();
    expect({ log, errors }).toEqual({ log: ["other at 5"], errors: [mistake] });
  });

  it("takes delays beyond what a timer can, and negative ones; none that is no number, and for ever", () => {
    const { scheduler, note, log, pass } = scene();
    scheduler.schedule(() => note("far"), 2 ** 32);
    scheduler.schedule(() => note("near"), 10);
    scheduler.schedule(() => note("negative"), -5);
    scheduler.schedule(() => note("NaN"), Number.NaN);
    scheduler.schedule(() => note("never"), Number.POSITIVE_INFINITY);
    pass();
    expect(log).toEqual(["negative at 0", "NaN at 0", "near at 10", `far at ${2 ** 32}`]);
  });

  it("is what the operators of time take", () => {
    const { scheduler, note, log, pass } = scene();
    interval(10, scheduler)
      .pipe(take(2))
      .subscribe((n) => note(`interval ${n}`));
    timer(5, 10, scheduler)
      .pipe(take(2))
      .subscribe((n) => note(`timer ${n}`));
    NEVER.pipe(timeout({ each: 30, with: () => of("timeout"), scheduler })).subscribe(note);
    of("delayed").pipe(delay(7, scheduler)).subscribe(note);
    merge(of(1), timer(3, scheduler).pipe(map(() => 2)), NEVER)
      .pipe(debounceTime(50, scheduler))
      .subscribe((n) => note(`debounced ${n}`));
    scheduled(range(0, 2), scheduler)
      .pipe(observeOn(scheduler))
      .subscribe((n) => note(`scheduled ${n}`));
    pass();
    const expected = [
      "scheduled 0 at 0",
      "scheduled 1 at 0",
      "timer 0 at 5",
      "delayed at 7",
      "interval 0 at 10",
      "timer 1 at 15",
      "interval 1 at 20",
      "timeout at 30",
      "debounced 2 at 53",
    ];
    expect(log).toEqual(expected);
  });

  it("sets the loop's timer once for all that is scheduled while it runs", () => {
    const log: string[] = [];
    const inner = new ScriptedLoop(log, true);
    const { scheduler } = fromLoop(inner).open();
    for (const again of [30, 10, 20])
      scheduler.schedule(function () {
        if (log.length < 3) this.schedule(undefined, again);
      }, 5);
    inner.nowMs += 5;
    inner.sink.expired();
    expect(log).toEqual(["arm 5", "arm 10"]);
  });

  it("does nothing once its loop is closed", async () => {
    const { streams, scheduler, note, log, pass } = scene();
    scheduler.schedule(() => note("before"), 5);
    await streams.close();
    scheduler.schedule(() => note("after"), 5);
    pass();
    expect(log).toEqual([]);
  });
});
