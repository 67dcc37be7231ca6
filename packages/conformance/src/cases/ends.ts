import assert from "node:assert";
import { CURL_POLL_IN, CURL_POLL_INOUT, CURL_POLL_OUT, LoopError } from "@curlew/core";
import type { Case } from "../types.js";
import { bound } from "./readiness.js";

/** What must not report while it is called, with something ready and a timer of 0 (Watched tells). */
const reentrancy: Case[] = [
  {
    group: "re-entrancy",
    rule: "contract, re-entrancy",
    what: "no hook calls the sink, whatever it finds",
    async run(scene) {
      const watched = scene.attach();
      const [a] = scene.readable();
      watched.loop.watch(a, CURL_POLL_INOUT);
      watched.loop.arm(0);
      watched.loop.watch(a, CURL_POLL_IN);
      watched.loop.disarm();
      watched.loop.arm(0);
      watched.loop.unwatch(a);
      watched.loop.hold(false);
      assert.deepEqual(watched.broken, [], `${watched.broken[0]}`);
      assert.equal(
        watched.seen.length + watched.expirations,
        0,
        "the sink is called from a fresh stack (contract, re-entrancy)",
      );
    },
  },
  ...(["ready", "expired", "batchEnd"] as const).map(
    (phase): Case => ({
      group: "re-entrancy",
      rule: "contract, re-entrancy",
      what: `every hook may be called inside ${phase}`,
      async run(scene) {
        if (phase === "batchEnd" && !scene.arm.adapter.batches) return;
        const watched = bound(scene.attach());
        const [a] = scene.readable();
        const [b] = scene.readable();
        let called = false;
        watched.on[phase] = () => {
          if (called) return;
          called = true;
          watched.loop.watch(b, CURL_POLL_IN);
          watched.loop.watch(a, CURL_POLL_OUT);
          watched.loop.unwatch(a);
          watched.loop.arm(1);
          watched.loop.disarm();
          watched.loop.arm(0);
          watched.loop.hold(true);
          watched.loop.now();
        };
        watched.loop.watch(a, CURL_POLL_IN);
        if (phase === "expired") watched.loop.arm(0);
        await scene.until(() => called, `${phase} was not called (contract, re-entrancy)`);
        const before = watched.expirations;
        await scene.until(() => watched.of(b).length > 0, `watch inside ${phase} was lost (contract, re-entrancy)`);
        await scene.until(() => watched.expirations > 0 || before > 0, `arm inside ${phase} was lost (contract, arm)`);
      },
    }),
  ),
];

const errors: Case[] = [
  {
    group: "errors",
    rule: "contract, watch",
    what: "a descriptor that is not open is refused: LoopError, LOOP_REFUSED, EBADF; others go on",
    needs: "refusesClosed",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.readable();
      loop.watch(a, CURL_POLL_IN);
      const [closed, peer] = scene.pair();
      scene.close(closed, peer);
      assert.throws(() => loop.watch(closed, CURL_POLL_IN), refusal("EBADF"), "EBADF is to be told (contract, watch)");
      await scene.until(() => of(a).length > 0, "a refusal concerns one descriptor (contract, watch)");
      const [again, againPeer] = scene.pair();
      scene.write(againPeer);
      await scene.settle();
      assert.deepEqual(of(again), [], "what was refused is not registered (contract, watch)");
      loop.watch(again, CURL_POLL_IN);
      await scene.until(() => of(again).length > 0, "and can be, once the number is somebody's (contract, watch)");
      scene.close(b);
    },
  },
  {
    group: "errors",
    rule: "P 6, P A12",
    what: "a regular file is refused with EPERM where that is claimed; others go on",
    needs: "refusesFiles",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const file = scene.opened(scene.arm.descriptors.openFile());
      assert.throws(() => loop.watch(file, CURL_POLL_IN), refusal("EPERM"), "EPERM is to be told (P 6, P A12)");
      const [a] = scene.readable();
      loop.watch(a, CURL_POLL_IN);
      await scene.until(() => of(a).length > 0, "a refusal concerns one descriptor (P 6, P A12)");
    },
  },
];

/** What is claimed is tested above; what is not claimed must not be so. */
export const lies: Case[] = [
  {
    group: "capabilities",
    rule: "P 6",
    what: "who does not claim to refuse files takes them",
    run(scene) {
      const { loop } = scene.attach();
      const file = scene.opened(scene.arm.descriptors.openFile());
      if (scene.capabilities.refusesFiles) assert.throws(() => loop.watch(file, CURL_POLL_IN), "claimed (P 6)");
      else assert.doesNotThrow(() => loop.watch(file, CURL_POLL_IN), "refusesFiles is not claimed, and so it is (P 6)");
      loop.unwatch(file);
    },
  },
  {
    group: "capabilities",
    rule: "contract, watch",
    what: "who does not claim to refuse closed descriptors takes them",
    run(scene) {
      const { loop } = scene.attach();
      const [a, b] = scene.pair();
      scene.close(a, b);
      if (scene.capabilities.refusesClosed)
        assert.throws(() => loop.watch(a, CURL_POLL_IN), "claimed (contract, watch)");
      else assert.doesNotThrow(() => loop.watch(a, CURL_POLL_IN), "refusesClosed is not claimed (contract, watch)");
      loop.unwatch(a);
    },
  },
  {
    group: "capabilities",
    rule: "contract, hold",
    what: "who shows whether the process is held does so, and who does not has nothing to show",
    run(scene) {
      assert.equal(
        scene.arm.held !== undefined,
        scene.capabilities.showsHold,
        "showsHold and held() go together (contract, hold)",
      );
    },
  },
];

const hold: Case[] = [
  {
    group: "hold",
    rule: "C 6.9",
    what: "the process is held by hold(true) and nothing else: not by descriptors, not by the timer",
    needs: "showsHold",
    async run(scene) {
      const watched = scene.attach();
      const held = () => scene.arm.held?.();
      assert.equal(held(), true, "a paused transfer watches nothing and still holds (C 6.9)");
      watched.loop.hold(false);
      const [a] = scene.pair();
      watched.loop.watch(a, CURL_POLL_IN);
      watched.loop.arm(50_000);
      await scene.turn();
      assert.equal(held(), false, "neither a descriptor nor a timer holds (C 6.9, P 40)");
      watched.loop.hold(true);
      assert.equal(held(), true, "held again (C 6.9)");
      await scene.gone(watched.loop.close());
      assert.equal(held(), false, "closed, it holds nothing (contract, close)");
    },
  },
  {
    group: "hold",
    rule: "contract, hold",
    what: "what was said last counts, however often it was said",
    needs: "showsHold",
    run(scene) {
      const { loop } = scene.attach();
      const held = () => scene.arm.held?.();
      loop.hold(true);
      loop.hold(true);
      loop.hold(false);
      assert.equal(held(), false, "hold is a state, not a count (contract, hold)");
      loop.hold(false);
      loop.hold(true);
      assert.equal(held(), true, "hold is a state, not a count (contract, hold)");
    },
  },
];

const close: Case[] = [
  {
    group: "close",
    rule: "contract, close",
    what: "is idempotent, and each call resolves",
    async run(scene) {
      const { loop } = scene.attach();
      const closed: Promise<void>[] = [];
      const closeAgain = () => void closed.push(loop.close());
      for (let i = 0; i < 3; i++) assert.doesNotThrow(closeAgain, "close is idempotent (contract, close)");
      for (const each of closed) await scene.gone(each);
    },
  },
  {
    group: "close",
    rule: "contract, close",
    what: "with descriptors ready and a timer due: nothing is reported any more",
    async run(scene) {
      const watched = scene.attach();
      const [a] = scene.readable();
      watched.loop.watch(a, CURL_POLL_IN);
      watched.loop.arm(0);
      const closed = watched.loop.close();
      await scene.settle();
      await scene.gone(closed);
      assert.deepEqual(watched.broken, [], `${watched.broken[0]}`);
    },
  },
  ...(["ready", "expired", "batchEnd"] as const).map(
    (phase): Case => ({
      group: "close",
      rule: "contract, close",
      what: `inside ${phase} is the end of it`,
      async run(scene) {
        if (phase === "batchEnd" && !scene.arm.adapter.batches) return;
        const watched = scene.attach();
        let closed: Promise<void> | undefined;
        const fds = Array.from({ length: 4 }, () => scene.readable()[0]);
        watched.on[phase] = () => {
          closed ??= watched.loop.close();
        };
        for (const fd of fds) watched.loop.watch(fd, CURL_POLL_IN);
        if (phase === "expired") watched.loop.arm(0);
        await scene.until(() => closed !== undefined, `${phase} was not called (contract, close)`);
        await scene.settle();
        if (closed) await scene.gone(closed);
        assert.deepEqual(watched.broken, [], `${watched.broken[0]}`);
      },
    }),
  ),
];

export const ends: readonly Case[] = [...reentrancy, ...errors, ...hold, ...close];

function refusal(errno: string): (error: unknown) => boolean {
  return (error) => error instanceof LoopError && error.code === "LOOP_REFUSED" && error.errno === errno;
}
