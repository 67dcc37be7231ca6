/** What a loop whose timers are a scheduler's can and cannot do: each limit is declared, and is so. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import type { LoopAdapter } from "@curlew/core";
import { startProgram } from "@curlew/testkit";
import { asyncScheduler, firstValueFrom, interval, NEVER, Observable, take, toArray, VirtualTimeScheduler } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expect, it } from "vitest";
import { fromLoop, rxjsLoop } from "../src/index.js";
import { noted, openTestLoop, turns, until } from "./support.js";

describe("the limits of a scheduler", () => {
  it("are declared: the loop's own has none", () => {
    const source = fromLoop(simulatedLoop(new Kernel()));
    const none = { zeroMs: 0, holdsProcess: false, onFlush: false };
    const async = { zeroMs: 1, holdsProcess: true, onFlush: false };
    expect(rxjsLoop(source).timers).toEqual(none);
    expect(rxjsLoop(() => NEVER).timers).toEqual(async);
    expect(rxjsLoop(source, { scheduler: asyncScheduler }).timers).toEqual(async);
    for (const scheduler of [new VirtualTimeScheduler(), new TestScheduler(() => true)])
      expect(rxjsLoop(source, { scheduler }).timers).toEqual({ ...none, onFlush: true });
  });

  /** The time of a 0, over 200 in a row, ms. */
  async function zeroMs(adapter: LoopAdapter): Promise<number> {
    let left = 200;
    const started = performance.now();
    await new Promise<void>((resolve) => {
      const loop = adapter.attach({
        ready() {},
        batchEnd() {},
        failed() {},
        expired: () => (left-- > 0 ? loop.arm(0) : void loop.close().then(resolve)),
      });
      loop.hold(true);
      loop.arm(0);
    });
    return (performance.now() - started) / 200;
  }

  it("zeroMs is so", async () => {
    const own = await zeroMs(rxjsLoop(fromLoop(openTestLoop())));
    const async = await zeroMs(rxjsLoop(fromLoop(openTestLoop()), { scheduler: asyncScheduler }));
    console.log(`a timer of 0: ${own.toFixed(3)} ms by the loop's own, ${async.toFixed(3)} ms by asyncScheduler`);
    expect(async).toBeGreaterThan(0.9);
    expect(own).toBeLessThan(async);
  });

  it("holdsProcess is so: an armed timer of asyncScheduler keeps the process, the loop's own does not", async () => {
    const program = fileURLToPath(new URL("./programs/hold.mjs", import.meta.url));
    for (const [scheduler, said] of [
      ["own", ""],
      ["async", "expired\n"],
    ] as const) {
      const child = startProgram(program, [scheduler], { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout?.on("data", (data) => {
        output += data;
      });
      const [code] = await once(child, "close");
      expect({ scheduler, code, output }).toEqual({ scheduler, code: 0, output: said });
    }
  });

  it("onFlush is so", async () => {
    const scheduler = new VirtualTimeScheduler();
    const { sink, log } = noted();
    const loop = rxjsLoop(fromLoop(simulatedLoop(new Kernel())), { scheduler }).attach(sink);
    expect(scheduler.actions).toEqual([]);
    loop.arm(0);
    await turns(5);
    expect(log).toEqual([]);
    scheduler.flush();
    expect(log).toEqual(["expired"]);
  });
});

describe("a scheduler's clock that is set back", () => {
  it("does not set back the loop's, nor stop it", () => {
    let nowMs = 1_000_000;
    let fire = (): void => {};
    const schedule = (work: () => void) => {
      fire = work;
      return new Observable().subscribe();
    };
    const scheduler = { now: () => nowMs, schedule } as never;
    const { sink, log } = noted();
    const loop = rxjsLoop(() => NEVER, { scheduler }).attach(sink);
    loop.arm(100);
    const before = loop.now();
    nowMs -= 500_000;
    expect(loop.now()).toBe(before);
    nowMs += 99;
    fire(); // too early
    expect(log).toEqual([]);
    nowMs += 1;
    fire();
    expect(log).toEqual(["expired"]);
  });
});

describe("an interval on a loop's own scheduler", () => {
  it("ticks by the loop, and holds it no longer than it is held", async () => {
    const streams = fromLoop(openTestLoop()).open();
    streams.hold(true);
    expect(await firstValueFrom(interval(2, streams.scheduler).pipe(take(3), toArray()))).toEqual([0, 1, 2]);
    let closed = false;
    void streams.close().then(() => {
      closed = true;
    });
    await until(() => closed);
  });
});
