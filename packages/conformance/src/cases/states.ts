import assert from "node:assert";
import { CURL_POLL_IN, CURL_POLL_OUT } from "@curlew/core";
import type { Scene, Watched } from "../scene.js";
import type { Case } from "../types.js";
import { bound } from "./readiness.js";

const group = "states";

/** An attachment that is over, with the descriptor it watched: something is there to read, and its timer is due. */
interface Ended {
  readonly watched: Watched;
  readonly fd: number;
  /** What its clock said before. */
  readonly atMs: number;
}

async function busy(scene: Scene): Promise<Ended> {
  const watched = scene.attach();
  const [fd] = scene.readable();
  watched.loop.watch(fd, CURL_POLL_IN);
  await scene.turn();
  watched.loop.arm(0);
  return { watched, fd, atMs: watched.loop.now() };
}

/** The second half of an attachment's life: closing while `close` has not resolved, closed when it has. */
const ended: Record<string, (scene: Scene) => Promise<Ended>> = {
  closing: async (scene) => {
    const made = await busy(scene);
    void made.watched.loop.close();
    return made;
  },
  closed: async (scene) => {
    const made = await busy(scene);
    await scene.gone(made.watched.loop.close());
    return made;
  },
};

/** What must hold in both of them. */
const afterwards: readonly {
  readonly rule: string;
  readonly what: string;
  readonly needs?: "showsHold";
  run(scene: Scene, made: Ended): Promise<void>;
}[] = [
  {
    rule: "contract, close",
    what: "now, unwatch and close are harmless; the clock does not go back",
    async run(scene, { watched: { loop }, fd, atMs }) {
      const strangers = [fd, fd, 777, -1, scene.pair()[0]];
      for (const each of strangers)
        assert.doesNotThrow(() => loop.unwatch(each), `unwatch(${each}) after close (contract, close)`);
      await scene.turn();
      assert.ok(loop.now() >= atMs, `now was ${atMs}, and is ${loop.now()} (contract, now)`);
      await scene.gone(loop.close());
    },
  },
  {
    rule: "contract, close",
    what: "nothing is reported, and no timer is served",
    async run(scene, { watched }) {
      const told = watched.seen.length + watched.expirations;
      await scene.settle();
      assert.equal(watched.seen.length + watched.expirations, told, "the sink is not called (contract, close)");
    },
  },
  {
    rule: "contract, close",
    what: "what was watched is still its owner's: open, and to be watched by another attachment",
    async run(scene, { watched, fd }) {
      const other = bound(scene.attach());
      const watch = () => other.loop.watch(fd, CURL_POLL_IN);
      assert.doesNotThrow(watch, "close gives back what is the loop's, not what is watched (contract, close)");
      watched.loop.unwatch(fd); // which is nothing of the other's
      await scene.until(() => other.of(fd).length > 2, "and the descriptor is watched (contract, close)");
    },
  },
  {
    rule: "C 6.9, contract, close",
    what: "the process is not held",
    needs: "showsHold",
    async run(scene, { watched }) {
      await scene.gone(watched.loop.close());
      assert.equal(scene.arm.held?.(), false, "a closed attachment holds nothing (C 6.9, contract, close)");
    },
  },
];

const inEndedStates = Object.entries(ended).flatMap(([state, make]) =>
  afterwards.map(
    ({ run, what, ...each }): Case => ({
      ...each,
      group,
      what: `${state}: ${what}`,
      run: async (scene) => run(scene, await make(scene)),
    }),
  ),
);

/** The first half: nothing was asked yet, or a lot. Most cases of the other groups begin idle. */
export const states: readonly Case[] = [
  {
    group,
    rule: "contract, attach",
    what: "idle: there is nothing to take back, and taking it back is harmless",
    async run(scene) {
      const { loop, seen, failures } = scene.attach();
      for (const hook of [
        () => loop.disarm(),
        () => loop.unwatch(0),
        () => loop.hold(false),
        () => loop.hold(false),
        () => void loop.now(),
      ])
        assert.doesNotThrow(hook, `${hook} on an attachment that was just made (contract, attach)`);
      await scene.settle();
      assert.deepEqual([seen, failures], [[], []], "and nothing follows (contract, attach)");
    },
  },
  {
    group,
    rule: "contract, attach",
    what: "attached: descriptors, timer and hold are independent of each other",
    async run(scene) {
      const watched = bound(scene.attach());
      const { loop, of } = watched;
      const [a] = scene.readable();
      const [b] = scene.pair();
      loop.watch(a, CURL_POLL_IN);
      loop.arm(10);
      loop.watch(b, CURL_POLL_OUT);
      loop.unwatch(b);
      loop.hold(false);
      await scene.until(
        () => of(a).length > 1,
        "watching another one, and not any more, is nothing of this one's (contract, attach)",
      );
      loop.hold(true);
      await scene.until(() => watched.expirations === 1, "nor of the timer's (contract, attach)");
      loop.arm(1000);
      loop.disarm();
      const before = of(a).length;
      await scene.until(
        () => of(a).length > before,
        "nor is the timer anything of the descriptors' (contract, attach)",
      );
    },
  },
  ...inEndedStates,
];
