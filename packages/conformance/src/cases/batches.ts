import assert from "node:assert";
import { CURL_POLL_IN, CURL_POLL_OUT } from "@curlew/core";
import type { Case } from "../types.js";
import { bound } from "./readiness.js";

/** Long enough for hundreds of waits. */
const BUSY_MS = 50;

export const batches: readonly Case[] = [
  {
    group: "batches",
    rule: "contract, batches",
    what: "are ended if the adapter says so, and only then",
    async run(scene) {
      const watched = scene.attach();
      const [a] = scene.readable();
      watched.loop.watch(a, CURL_POLL_IN);
      await scene.until(() => watched.seen.length > 2, "a readable descriptor must be reported (contract, watch)");
      await scene.turn();
      if (!scene.arm.adapter.batches) assert.equal(watched.batches.length, 0, "not declared (contract, batches)");
      else assert.ok(!watched.pending, "batchEnd must follow every run of ready (contract, batches)");
    },
  },
  {
    group: "batches",
    rule: "C 5.6, P 9",
    what: "what a report unwatched is not reported in a later batch",
    async run(scene) {
      const watched = scene.attach();
      const fds = [scene.readable()[0], scene.readable()[0]];
      watched.on.ready = (fd) => {
        for (const other of fds) if (other !== fd) watched.loop.unwatch(other);
      };
      for (const fd of fds) watched.loop.watch(fd, CURL_POLL_IN);
      await scene.until(() => watched.seen.length > 0, "readable descriptors must be reported (contract, watch)");
      await scene.settle();
      const survivor = watched.seen.at(-1)?.fd;
      const others = watched.seen.filter(({ fd }) => fd !== survivor).length;
      assert.ok(others <= 1, "an unwatched descriptor may be reported in the same batch, not later (C 5.6, P 9)");
    },
  },
  {
    group: "batches",
    rule: "contract, re-entrancy",
    what: "unwatched at the end of a batch: not in the next one",
    async run(scene) {
      const watched = scene.attach();
      const fds = Array.from({ length: 6 }, () => scene.readable()[0]);
      let gone: number[] = [];
      watched.on.ready = (fd) => {
        if (gone.includes(fd))
          watched.broken.push(`${fd} was unwatched in a batch before (C 5.6, contract, re-entrancy)`);
      };
      const leave = (): void => {
        if (gone.length > 0 || watched.seen.length === 0) return;
        gone = fds.filter((fd) => fd !== watched.seen[0]?.fd);
        for (const fd of gone) watched.loop.unwatch(fd);
      };
      if (scene.arm.adapter.batches) watched.on.batchEnd = leave;
      for (const fd of fds) watched.loop.watch(fd, CURL_POLL_IN);
      await scene.until(() => watched.seen.length > 0, "readable descriptors must be reported (contract, watch)");
      await scene.settle();
    },
  },
  {
    group: "ordering",
    rule: "C 2.12, C 5.6",
    what: "unwatched and watched anew inside a report: later batches are the new registration's",
    async run(scene) {
      const watched = bound(scene.attach());
      const [a] = scene.readable();
      const [b, peer] = scene.readable();
      let swapped = false;
      watched.on.ready = (fd) => {
        if (fd !== a || swapped) return;
        swapped = true;
        watched.loop.unwatch(b);
        scene.close(b);
        scene.pair();
        watched.loop.watch(b, CURL_POLL_OUT);
        watched.loop.unwatch(a);
      };
      watched.loop.watch(a, CURL_POLL_IN);
      watched.loop.watch(b, CURL_POLL_IN);
      await scene.until(() => swapped, "readable descriptors must be reported (contract, watch)");
      await scene.until(() => watched.of(b).at(-1) === 2, "the new socket of the number is watched (C 2.12)");
      await scene.settle();
      const stale = watched.of(b).lastIndexOf(1);
      assert.ok(stale <= watched.of(b).indexOf(2) || stale === -1, "the old socket is not reported again (C 5.6)");
      scene.close(peer);
    },
  },
  {
    group: "batches",
    rule: "P 37",
    what: "while the process is busy nothing piles up: what was read meanwhile is not reported afterwards",
    async run(scene) {
      const watched = scene.attach();
      const [a] = scene.readable();
      watched.on.ready = () => {
        watched.on.ready = () => {};
        scene.jump(BUSY_MS);
        scene.drain(a);
      };
      watched.loop.watch(a, CURL_POLL_IN);
      await scene.until(() => watched.seen.length > 0, "a readable descriptor must be reported (contract, watch)");
      await scene.settle();
      const piled = watched.seen.length - 1;
      assert.ok(piled <= 1, `${piled} reports were waiting: one may be on its way (P 37)`);
    },
  },
  {
    group: "ordering",
    rule: "contract, attach",
    what: "attachments are independent: the same descriptor, watched by one and not by the other",
    async run(scene) {
      const [one, two] = [bound(scene.attach()), bound(scene.attach())];
      const [a] = scene.readable();
      const [b] = scene.readable();
      one.loop.watch(a, CURL_POLL_IN);
      two.loop.watch(b, CURL_POLL_IN);
      await scene.until(() => one.of(a).length > 0 && two.of(b).length > 0, "both are served (contract, attach)");
      assert.deepEqual([one.of(b), two.of(a)], [[], []], "and nothing of the other's (contract, attach)");
      await scene.gone(one.loop.close());
      const before = two.seen.length;
      await scene.until(() => two.seen.length > before, "the other one goes on (contract, attach)");
    },
  },
];

export const fairness: readonly Case[] = [
  {
    group: "fairness",
    rule: "P 29",
    what: "descriptors that are always ready do not starve the others",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const busy = Array.from({ length: 20 }, () => scene.pair()[0]);
      for (const fd of busy) loop.watch(fd, CURL_POLL_OUT);
      const [quiet, peer] = scene.pair();
      loop.watch(quiet, CURL_POLL_IN);
      await scene.turn();
      scene.write(peer);
      await scene.until(() => of(quiet).length > 0, "busy descriptors starve a quiet one (P 29)");
      for (const fd of busy) await scene.until(() => of(fd).length > 2, "a busy descriptor is starved (P 29)");
    },
  },
  {
    group: "fairness",
    rule: "C 4.9, P 29",
    what: "0 timers without end do not starve descriptors",
    async run(scene) {
      const watched = bound(scene.attach());
      const [a] = scene.readable();
      watched.on.expired = () => watched.loop.arm(0);
      watched.loop.arm(0);
      watched.loop.watch(a, CURL_POLL_IN);
      await scene.until(() => watched.of(a).length > 3, "0 timers starve descriptors (C 4.9, P 29)");
      assert.ok(watched.expirations > 0, "and descriptors the timer (C 4.9, P 29)");
      watched.on.expired = () => {};
    },
  },
];
