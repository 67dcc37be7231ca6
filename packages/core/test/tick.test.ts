import { describe, expect, it } from "vitest";
import { CURL_CSELECT_ERR, CURL_POLL_IN, CURL_POLL_INOUT, CURL_POLL_OUT, CURL_POLL_REMOVE } from "../src/index.js";
import { scene } from "./scripted.js";

describe("one tick", () => {
  it("acts on each report of a batch, reads messages, then runs user code (contract, tick 2 to 5)", () => {
    const { loop, engine, start, since } = scene();
    const a = start("a");
    const b = start("b");
    engine.actions.set(-1, () => {
      engine.tell(8, CURL_POLL_IN, a);
      engine.tell(9, CURL_POLL_IN, b);
    });
    loop.settle();
    since();
    engine.actions.set(8, () => engine.finish(a));
    engine.actions.set(9, () => engine.finish(b));
    loop.report([8, 1], [9, 1]);
    expect(since().slice(0, 6)).toEqual(["action 8 1", "action 9 1", "remove a", "remove b", "outcome a", "outcome b"]);
  });

  it("drops a report whose descriptor was registered again by the report before it (C 5.6, P 9)", () => {
    const { loop, engine, start, since } = scene();
    const a = start("a");
    engine.tell(8, CURL_POLL_IN, a);
    engine.tell(9, CURL_POLL_IN, a);
    engine.actions.set(8, () => {
      engine.tell(9, CURL_POLL_REMOVE, a);
      engine.tell(9, CURL_POLL_OUT, a); // closed and opened again: another socket with the same number
    });
    loop.settle();
    since();
    loop.report([8, 1], [9, 1]);
    expect(since()).toEqual(["action 8 1", "unwatch 9", "watch 9 OUT"]);
    loop.report([9, 2]);
    expect(since()).toEqual(["action 9 2"]);
  });

  it("drops a report whose descriptor was removed by the report before it (C 5.6)", () => {
    const { loop, engine, start, since } = scene();
    const a = start("a");
    engine.tell(8, CURL_POLL_IN, a);
    engine.tell(9, CURL_POLL_IN, a);
    engine.actions.set(8, () => engine.tell(9, CURL_POLL_REMOVE, a));
    loop.settle();
    since();
    loop.report([8, 1], [9, 1]);
    expect(since()).toEqual(["action 8 1", "unwatch 9"]);
  });

  it("never acts with ERR: it kills transfers up to 8.9, and 0 lets libcurl find out (C 5.2)", () => {
    const { loop, engine, start, since } = scene();
    start("a");
    engine.tell(8, CURL_POLL_INOUT);
    loop.settle();
    since();
    loop.report([8, CURL_CSELECT_ERR]);
    loop.report([8, CURL_CSELECT_ERR | 1]);
    expect(since()).toEqual(["action 8 0", "action 8 0"]);
  });

  it("reads all messages, however many one action ends (C 9, P 30)", () => {
    const { loop, engine, driver, start, outcomes } = scene();
    const easies = Array.from({ length: 300 }, (_, i) => start(`t${i}`));
    engine.actions.set(-1, () => {
      for (const easy of easies) engine.finish(easy);
    });
    loop.settle();
    expect(Object.values(outcomes)).toEqual(Array(300).fill("ok"));
    expect(driver.size).toBe(0);
  });

  it("reads messages after a timer that ended the last transfer (C 16.1)", () => {
    const { loop, engine, start, outcomes } = scene();
    const a = start("a");
    engine.onAdd = () => {};
    engine.actions.set(-1, () => {
      engine.finish(a, 28);
      return 0;
    });
    engine.tellTimer(50);
    loop.report();
    loop.settle();
    loop.pass(50);
    expect(outcomes.a).toMatchObject({ code: "TRANSFER_FAILED", curlCode: 28 });
  });

  it("keeps serving descriptors and timer when no transfer is left: connections are being shut down (C 4.14, 6.9)", () => {
    const { loop, engine, start, since } = scene();
    const a = start("a");
    engine.actions.set(-1, () => {
      engine.tell(8, CURL_POLL_IN);
      engine.tellTimer(2000);
      engine.finish(a);
      return 0;
    });
    loop.settle();
    expect(loop.watched.get(8)).toBe(CURL_POLL_IN);
    expect(loop.held).toBe(false);
    since();
    loop.report([8, 1]);
    expect(since()).toEqual(["action 8 1"]);
    engine.actions.set(-1, () => 0);
    loop.pass(2000);
    expect(since()).toContain("action TIMEOUT");
  });

  it("serves 0 timers four times a wakeup, then asks the loop, so that others get their turn (C 4.9)", () => {
    const { loop, engine, start, since } = scene();
    start("a");
    engine.actions.set(-1, () => engine.tellTimer(0));
    since();
    loop.pass(0);
    expect(since()).toEqual([...Array(4).fill("action TIMEOUT"), "arm 0"]);
  });

  it("calls again before it waits when the engine answers CURLM_CALL_MULTI_PERFORM, never perform (C 8.4)", () => {
    const { loop, engine, start, since } = scene();
    start("a");
    let calls = 0;
    engine.actions.set(-1, () => (++calls < 10 ? -1 : 1));
    engine.tell(8, CURL_POLL_IN);
    since();
    loop.settle();
    expect(calls).toBe(10);
    expect(since().filter((line) => line.startsWith("action"))).toEqual(Array(10).fill("action TIMEOUT"));
  });

  it("gives a 0 timer its time when CURLM_CALL_MULTI_PERFORM never ends (P 28)", () => {
    const { loop, engine, start, since } = scene();
    start("a");
    engine.actions.set(-1, () => -1);
    engine.tell(8, CURL_POLL_IN);
    for (let i = 0; i < 1000 && loop.pass(0); i++);
    since();
    expect(loop.armedForMs).toBe(loop.nowMs + 50);
  });

  it("runs at most the budget of user callbacks a tick, the rest in the next (tick 5)", () => {
    const { loop, engine, start, log } = scene({ callbacksPerTick: 10 });
    const easies = Array.from({ length: 25 }, (_, i) => start(`t${i}`));
    engine.actions.set(-1, () => {
      for (const easy of easies) engine.finish(easy);
    });
    const outcomes = () => log.filter((line) => line.startsWith("outcome")).length;
    loop.pass(0);
    expect(outcomes()).toBe(10);
    loop.pass(0);
    expect(outcomes()).toBe(20);
    loop.settle();
    expect(outcomes()).toBe(25);
  });

  it("waits for the end of a batch where the loop tells it, and acts at once where it does not (contract, batches)", () => {
    for (const batches of [true, false]) {
      const { engine, loop, start, since } = scene({ batches });
      start("a");
      engine.tell(8, CURL_POLL_IN);
      loop.settle();
      since();
      loop.sink.ready(8, 1);
      expect(since()).toEqual(batches ? [] : ["action 8 1"]);
    }
  });
});
