import assert from "node:assert";
import {
  CURL_CSELECT_ERR,
  CURL_CSELECT_IN,
  CURL_CSELECT_OUT,
  CURL_POLL_IN,
  CURL_POLL_INOUT,
  CURL_POLL_OUT,
} from "@curlew/core";
import type { Case } from "../types.js";

const group = "readiness";
const DIRECTIONS = CURL_CSELECT_IN | CURL_CSELECT_OUT;

export const readiness: readonly Case[] = [
  {
    group,
    rule: "C 5.8, P 14",
    what: "what is left unread is reported again and again, and no more once it is read",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      await scene.turn();
      scene.write(b);
      await scene.until(
        () => of(a).length >= 5,
        "a readable descriptor must be reported until it is read (C 5.8, P 14)",
      );
      scene.drain(a);
      await scene.settle();
      const before = of(a).length;
      await scene.settle();
      assert.equal(of(a).length, before, "what was read is reported no more (C 5.8, P 14)");
    },
  },
  {
    group,
    rule: "C 5.8, C30",
    what: "a descriptor of which only a part was read goes on being reported",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      await scene.turn();
      scene.write(b, 100);
      await scene.until(() => of(a).length >= 1, "a readable descriptor must be reported (contract, watch)");
      for (let i = 1; i <= 4; i++) {
        scene.arm.descriptors.read(a, 1);
        const seen = of(a).length;
        await scene.until(() => of(a).length > seen, "after a part was read the rest must be reported (C 5.8, C30)");
      }
    },
  },
  {
    group,
    rule: "contract, watch",
    what: "a descriptor that is ready when it is registered is reported like one that becomes ready",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a] = scene.readable();
      loop.watch(a, CURL_POLL_IN);
      await scene.until(
        () => of(a).length > 0,
        "what is ready when it is registered must be reported (contract, watch)",
      );
      assert.deepEqual(of(a)[0], CURL_CSELECT_IN, "it is readable, and nothing else was asked for (contract, watch)");
    },
  },
  {
    group,
    rule: "P 13",
    what: "only what is so is reported: INOUT on a socket that can only be written",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.pair();
      loop.watch(a, CURL_POLL_INOUT);
      await scene.until(() => of(a).length > 2, "a writable descriptor must be reported (C 5.8)");
      for (const bits of of(a)) assert.equal(bits, CURL_CSELECT_OUT, "nothing was there to read (P 13)");
      scene.write(b);
      await scene.until(() => of(a).at(-1) === DIRECTIONS, "both directions are ready now (P 13)");
    },
  },
  {
    group,
    rule: "C 2.2, P 12",
    what: "an interest replaces the one before, it does not add to it",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a] = scene.readable();
      for (const interest of [CURL_POLL_IN, CURL_POLL_OUT, CURL_POLL_INOUT, CURL_POLL_OUT, CURL_POLL_IN] as const) {
        assert.doesNotThrow(
          () => loop.watch(a, interest),
          "a watched descriptor can be watched otherwise (C 2.2, P 4)",
        );
        const before = of(a).length;
        await scene.until(() => of(a).length > before + 1, `${interest} is ready and must be reported (C 2.2, P 12)`);
        for (const bits of of(a).slice(before))
          assert.equal(bits, interest, `only ${interest} was asked for (C 2.2, P 12)`);
      }
    },
  },
  {
    group,
    rule: "C 2.4, P 4",
    what: "asking for the same again is harmless: one registration, one report a batch",
    async run(scene) {
      const { loop, seen, batches } = scene.attach();
      const [a] = scene.readable();
      for (let i = 0; i < 3; i++) loop.watch(a, CURL_POLL_IN);
      await scene.until(() => seen.length > 3, "a readable descriptor must be reported (C 2.4, P 4)");
      for (const batch of batches)
        assert.ok(batch.length <= 1, "one registration is reported once a batch (C 2.4, P 4)");
    },
  },
  {
    group,
    rule: "C 2.13",
    what: "an eventfd can be watched: a descriptor is whatever can be polled",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const fd = scene.opened(scene.arm.descriptors.eventfd());
      loop.watch(fd, CURL_POLL_IN);
      await scene.settle();
      assert.deepEqual(of(fd), [], "nothing happened to it (C 2.13)");
      scene.arm.descriptors.write(fd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      await scene.until(() => of(fd).length > 0, "an eventfd that was written to must be reported (C 2.13)");
    },
  },
  {
    group,
    rule: "contract, watch",
    what: "writing: not while the buffer is full, and again when there is room",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.pair();
      scene.fill(a);
      loop.watch(a, CURL_POLL_OUT);
      await scene.settle();
      assert.deepEqual(of(a), [], "a full buffer cannot be written to (contract, watch)");
      scene.drain(b);
      await scene.until(() => of(a).includes(CURL_CSELECT_OUT), "there is room again (contract, watch)");
    },
  },
  {
    group,
    rule: "contract, ready",
    what: "a hang-up is reported, whatever was asked for, as long as it is watched",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.pair();
      scene.fill(a);
      loop.watch(a, CURL_POLL_OUT);
      await scene.turn();
      scene.close(b);
      await scene.until(() => of(a).length > 3, "a hang-up must be reported, again and again (contract, ready)");
    },
  },
  {
    group,
    rule: "C 16.1",
    what: "a socket in error is reported with ERR, and goes on being watched",
    async run(scene) {
      const { loop, of } = bound(scene.attach());
      const [a, b] = scene.pair();
      scene.write(a);
      loop.watch(a, CURL_POLL_IN);
      scene.close(b); // with a byte unread: a reset
      await scene.until(() => of(a).length >= 3, "after an error the descriptor must still be watched (C 16.1)");
      assert.ok((of(a)[0] ?? 0) & CURL_CSELECT_ERR, "an error must be reported as ERR (contract, ready)");
    },
  },
  {
    group,
    rule: "C38",
    what: "descriptor 0 is one like others",
    async run(scene) {
      const [a, b] = scene.readable(); // 0, where the process has no standard input
      const { loop, of } = bound(scene.attach());
      loop.watch(a, CURL_POLL_IN);
      await scene.until(() => of(a).length > 0, `descriptor ${a} must be reported (C38)`);
      scene.close(b);
    },
  },
  {
    group,
    rule: "contract, watch",
    what: "hundreds of descriptors are watched, each one reported",
    async run(scene) {
      const { loop, seen } = scene.attach();
      const all = Array.from({ length: 300 }, () => scene.pair()[0]);
      for (const fd of all) loop.watch(fd, CURL_POLL_OUT);
      const reported = () => new Set(seen.map(({ fd }) => fd)).size;
      await scene.until(() => reported() === all.length, "each ready descriptor must be reported (contract, watch)");
    },
  },
];

/** With `of` that can be taken off. */
export function bound<T extends { of(fd: number): number[] }>(watched: T): T {
  return Object.assign(watched, { of: watched.of.bind(watched) });
}
