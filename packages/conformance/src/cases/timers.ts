import assert from "node:assert";
import { CURL_POLL_IN, CURL_POLL_OUT } from "@curlew/core";
import type { Scene } from "../scene.js";
import type { Case } from "../types.js";

const group = "timers";
/** Real loops are served well within this when they do not block; nothing else wakes them earlier. */
const FAR_MS = 20_000;
const SOON_MS = 1000;

export const timers: readonly Case[] = [
  {
    group,
    rule: "C 4.1",
    what: "fires once, and not before its time",
    async run(scene) {
      for (const delayMs of [1, 7.5, 0.3, 20]) await firesAfter(scene, delayMs, (loop) => loop.arm(delayMs));
    },
  },
  {
    group,
    rule: "C 4.8, P 18",
    what: "rounds up, also when the loop's idea of the time is old",
    async run(scene) {
      const work = (): number => {
        let sum = 0;
        for (let i = 0; i < 3_000_000; i++) sum += i;
        return sum;
      };
      await firesAfter(scene, 12, (loop) => {
        work();
        loop.arm(12);
      });
    },
  },
  {
    group,
    rule: "C 4.1, P 17",
    what: "is one slot: 1000, then 10, then 40 fires once, at 40",
    async run(scene) {
      const tookMs = await firesAfter(scene, 40, (loop) => {
        for (const ms of [1000, 10, 40]) loop.arm(ms);
      });
      assert.ok(tookMs < 1000, `it was served after ${tookMs} ms: the first arm was replaced (C 4.1, P 17)`);
    },
  },
  {
    group,
    rule: "C 4.2, P 15",
    what: "taken back, it does not fire; taken back twice is harmless",
    async run(scene) {
      const watched = scene.attach();
      watched.loop.disarm();
      watched.loop.arm(5);
      watched.loop.disarm();
      watched.loop.disarm();
      await scene.pass(15);
      assert.equal(watched.expirations, 0, "a timer that was taken back must not fire (C 4.2, P 15)");
    },
  },
  {
    group,
    rule: "C 4.2, P 15",
    what: "a 0 that is taken back does not fire either",
    async run(scene) {
      const watched = scene.attach();
      watched.loop.arm(0);
      watched.loop.disarm();
      await scene.pass(5);
      assert.equal(watched.expirations, 0, "a 0 that was taken back must not fire (C 4.2, P 15)");
    },
  },
  {
    group,
    rule: "C 4.2, P 16",
    what: "of 0 is not served inside arm, and once",
    async run(scene) {
      const watched = scene.attach();
      watched.loop.arm(0);
      assert.equal(watched.expirations, 0, "0 is not a call (C 4.2, P 16)");
      await scene.until(() => watched.expirations > 0, "a 0 must be served (C 4.2, P 16)");
      await scene.settle();
      assert.equal(watched.expirations, 1, "one-shot (C 4.1, P 16)");
    },
  },
  {
    group,
    rule: "C 4.9, P 16",
    what: "of 0, a thousand in a row, each from the one before: none is lost and none inside another",
    async run(scene) {
      const watched = scene.attach();
      watched.on.expired = () => {
        if (watched.expirations < 1000) watched.loop.arm(0);
      };
      watched.loop.arm(0);
      await scene.until(() => watched.expirations >= 1000, "a 0 asked for while one is served was lost (C 4.9, P 16)");
    },
  },
  ...(["ready", "batchEnd", "expired"] as const).map(
    (phase): Case => ({
      group,
      rule: "contract, arm",
      what: `of 0, asked for inside ${phase}, is served before the loop blocks`,
      async run(scene) {
        const watched = scene.attach();
        if (phase === "batchEnd" && !scene.arm.adapter.batches) return;
        const [a] = scene.readable();
        const far = scene.attach();
        far.loop.arm(FAR_MS);
        let askedAt = Number.NaN;
        const ask = (): void => {
          if (!Number.isNaN(askedAt)) return;
          askedAt = watched.loop.now();
          watched.loop.unwatch(a); // nothing but the timer wakes the loop now
          watched.expirations = 0;
          watched.loop.arm(0);
        };
        watched.on[phase] = ask;
        watched.loop.watch(a, CURL_POLL_IN);
        if (phase === "expired") watched.loop.arm(0);
        await scene.until(() => !Number.isNaN(askedAt) && watched.expirations > 0, "a 0 was lost (contract, arm)");
        const tookMs = watched.loop.now() - askedAt;
        assert.ok(tookMs < SOON_MS, `a 0 took ${tookMs} ms: the loop blocked first (contract, arm)`);
      },
    }),
  ),
  {
    group,
    rule: "C 4.1",
    what: "set again while it is served, it fires again",
    async run(scene) {
      const watched = scene.attach();
      watched.on.expired = () => {
        if (watched.expirations < 3) watched.loop.arm(3);
      };
      const started = watched.loop.now();
      watched.loop.arm(3);
      await scene.until(() => watched.expirations === 3, "a timer set inside expired must fire (C 4.1)");
      const tookMs = watched.loop.now() - started;
      assert.ok(tookMs + scene.granularityMs >= 9, `three times 3 ms in ${tookMs} ms (C 4.1)`);
    },
  },
  {
    group,
    rule: "C 4.1",
    what: "fires beside descriptors that are always ready, and they beside it",
    async run(scene) {
      const watched = scene.attach();
      const [a] = scene.pair();
      watched.loop.watch(a, CURL_POLL_OUT);
      watched.loop.arm(2);
      await scene.pass(2);
      await scene.until(() => watched.expirations === 1 && watched.seen.length > 0, "both must be served (C 4.1)");
    },
  },
  {
    group,
    rule: "P 21, C 4.7",
    what: "that was due long ago fires once, and the next one is not early for it",
    async run(scene) {
      const watched = scene.attach();
      watched.loop.arm(3);
      scene.jump(3_600_000);
      await scene.until(() => watched.expirations > 0, "a timer that is late must fire (P 21, C 4.7)");
      await scene.settle();
      assert.equal(watched.expirations, 1, "once: there is nothing to catch up with (P 21, C 4.7)");
      await firesAfter(scene, 8, (loop) => loop.arm(8));
    },
  },
  {
    group,
    rule: "C 4.2, C40",
    what: "of the longest delay is accepted, and does not fire at once",
    async run(scene) {
      const watched = scene.attach();
      watched.loop.arm(2 ** 31 - 1);
      await scene.pass(5);
      assert.equal(watched.expirations, 0, "24 days are not over (C 4.2, C40)");
    },
  },
  {
    group,
    rule: "contract, attach",
    what: "of one attachment is none of the other's business",
    async run(scene) {
      const [a, b] = [scene.attach(), scene.attach()];
      a.loop.arm(5);
      b.loop.arm(10);
      a.loop.disarm();
      await scene.until(() => b.expirations === 1, "the other attachment's timer must fire (contract, attach)");
      assert.equal(a.expirations, 0, "attachments are independent (contract, attach)");
    },
  },
  {
    group,
    rule: "C 4.2, P 15",
    what: "taken back inside a report of the same turn, it does not follow",
    async run(scene) {
      const watched = scene.attach();
      const [a] = scene.readable();
      let before = 0;
      watched.on.ready = () => {
        watched.loop.disarm();
        before = watched.expirations;
        watched.on.ready = () => {};
      };
      watched.loop.watch(a, CURL_POLL_IN);
      watched.loop.arm(0);
      await scene.until(() => watched.seen.length > 0, "a readable descriptor must be reported (contract, watch)");
      await scene.pass(5);
      assert.equal(watched.expirations, before, "expired must not follow disarm (C 4.2, P 15)");
    },
  },
];

async function firesAfter(
  scene: Scene,
  delayMs: number,
  arm: (loop: { arm(ms: number): void }) => void,
): Promise<number> {
  const watched = scene.attach();
  let started = 0;
  let firedAt = Number.NaN;
  watched.on.expired = () => {
    firedAt = watched.loop.now();
  };
  arm({
    arm: (ms) => {
      started = watched.loop.now();
      watched.loop.arm(ms);
    },
  });
  await scene.until(() => watched.expirations > 0, `a timer of ${delayMs} ms did not fire (C 4.1)`);
  const tookMs = firedAt - started;
  assert.ok(
    tookMs + scene.granularityMs >= delayMs,
    `${delayMs} ms were over after ${tookMs} ms: too early (C 4.8, P 18)`,
  );
  await scene.pass(delayMs);
  assert.equal(watched.expirations, 1, "one-shot (C 4.1, P 17)");
  return tookMs;
}
