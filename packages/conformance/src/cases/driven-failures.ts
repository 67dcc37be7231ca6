import assert from "node:assert";
import { CURL_POLL_IN, CURL_POLL_NONE, CURLM_CALL_MULTI_PERFORM, LoopError, MultiError } from "@curlew/core";
import type { Case } from "../types.js";
import { driver, type Stage } from "./stage.js";

const LONGEST_MS = 2 ** 31 - 1;

const actions = ({ engine }: Stage): string[] => engine.calls.filter((call) => call.startsWith("action"));

/** What a driver does when engine or loop do what is rare, old, or wrong. */
export const drivenFailures: readonly Case[] = [
  driver("contract, tick 1", "a batch is acted on when it is over, not report by report", async (stage) => {
    const { scene, engine } = stage;
    if (!scene.arm.adapter.batches) return;
    const [a] = scene.pair();
    const [b] = scene.pair();
    await stage.waiting(a);
    engine.tell(b, CURL_POLL_IN);
    for (const fd of [a, b]) stage.sink?.ready(fd, 1);
    assert.deepEqual(actions(stage), [], "nothing happens before batchEnd (contract, tick 1)");
    stage.sink?.batchEnd();
    assert.deepEqual(actions(stage), [`action ${a} 1`, `action ${b} 1`], "then all of it (contract, tick 1)");
    stage.sink?.batchEnd();
    assert.equal(actions(stage).length, 2, "once (contract, tick 1)");
  }),
  driver("C 5.10", "a multi that has failed is dead: all transfers fail, and it is only freed", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    await stage.waiting(a);
    stage.start();
    engine.reactions.set(a, () => {
      engine.calls.length = 0;
      throw new MultiError("MULTI_FAILED", 4, "curl_multi_socket_action: internal error");
    });
    await scene.until(() => stage.outcomes.length === 2, "each transfer must be told (C 5.10)");
    assert.deepEqual(stage.outcomes, ["MULTI_DEAD", "MULTI_DEAD"], "as what it is (C 5.10)");
    await scene.until(() => engine.cleaned, "the engine is freed (C 5.10)");
    assert.deepEqual(engine.calls, ["remove", "remove", "cleanup"], "and not called otherwise (C 5.10)");
    assert.throws(() => stage.start(), { code: "MULTI_DEAD" }, "nor is anything added (C 5.10)");
  }),
  driver("contract, failed", "a loop that is broken ends all transfers with LOOP_FAILED", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.pair();
    await stage.waiting(a);
    stage.sink?.failed(new LoopError("LOOP_FAILED", "the loop is broken"));
    await scene.until(() => stage.outcomes.length === 1, "it must be told (contract, failed)");
    assert.deepEqual([stage.outcomes, engine.cleaned], [["LOOP_FAILED"], true], "at once (contract, failed)");
    assert.throws(() => stage.start(), { code: "LOOP_FAILED" }, "nothing is added any more (contract, failed)");
  }),
  driver("contract, watch", "a descriptor that the loop refuses ends the transfers with LOOP_FAILED", async (stage) => {
    const { scene, engine } = stage;
    if (!scene.capabilities.refusesClosed) return;
    const [closed, peer] = scene.pair();
    const easy = await stage.waiting(scene.pair()[0]);
    scene.close(closed, peer);
    stage.driver.command(easy, () => engine.tell(closed, CURL_POLL_IN, easy));
    await scene.until(() => stage.outcomes.length === 1, "a refusal must be told (contract, watch)");
    assert.deepEqual(stage.outcomes, ["LOOP_FAILED"], "and not believed watched (contract, watch)");
  }),
  driver("P 6, P A12", "what cannot be polled is taken for always ready", async (stage) => {
    const file = stage.scene.opened(stage.scene.arm.descriptors.openFile());
    await stage.waiting(file);
    await stage.called(`action ${file} 1`);
    assert.deepEqual(stage.outcomes, [], "nothing failed (P 6, P A12)");
  }),
  driver("C 2.7, P 7", "REMOVE of what was never announced is nothing", async (stage) => {
    const { engine, scene } = stage;
    const [a] = scene.pair();
    const easy = await stage.waiting(a);
    const remove = () => stage.driver.command(easy, () => engine.remove(777));
    assert.doesNotThrow(remove, "a stray REMOVE must not throw (C 2.7, P 7)");
    assert.deepEqual(stage.outcomes, [], "8.13 to 8.15 say it (C 2.7, P 7)");
    assert.ok(!stage.asked.includes("unwatch 777"), "and it is nothing of the loop's (C 2.7, P 7)");
  }),
  driver("C 2.4", "NONE is no interest: not watched, until another one comes", async (stage) => {
    const { engine, scene } = stage;
    const [a] = scene.readable();
    const easy = await stage.waiting(a);
    stage.driver.command(easy, () => engine.tell(a, CURL_POLL_NONE));
    assert.equal(stage.asked.at(-1), `unwatch ${a}`, "an empty mask would still wake it (C 2.4, P A11)");
    stage.driver.command(easy, () => engine.tell(a, CURL_POLL_IN));
    engine.calls.length = 0;
    await stage.called(`action ${a} 1`);
  }),
  driver("C 8.4", "CURLM_CALL_MULTI_PERFORM: called again before the loop waits", async (stage) => {
    const { engine, scene } = stage;
    const [a] = scene.readable();
    const easy = await stage.waiting(a);
    engine.reactions.set(a, () => {
      scene.drain(a);
      engine.running = CURLM_CALL_MULTI_PERFORM;
      engine.calls.length = 0;
    });
    engine.reactions.set(-1, () => {
      engine.running = undefined;
      engine.finish(easy);
    });
    await stage.called("timeout");
    await scene.until(() => stage.outcomes.length === 1, "and it goes on (C 8.4)");
  }),
  driver("C 4.2, C40", "the loop is never armed for longer than a timer can hold", async (stage) => {
    const { engine, scene } = stage;
    const [a] = scene.pair();
    const easy = await stage.waiting(a);
    stage.driver.command(easy, () => engine.tellTimer(2 ** 33));
    await scene.turn();
    for (const ms of stage.armed) assert.ok(ms >= 0 && ms <= LONGEST_MS, `it was armed for ${ms} ms (C 4.2, C40)`);
  }),
  driver("C 12.1", "a descriptor that works hard does not spin", async (stage) => {
    const { engine, scene } = stage;
    const [a, peer] = scene.pair();
    await stage.waiting(a);
    engine.reactions.set(a, () => void engine.tellTimer(60_000)); // a sign of life each time
    scene.write(peer); // not before: a thread reports a thousand times between two turns
    await scene.until(() => actions(stage).length > 1500, "a descriptor that is ready is acted on (C 6.3)");
    assert.ok(!stage.asked.includes(`unwatch ${a}`), "it was left alone, though the engine had called back (C 12.1)");
  }),
  driver("C 2.6, C 6.7", "what the engine tells while it is freed is for nobody", async (stage) => {
    const { engine, scene } = stage;
    const [a] = scene.pair();
    engine.onCleanup = () => {
      engine.tell(a, CURL_POLL_IN); // pooled connections say goodbye
      engine.remove(a);
    };
    await scene.until(() => stage.closed, "close must end (contract, close)");
    assert.deepEqual(stage.asked, [], "the loop is not asked for anything any more (C 2.6, C 6.7)");
  }),
  driver("contract, close", "a driver that was closed takes no transfer", async (stage) => {
    const { scene } = stage;
    await scene.until(() => stage.closed, "close must end (contract, close)");
    assert.throws(() => stage.start(), { code: "CLOSED" }, "it says so (contract, close)");
    assert.deepEqual(stage.outcomes, [], "and nothing else (contract, close)");
  }),
];
