import assert from "node:assert";
import { CURL_POLL_IN, CURL_POLL_OUT } from "@curlew/core";
import { ScriptedEasy } from "../scripted-engine.js";
import type { Case } from "../types.js";
import { driver } from "./stage.js";

/** What a driver does about descriptors, timers and messages. */
export const drivenEvents: readonly Case[] = [
  driver("C 6.3", "an event reaches the engine with its bits, and its outcome the user", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    const easy = await stage.waiting(a);
    engine.reactions.set(a, () => engine.finish(easy));
    await stage.called(`action ${a} 1`);
    await scene.until(() => stage.outcomes.length === 1, "the outcome must be told (C 6.5)");
    assert.deepEqual(stage.outcomes, ["ok"], "and it is the engine's (C 6.5)");
    assert.equal(engine.added.size, 0, "a transfer that is done is taken out (C 6.5)");
  }),
  driver(
    "C 5.6, P 9",
    "the second event of a batch is dropped when the first one gave its number to another",
    async (stage) => {
      const { scene, engine } = stage;
      const pairs = [scene.readable(), scene.readable()];
      const [a, b] = pairs.map(([fd]) => fd) as [number, number];
      const swap = (mine: number, other: number) => () => {
        engine.remove(mine);
        engine.remove(other);
        scene.close(other);
        scene.opened(scene.arm.descriptors.eventfd()); // the same number, and nothing to read
        engine.tell(other, CURL_POLL_IN);
        engine.reactions.clear();
        engine.calls.length = 0;
      };
      engine.reactions.set(a, swap(a, b));
      engine.reactions.set(b, swap(b, a));
      stage.start();
      for (const fd of [a, b]) engine.tell(fd, CURL_POLL_IN);
      await scene.until(() => engine.reactions.size === 0, "readable descriptors must reach the engine (C 6.3)");
      await scene.settle();
      const stale = engine.calls.filter((call) => call.startsWith("action"));
      assert.deepEqual(stale, [], "an event for what a number named before is dropped (C 5.6, P 9)");
    },
  ),
  driver("C 5.2", "errors reach the engine as 0, never as ERR alone", async (stage) => {
    const { scene, engine } = stage;
    const [a, b] = scene.pair();
    scene.write(a);
    await stage.waiting(a);
    scene.close(b);
    const actions = () => engine.calls.filter((call) => call.startsWith("action"));
    await scene.until(() => actions().length > 1, "an error must wake the engine (C 5.2)");
    for (const call of actions()) assert.ok(!call.endsWith(" 4"), "ERR alone ends the transfer up to 8.9 (C 5.2)");
  }),
  driver("C 4.2, P 16", "a timeout of 0 is served, and not inside the callback", async (stage) => {
    const { engine } = stage;
    stage.start();
    assert.deepEqual(engine.calls, ["add"], "0 is a wish, not a call (C 4.2, P 16)");
    await stage.called("timeout");
  }),
  driver("C 6.3", "a timer that is told during the timeout call stands", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.pair();
    await stage.waiting(a);
    engine.calls.length = 0;
    let rounds = 0;
    engine.reactions.set(-1, () => void (++rounds < 5 && engine.tellTimer(3)));
    engine.tellTimer(0);
    stage.driver.command(new ScriptedEasy(), () => {});
    await scene.until(() => rounds >= 5, "forget the own timer first: what is told meanwhile stands (C 6.3)");
  }),
  driver("C 4.2, P 15", "a timer of -1 is taken back", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.pair();
    const easy = await stage.waiting(a);
    stage.driver.command(easy, () => {
      engine.tellTimer(4);
      engine.tellTimer(-1);
    });
    engine.calls.length = 0;
    await scene.pass(12);
    assert.ok(!engine.calls.includes("timeout"), "-1 deletes the timer (C 4.2, P 15)");
  }),
  driver("P 19, C 4.7", "no timeout call comes before its time, whatever wakes the loop meanwhile", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    await stage.waiting(a);
    const clock = scene.attach().loop;
    let tookMs = Number.NaN;
    const from = clock.now();
    engine.reactions.set(-1, () => {
      tookMs = clock.now() - from;
      engine.reactions.clear();
    });
    stage.driver.command(new ScriptedEasy(), () => engine.tellTimer(8));
    await scene.until(() => !Number.isNaN(tookMs), "the timer must be served (C 6.3)");
    assert.ok(
      tookMs + scene.granularityMs >= 8,
      `told 8 ms, called after ${tookMs}: some versions lose their timer by that (P 19, C 4.7)`,
    );
  }),
  driver("C 4.1, P 17", "each timer replaces the one before", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.pair();
    const easy = await stage.waiting(a);
    const started = scene.attach().loop;
    let took = 0;
    const from = started.now();
    engine.reactions.set(-1, () => {
      took = started.now() - from;
    });
    stage.driver.command(easy, () => {
      engine.tellTimer(2);
      engine.tellTimer(500);
      engine.tellTimer(12);
    });
    engine.calls.length = 0;
    await stage.called("timeout");
    assert.ok(took >= 12 && took < 500, `told 2, 500 and 12 ms; called after ${took} (C 4.1, P 17)`);
    await scene.settle();
    assert.equal(engine.calls.filter((call) => call === "timeout").length, 1, "once (C 4.1, P 17)");
  }),
  driver(
    "contract, tick 5",
    "what is much is told before the next report, and then a 0 timer served",
    async (stage) => {
      const { scene, engine } = stage;
      const order: string[] = [];
      for (const [fd] of [scene.readable(), scene.readable()]) {
        const easy = await stage.waiting(fd, { chunk: () => void (order.push("chunk") && engine.tellTimer(0)) });
        engine.reactions.set(fd, () => {
          engine.reactions.delete(fd);
          scene.drain(fd);
          order.push("action");
          engine.gather(easy, new Uint8Array(65_536));
        });
      }
      engine.reactions.set(-1, () => void order.push("timer"));
      await scene.until(() => order.filter((one) => one === "chunk").length === 2, "both are told (contract, tick 5)");
      await scene.settle();
      const all = ["action", "chunk", "timer", "action", "chunk", "timer"];
      assert.deepEqual(order, all, "each before the next report (contract, tick 5)");
    },
  ),
  driver(
    "C 4.9, contract, tick 5",
    "zeros without end after a report that has brought much leave the loop its turns",
    async (stage) => {
      const { scene, engine } = stage;
      const [a] = scene.readable();
      const easy = await stage.waiting(a);
      let rounds = 0;
      engine.reactions.set(-1, () => {
        stage.userCalled();
        if (++rounds < 200) engine.tellTimer(0);
      });
      engine.reactions.set(a, () => {
        engine.reactions.delete(a);
        scene.drain(a);
        engine.gather(easy, new Uint8Array(65_536));
        engine.tellTimer(0);
      });
      await scene.until(() => rounds >= 200, "each 0 must be served (C 4.9)");
      const most = stage.mostCallsPerTick;
      assert.ok(most <= 5, `${most} timeout calls in one wakeup (C 4.9, contract, tick 5)`);
    },
  ),
  driver("C 4.9", "zeros without end leave the loop its turns", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.pair();
    await stage.waiting(a);
    let rounds = 0;
    engine.reactions.set(-1, () => void (++rounds < 200 && engine.tellTimer(0)));
    const other = scene.attach();
    other.on.expired = () => void (rounds < 200 && other.loop.arm(0));
    other.loop.arm(0);
    stage.driver.command(new ScriptedEasy(), () => engine.tellTimer(0));
    await scene.until(() => rounds >= 200, "each 0 must be served (C 4.9)");
    assert.ok(other.expirations >= 40, `others had ${other.expirations} turns in 200 rounds (C 4.9)`);
  }),
  driver("C 6.4, C 16.1", "messages are read after a timeout that ended the last transfer", async (stage) => {
    const { scene, engine } = stage;
    // A descriptor that is wanted: without one a driver may read messages because nothing is left to wait for (P 20).
    const [quiet] = scene.pair();
    const easy = await stage.waiting(quiet);
    engine.reactions.set(-1, () => {
      engine.finish(easy, 28);
      engine.running = 0;
    });
    stage.driver.command(easy, () => engine.tellTimer(5));
    await scene.until(() => stage.outcomes.length === 1, "the message of a timeout must be read (C 6.4, C 16.1)");
    assert.deepEqual(stage.outcomes, ["TRANSFER_FAILED"], "with its code (C 6.4)");
  }),
  driver("C 9.1, P 30", "300 transfers that end in one action have 300 outcomes", async (stage) => {
    const { scene, engine } = stage;
    const [quiet] = scene.pair();
    const all = Array.from({ length: 300 }, () => stage.start());
    engine.tell(quiet, CURL_POLL_IN, all[0]); // wanted: or messages may be read because nothing is left to wait for (P 20)
    engine.reactions.set(-1, () => {
      engine.reactions.clear();
      for (const easy of all) engine.finish(easy);
    });
    await scene.until(() => stage.outcomes.length >= 300, "each message must be read (C 9.1, P 30)");
    await scene.settle();
    assert.equal(stage.outcomes.length, 300, "and told once (C 9.1, P 30)");
  }),
  driver("C 4.14, P 8", "descriptors and timer are served when no transfer is left", async (stage) => {
    const { scene, engine } = stage;
    const [a, b] = scene.pair();
    const easy = await stage.waiting(a);
    engine.reactions.set(a, () => {
      engine.reactions.delete(a);
      scene.drain(a);
      engine.finish(easy);
      engine.running = 0;
      engine.tellTimer(5);
    });
    scene.write(b);
    await scene.until(() => stage.outcomes.length === 1, "the outcome must be told (C 6.5)");
    const served = () => engine.calls.filter((call) => call === "timeout").length;
    await scene.until(() => served() > 1, "the timer that was told last is served (C 4.14, P 8)"); // the first started it
    engine.calls.length = 0;
    scene.write(b);
    await stage.called(`action ${a} 1`);
  }),
  driver(
    "C 12.1, P 28",
    "a descriptor that is ready for ever is left alone, with one warning; others are served",
    async (stage) => {
      const { scene, engine } = stage;
      const [a] = scene.readable();
      const [b, peer] = scene.pair();
      await stage.waiting(a);
      engine.tell(b, CURL_POLL_IN);
      const wakeups = () => engine.calls.filter((call) => call === `action ${a} 1`).length;
      await scene.until(() => stage.warnings.length > 0, "a descriptor that spins must be noticed (C 12.1, P 28)");
      assert.ok(wakeups() >= 1000, `it was left alone after ${wakeups()} wakeups: that is no spin yet (C 12.1, P 28)`);
      engine.calls.length = 0;
      await scene.pass(100);
      const spins = engine.calls.filter((call) => call.startsWith(`action ${a}`)).length;
      assert.ok(spins < 50, `${spins} wakeups in 100 ms (C 12.1, P 28)`);
      scene.write(peer);
      await stage.called(`action ${b} 1`);
      assert.equal(stage.warnings.length, 1, "one warning (C 12.1, P 28)");
    },
  ),
  driver("P 20", "an engine that waits for nothing is no hang: the transfer fails with STALLED", async (stage) => {
    const { scene } = stage;
    stage.start();
    await scene.until(() => stage.outcomes.length === 1, "a lost timer must become an error (P 20)");
    assert.deepEqual(stage.outcomes, ["STALLED"], "as an error of its own (P 20)");
  }),
  driver("P 20, C 8.2", "before that everything is looked at once, which may be enough", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    engine.onAll = () => void engine.tell(a, CURL_POLL_IN);
    stage.start();
    await stage.called(`action ${a} 1`);
    assert.deepEqual(stage.outcomes, [], "nothing failed (P 20)");
    await scene.turn();
  }),
  driver("C 2.10, P 34", "a handle that nobody knows may be named", async (stage) => {
    const { scene, engine } = stage;
    const [a] = scene.readable();
    stage.start();
    for (const easy of [undefined, new ScriptedEasy()])
      assert.equal(engine.tell(a, CURL_POLL_IN, easy) ?? 0, 0, "the callback answers 0 (C 2.9, C 2.10, P 34)");
    await stage.called(`action ${a} 1`);
    assert.deepEqual(stage.uncaught, [], "and throws nothing (C 2.10, P 34)");
  }),
  driver("C 2.12, C 2.8", "REMOVE is obeyed at once where the close is not announced", async (stage) => {
    const { scene, engine } = stage;
    const [a, b] = scene.pair();
    const event = scene.opened(scene.arm.descriptors.eventfd());
    const easy = await stage.waiting(a);
    engine.reactions.set(-1, () => {
      engine.reactions.clear();
      engine.remove(a);
      scene.close(a);
      scene.renumber(event, a);
      engine.tell(a, CURL_POLL_IN);
    });
    stage.driver.command(easy, () => engine.tellTimer(0));
    await scene.until(() => engine.reactions.size === 0, "a timeout of 0 must be served (C 4.2)");
    scene.arm.descriptors.write(a, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    engine.calls.length = 0;
    await stage.called(`action ${a} 1`);
    scene.close(b);
  }),
  driver("C 2.8", "a registration is let go when the close of its socket is announced", async (stage) => {
    const { scene, engine } = stage;
    const [a, b] = scene.pair();
    engine.announced.add(a);
    const easy = await stage.waiting(a);
    stage.driver.command(easy, () => {
      engine.remove(a);
      engine.life?.closing(a);
      scene.close(a);
      scene.opened(scene.arm.descriptors.eventfd());
      engine.tell(a, CURL_POLL_IN);
    });
    await scene.turn();
    scene.arm.descriptors.write(a, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    engine.calls.length = 0;
    await stage.called(`action ${a} 1`);
    scene.close(b);
  }),
  driver("C 2.7", "an unwatch that may wait is made when no transfers are left", async (stage) => {
    const { scene, engine } = stage;
    const [a, b] = scene.pair();
    engine.announced.add(a);
    const easy = await stage.waiting(a);
    stage.driver.command(easy, () => engine.remove(a));
    stage.driver.remove(easy);
    const left = () => stage.asked.includes(`unwatch ${a}`);
    await scene.until(left, "a tick is asked for then, as none comes by itself: an unwatch waits 20 ms (C 2.7)");
    scene.close(a, b);
  }),
  driver(
    "C 2.7",
    "a descriptor whose unwatch waits is left when it is reported, and is not acted on",
    async (stage) => {
      const { scene, engine } = stage;
      const [a, b] = scene.pair();
      const [other] = scene.pair();
      engine.announced.add(a);
      const easy = await stage.waiting(a);
      engine.tell(other, CURL_POLL_IN, easy);
      stage.driver.command(easy, () => engine.remove(a));
      engine.calls.length = 0;
      scene.arm.descriptors.write(b, new Uint8Array([1]));
      const left = () => stage.asked.includes(`unwatch ${a}`);
      await scene.until(left, "what nobody wants is not watched for ever (C 2.7)");
      const times = stage.reported.filter((fd) => fd === a).length;
      assert.ok(times <= 2, `what nobody wants is not reported again and again: ${times} times (C 2.7)`);
      assert.ok(!engine.calls.includes(`action ${a} 1`), "libcurl said REMOVE: it is not to hear of it (C 2.7)");
      scene.close(a, b);
    },
  ),
  driver("C 2.2", "a change of interest reaches the loop", async (stage) => {
    const { engine, scene } = stage;
    const [a] = scene.pair();
    const easy = await stage.waiting(a);
    stage.driver.command(easy, () => engine.tell(a, CURL_POLL_OUT, easy));
    await stage.called(`action ${a} 2`);
  }),
  driver(
    "C 2.8",
    "a number that is opened anew is watched anew, though nothing was said of its close",
    async (stage) => {
      const { engine, scene } = stage;
      const [a, b] = scene.pair();
      const easy = await stage.waiting(a);
      stage.driver.command(easy, () => {
        scene.close(a);
        const fd = scene.opened(scene.arm.descriptors.eventfd());
        engine.life?.opened(fd);
        engine.tell(fd, CURL_POLL_IN, easy);
      });
      scene.arm.descriptors.write(a, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      engine.calls.length = 0;
      await stage.called(`action ${a} 1`);
      scene.close(b);
    },
  ),
  driver(
    "P 20",
    "when the transfer that woke the loop is removed, those that are left are looked at",
    async (stage) => {
      const { engine, scene } = stage;
      const [a] = scene.pair();
      stage.start();
      const easy = await stage.waiting(a);
      engine.onRemove = () => engine.remove(a);
      engine.tellTimer(150_000);
      await scene.turn();
      engine.calls.length = 0;
      const clock = scene.attach().loop;
      const before = clock.now();
      stage.driver.remove(easy);
      await stage.called("all");
      const tookMs = clock.now() - before;
      assert.ok(tookMs < 1000, `they were looked at after ${tookMs} ms: their connect timeout (P 20)`);
    },
  ),
];
