import assert from "node:assert";
import type { Case } from "../types.js";
import { driver } from "./stage.js";

/** What a driver does for its users, and for the process. */
export const drivenUsers: readonly Case[] = [
  driver(
    "C 6.9, P 40",
    "the process is held while a transfer has no outcome, not by what goes on afterwards",
    async (stage) => {
      const { scene, engine } = stage;
      const held = () => scene.arm.held?.() ?? true;
      const [a] = scene.readable();
      const easy = await stage.waiting(a);
      assert.ok(held(), "a transfer holds (C 6.9)");
      engine.reactions.set(a, () => engine.finish(easy));
      await scene.until(() => stage.outcomes.length === 1, "the outcome must be told (C 6.5)");
      await scene.turn();
      if (scene.arm.held) assert.ok(!held(), "a connection that is left does not (C 6.9, P 40)");
    },
  ),
  driver("C 10.2, P 22", "what users ask for inside callbacks happens, in order, after them", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    const easy = await stage.waiting(a);
    const other = stage.start();
    engine.reactions.set(a, () => {
      engine.reactions.clear();
      // As a data callback of libcurl's would: the engine is on the stack.
      stage.driver.remove(other);
      stage.start();
      stage.driver.command(easy, () => engine.calls.push("command"));
      engine.calls.push("unwound");
    });
    await stage.called("command");
    const from = engine.calls.indexOf("unwound");
    assert.deepEqual(
      engine.calls.slice(from, from + 4),
      ["unwound", "remove", "add", "command"],
      "queued (C 10.2, P 22)",
    );
    await scene.turn();
  }),
  driver("P 24", "a throw ends its own transfer, and no other", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    const thrown = new Error("of a user");
    let cause: unknown;
    const easy = await stage.waiting(a, {
      chunk() {
        throw thrown;
      },
      outcome: ({ error }) => {
        cause = error?.cause;
      },
    });
    let chunks = 0;
    const other = stage.start({ chunk: () => void chunks++ });
    engine.reactions.set(a, () => {
      engine.reactions.clear();
      scene.drain(a);
      engine.gather(easy, new Uint8Array(1));
      engine.gather(other, new Uint8Array(1));
    });
    await scene.until(() => stage.outcomes.length === 1 && chunks === 1, "both must be told (P 24)");
    assert.deepEqual(stage.outcomes, ["CALLBACK_FAILED"], "the one who threw (P 24)");
    assert.equal(cause, thrown, "with what was thrown (P 24)");
  }),
  driver(
    "C 11.1, P 25",
    "paused and resumed a hundred times, each byte comes once, in order, and none while paused",
    async (stage) => {
      const { scene, engine } = stage;
      const [a] = scene.readable();
      const got: number[] = [];
      let paused = false;
      const easy = await stage.waiting(a, {
        chunk(bytes) {
          if (paused) got.push(-1);
          got.push(...bytes);
          paused = true;
          stage.driver.pause(easy);
        },
      });
      // All of it is in the engine already: nothing but resume wakes anybody.
      engine.reactions.set(a, () => {
        scene.drain(a);
        for (let i = 0; i < 100; i++) engine.gather(easy, new Uint8Array([i]));
      });
      for (let i = 0; got.length < 100 && i < 2000; i++) {
        await scene.turn();
        paused = false;
        stage.driver.resume(easy);
      }
      assert.deepEqual(
        got,
        Array.from({ length: 100 }, (_, i) => i),
        "each byte once, in order (C 11.1, P 25)",
      );
    },
  ),
  driver("P 26, P 27", "a loop with nothing wanted is quiet", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    const easy = await stage.waiting(a);
    engine.reactions.set(a, () => {
      easy.paused = true;
      engine.remove(a);
    });
    await stage.called(`action ${a} 1`);
    await scene.settle();
    engine.calls.length = 0;
    await scene.pass(100);
    assert.ok(engine.calls.length <= 5, `${engine.calls.length} calls in 100 ms of nothing (P 26, P 27)`);
  }),
  driver(
    "contract, tick 5",
    "users are called within the budget of a tick",
    async (stage) => {
      const { engine, scene } = stage;
      const easy = stage.start({ chunk: () => stage.userCalled() });
      engine.reactions.set(-1, () => {
        engine.reactions.clear();
        for (let i = 0; i < 9; i++) engine.gather(easy, new Uint8Array(1));
        engine.finish(easy);
      });
      await scene.until(() => stage.outcomes.length === 1, "what is left waits for the next tick (contract, tick 5)");
      assert.ok(stage.mostCallsPerTick <= 2, `${stage.mostCallsPerTick} calls in one tick (contract, tick 5)`);
    },
    2,
  ),
  driver(
    "contract, tick 5",
    "what is much is told within the same budget",
    async (stage) => {
      const { engine, scene } = stage;
      const [a] = scene.readable();
      const easy = await stage.waiting(a, { chunk: () => stage.userCalled() });
      engine.reactions.set(a, () => {
        engine.reactions.clear();
        scene.drain(a);
        for (let i = 0; i < 9; i++) engine.gather(easy, new Uint8Array(65_536));
        engine.finish(easy);
      });
      await scene.until(() => stage.outcomes.length === 1, "what is left waits for the next tick (contract, tick 5)");
      assert.ok(stage.mostCallsPerTick <= 2, `${stage.mostCallsPerTick} calls in one tick (contract, tick 5)`);
    },
    2,
  ),
  driver("P 32, contract, close", "close with transfers under way: each has one outcome, CLOSED", async (stage) => {
    const { scene } = stage;
    const [a] = scene.pair();
    for (let i = 0; i < 5; i++) stage.start();
    await stage.waiting(a);
    await scene.until(() => stage.closed, "close must end (contract, close)");
    assert.deepEqual(stage.outcomes, Array(6).fill("CLOSED"), "each of them, once (P 32)");
    assert.ok(stage.engine.cleaned, "and the engine is freed (C 6.7)");
  }),
  driver("contract, tick 5", "removed inside a callback of its own, a transfer is told nothing more", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    let chunks = 0;
    const easy = await stage.waiting(a, {
      chunk() {
        chunks++;
        stage.driver.remove(easy);
      },
    });
    engine.reactions.set(a, () => {
      engine.gather(easy, new Uint8Array(1));
      engine.gather(easy, new Uint8Array(1));
      engine.finish(easy);
    });
    await scene.until(() => chunks > 0, "a chunk must be told (contract, tick 5)");
    await scene.settle();
    assert.deepEqual([chunks, stage.outcomes], [1, []], "nothing after remove (contract, tick 5)");
  }),
];
