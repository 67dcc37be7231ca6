import assert from "node:assert";
import { CURL_CSELECT_OUT, CURL_POLL_IN, CURL_POLL_OUT } from "@curlew/core";
import type { Case } from "../types.js";
import { bound } from "./readiness.js";

const group = "descriptors";

export const lifecycle: readonly Case[] = [
  {
    group,
    rule: "contract, unwatch",
    what: "what was unwatched is not reported any more",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a] = scene.readable();
      for (const fd of [a, scene.pair()[0]]) loop.watch(fd, CURL_POLL_IN); // the other one is quiet
      await scene.until(() => of(a).length > 0, "a readable descriptor must be reported (contract, watch)");
      loop.unwatch(a);
      const before = of(a).length;
      await scene.settle();
      assert.equal(of(a).length, before, "an unwatched descriptor must not be reported (contract, unwatch)");
    },
  },
  {
    group,
    rule: "C 2.12, P 1",
    what: "a number that is closed and opened again between unwatch and watch is a new registration",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.readable();
      const [another] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      await scene.turn();
      const before = of(a).length;
      loop.unwatch(a);
      scene.close(a);
      scene.renumber(another, a);
      loop.watch(a, CURL_POLL_OUT);
      await scene.until(() => of(a).length > before, "the new socket of that number is watched (C 2.12, P 1)");
      for (const bits of of(a).slice(before))
        assert.equal(bits, CURL_CSELECT_OUT, "only the new socket's (C 2.12, P 1)");
      scene.close(b);
    },
  },
  {
    group,
    rule: "C 2.12, P 1",
    what: "the same with the same interest: the new socket is watched, not the old one's memory",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a] = scene.pair();
      const [another, peer] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      await scene.turn();
      loop.unwatch(a);
      scene.close(a);
      scene.renumber(another, a);
      loop.watch(a, CURL_POLL_IN);
      scene.write(peer);
      await scene.until(() => of(a).length > 0, "the new socket of that number is watched (C 2.12, P 1)");
    },
  },
  {
    group,
    rule: "C 2.8, P 2",
    what: "closed before unwatch: no error, and the number can be watched anew",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      await scene.turn();
      scene.close(a);
      assert.doesNotThrow(() => loop.unwatch(a), "unwatch of a closed descriptor must not throw (C 2.8, P 2)");
      const [again] = scene.pair();
      assert.doesNotThrow(() => loop.watch(again, CURL_POLL_OUT), "the number is free to be watched (C 2.8, P 2)");
      await scene.until(() => of(a).includes(CURL_CSELECT_OUT), "and it is watched (C 2.8, P 2)");
    },
  },
  {
    group,
    rule: "P 3",
    what: "watched, unwatched and perhaps closed within one turn leaves nothing",
    async run(scene) {
      const { loop, seen, failures } = scene.attach();
      const [a, b] = scene.readable();
      const [open] = scene.readable();
      for (const fd of [a, open]) loop.watch(fd, CURL_POLL_IN);
      for (const fd of [a, open]) loop.unwatch(fd);
      scene.close(a, b);
      await scene.settle();
      assert.deepEqual([seen, failures], [[], []], "nothing is left to be reported (P 3)");
    },
  },
  {
    group,
    rule: "P 5, P A1",
    what: "closed and opened again without a word: a change of interest is for the new one",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      await scene.turn();
      scene.close(a);
      const [again] = scene.pair();
      assert.doesNotThrow(() => loop.watch(again, CURL_POLL_OUT), "the kernel forgot it: it must be added (P 5, P A1)");
      await scene.until(() => of(a).includes(CURL_CSELECT_OUT), "the new socket is watched (P 5, P A1)");
    },
  },
  {
    group,
    rule: "C 2.7, P 7",
    what: "unwatch of what was never watched, twice, or nonsensical, is harmless",
    run(scene) {
      const { loop } = scene.attach();
      const [a] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      for (const fd of [a, a, 777, 1_000_000, -1])
        assert.doesNotThrow(() => loop.unwatch(fd), `unwatch(${fd}) must not throw (C 2.7, P 7)`);
    },
  },
  {
    group,
    rule: "C 2.7, P 8",
    what: "unwatch is not close: the same open descriptor can be watched again",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.pair();
      for (let i = 0; i < 3; i++) {
        loop.watch(a, CURL_POLL_IN);
        scene.write(b);
        const before = of(a).length;
        await scene.until(() => of(a).length > before, "a descriptor that is watched again is reported (C 2.7, P 8)");
        scene.drain(a);
        loop.unwatch(a);
      }
    },
  },
  {
    group,
    rule: "P 10, P A10",
    what: "a duplicate of a closed descriptor causes no reports, and no spinning",
    async run(scene) {
      const { loop, of, seen } = bound(scene.attach());
      const [a, b] = scene.readable();
      const [other, otherPeer] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      loop.watch(other, CURL_POLL_IN);
      await scene.turn();
      scene.opened(scene.arm.descriptors.dup(a));
      scene.close(a);
      loop.unwatch(a); // by its number the kernel does not know it any more
      await scene.settle();
      const before = seen.length;
      scene.write(b);
      await scene.settle();
      assert.equal(seen.length, before, "what was unwatched is not reported, also through a duplicate (P 10, P A10)");
      scene.write(otherPeer);
      await scene.until(() => of(other).length > 0, "other descriptors are still watched (P 10, P A10)");
    },
  },
  {
    group,
    rule: "P 11, P A11",
    what: "what is not wanted now wakes nobody, whatever its peer does",
    async run(scene) {
      const { loop, seen } = scene.attach();
      const [a, b] = scene.pair();
      for (const fd of [a, scene.pair()[0]]) loop.watch(fd, CURL_POLL_IN); // the other one is quiet
      await scene.turn();
      loop.unwatch(a);
      scene.close(b);
      await scene.settle();
      assert.deepEqual(seen, [], "a hang-up on a descriptor nobody wants must not be reported (P 11, P A11)");
    },
  },
  {
    group,
    rule: "contract, unwatch",
    what: "the number's next owner is left alone",
    async run(scene) {
      const { loop, seen } = scene.attach();
      loop.watch(scene.pair()[0], CURL_POLL_IN); // quiet
      const [a, b] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      await scene.turn();
      loop.unwatch(a);
      scene.close(a, b);
      const [again, peer] = scene.pair();
      scene.write(peer);
      scene.write(again);
      await scene.settle();
      assert.deepEqual(seen, [], "a file that got the number later must not be watched (contract, unwatch)");
    },
  },
];
