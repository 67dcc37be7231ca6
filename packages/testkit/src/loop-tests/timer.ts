import { readFile } from "node:fs";
import { createServer } from "node:net";
import { CURL_POLL_OUT, type LoopAdapter } from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { attachedTo } from "./attached.js";

/** Keeps JavaScript busy. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

/** Nothing else of the loop wakes it before this. */
const FAR_MS = 20_000;
/** Ten times what a served 0 timer may take on a busy machine, and far below FAR_MS. */
const LIVENESS_MS = 1000;

/** What the contract says of arm, disarm and expired. */
export function timerTests(makeLoop: () => LoopAdapter): void {
  const attached = () => attachedTo(makeLoop());

  describe("the timer", () => {
    it("never fires early, though libuv counts from a time it read long ago (P 18, P B3)", async () => {
      const { loop, next } = attached();
      for (const delayMs of [50, 7.3, 1, 0.2]) {
        block(40);
        const started = loop.now();
        loop.arm(delayMs);
        await next();
        const tookMs = loop.now() - started;
        console.log(`armed ${delayMs} ms after 40 ms of work: fired after ${tookMs.toFixed(2)} ms`);
        expect(tookMs).toBeGreaterThanOrEqual(delayMs);
        expect(tookMs).toBeLessThan(delayMs + LIVENESS_MS);
      }
    });

    it("is one slot: 1000, then 10, then 40 fires once, at 40 (P 17)", async () => {
      const made = attached();
      const started = made.loop.now();
      for (const ms of [1000, 10, 40]) made.loop.arm(ms);
      await made.next();
      expect(made.loop.now() - started).toBeGreaterThanOrEqual(40);
      await made.settled();
      expect(made.expirations).toBe(1);
    });

    it("can be disarmed (P 15)", async () => {
      const made = attached();
      made.loop.arm(5);
      made.loop.disarm();
      made.loop.disarm();
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(made.expirations).toBe(0);
    });

    it("of 0 asked for inside a batch waits for what promises wait for, and for other users of the loop (C 4.9)", async () => {
      const { loop, on, until } = attached();
      const [a, b] = descriptors.socketpair();
      const order: string[] = [];
      on.expired = () => order.push("expired");
      on.batchEnd = () => {
        on.batchEnd = () => {};
        order.push("batch");
        loop.unwatch(a);
        loop.arm(0);
        Promise.resolve().then(() => order.push("continuation"));
      };
      loop.watch(a, CURL_POLL_OUT);
      await until(() => order.includes("expired"));
      expect(order).toEqual(["batch", "continuation", "expired"]);
      for (const fd of [a, b]) descriptors.close(fd);
    });

    it("of 0, asked for again each time, leaves the others of the loop their turn (C 4.9)", async () => {
      const { loop, on } = attached();
      const others = { immediate: 0, timer: 0, poll: 0 };
      const again = (): void => {
        others.immediate++;
        immediate = setImmediate(again);
      };
      let immediate = setImmediate(again);
      const interval = setInterval(() => others.timer++, 1);
      readFile("/etc/hostname", () => others.poll++);
      let expirations = 0;
      await new Promise<void>((resolve) => {
        on.expired = () => {
          expirations++;
          if (others.immediate > 10 && others.timer > 3 && others.poll > 0) resolve();
          else loop.arm(0);
        };
        loop.arm(0);
      });
      clearImmediate(immediate);
      clearInterval(interval);
      console.log(`${expirations} expirations of 0; meanwhile ${JSON.stringify(others)}`);
      expect(expirations).toBeGreaterThan(3);
    });

    it("that a batch asks for and outlasts fires once it is over", async () => {
      const { loop, on, next, until } = attached();
      const [a, b] = descriptors.socketpair();
      const keepBusy = setTimeout(() => {}, FAR_MS);
      let expired = false;
      on.expired = () => {
        expired = true;
      };
      on.ready = () => {
        loop.unwatch(a);
        loop.arm(1);
        block(10);
      };
      loop.watch(a, CURL_POLL_OUT);
      await next();
      const started = loop.now();
      await until(() => expired);
      clearTimeout(keepBusy);
      expect(loop.now() - started).toBeLessThan(LIVENESS_MS);
      for (const fd of [a, b]) descriptors.close(fd);
    });

    it("of 0 fires, again and again, also where the loop holds nobody alive", async () => {
      const made = attached();
      const keepBusy = setTimeout(() => {}, FAR_MS);
      made.loop.hold(false);
      const started = made.loop.now();
      for (let i = 0; i < 5; i++) {
        made.loop.arm(0);
        await made.next();
      }
      clearTimeout(keepBusy);
      expect(made.expirations).toBe(5);
      expect(made.loop.now() - started).toBeLessThan(LIVENESS_MS);
    });

    it("of 0 does not fire inside arm, and fires once (P 16)", async () => {
      const made = attached();
      made.loop.arm(0);
      expect(made.expirations).toBe(0);
      await made.next();
      await made.settled();
      expect(made.expirations).toBe(1);
    });
  });

  describe("a 0 timer asked for in any phase of the loop is served before the loop blocks", () => {
    const phases: Record<string, (run: () => void) => void> = {
      timers: (run) => setTimeout(run, 1),
      poll: (run) => readFile("/etc/hostname", run),
      check: (run) => setImmediate(run),
      "close callbacks": (run) => {
        const server = createServer().listen(0, "127.0.0.1", () => server.close(run));
      },
      microtask: (run) => queueMicrotask(run),
      nextTick: (run) => process.nextTick(run),
      "microtask of a timer": (run) => setTimeout(() => queueMicrotask(run), 1),
      "our own timer": (run) => run(),
    };

    for (const [phase, enter] of Object.entries(phases))
      it(phase, async () => {
        const { loop, on, next } = attached();
        const keepBusy = setTimeout(() => {}, FAR_MS);
        let askedAt = 0;
        const tookMs = await new Promise<number>((resolve) => {
          enter(() => {
            askedAt = loop.now();
            on.expired = () => resolve(loop.now() - askedAt);
            loop.arm(0);
          });
        });
        // And once more from the callback itself.
        askedAt = loop.now();
        on.expired = () => {};
        loop.arm(0);
        await next();
        const againMs = loop.now() - askedAt;
        clearTimeout(keepBusy);
        console.log(
          `0 timer asked for in ${phase}: ${tookMs.toFixed(2)} ms, again from there: ${againMs.toFixed(2)} ms`,
        );
        expect(tookMs).toBeLessThan(LIVENESS_MS);
        expect(againMs).toBeLessThan(LIVENESS_MS);
      });
  });
}
