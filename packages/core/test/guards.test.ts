import { describe, expect, it } from "vitest";
import { CURL_POLL_IN, CURL_POLL_INOUT, CURL_POLL_OUT, CURL_POLL_REMOVE } from "../src/index.js";
import { ScriptedEasy, scene } from "./scripted.js";

describe("the second look (7.88.1 to 8.0.1)", () => {
  function quiet(leavesInputUnread: boolean) {
    const made = scene();
    Object.assign(made.engine.hazards, { leavesInputUnread });
    made.start("a");
    made.engine.tell(7, CURL_POLL_IN); // of one transfer: an idle one for all we know
    made.engine.tell(8, CURL_POLL_IN);
    made.engine.tell(8, CURL_POLL_IN); // of a second one, too
    made.engine.tell(9, CURL_POLL_OUT);
    made.loop.settle();
    const actions = () => made.since().filter((line) => line.startsWith("action"));
    actions();
    return { ...made, actions };
  }

  it("says once, 2 ms after the last call, that what transfers share can be read", () => {
    const { loop, actions } = quiet(true);
    loop.pass(1);
    loop.report([9, 2]);
    actions();
    loop.pass(1);
    expect(actions()).toEqual([]);
    loop.pass(1);
    expect(actions()).toEqual(["action 8 1"]);
    expect(loop.pass(1000)).toBe(false);
  });

  it("sets no timer where transfers share nothing", () => {
    const { engine, loop, start, since } = scene();
    Object.assign(engine.hazards, { leavesInputUnread: true });
    start("a");
    engine.tell(7, CURL_POLL_IN);
    loop.settle();
    since();
    loop.report([7, 1]);
    expect(since()).toEqual(["action 7 1"]);
    expect(loop.armedForMs).toBeUndefined();
  });

  it("says it again after what came of it", () => {
    const { loop, engine, actions } = quiet(true);
    engine.actions.set(8, () => engine.tellTimer(0));
    loop.pass(2);
    expect(actions()).toEqual(["action 8 1", "action TIMEOUT"]);
    engine.actions.clear();
    loop.pass(2);
    expect(actions()).toEqual(["action 8 1"]);
  });

  it("says nothing where nothing is left unread, nor when no transfer is under way", () => {
    const other = quiet(false);
    expect(other.loop.pass(1000)).toBe(false);
    const { driver, engine, loop, actions } = quiet(true);
    for (const easy of [...engine.added]) driver.remove(easy);
    loop.settle();
    actions();
    loop.pass(1000);
    expect(actions()).toEqual([]);
  });
});

describe("the spin guard (C 12.1, P 28)", () => {
  function spinning() {
    const made = scene();
    made.start("a");
    made.engine.tell(8, CURL_POLL_IN);
    made.engine.tell(9, CURL_POLL_IN);
    made.loop.settle();
    made.since();
    return made;
  }

  it("leaves a descriptor alone for 1, 2, 4 ... 50 ms after 1 000 wakeups for nothing, and warns once when that lasts", () => {
    const { loop, engine, warnings, since } = spinning();
    for (let i = 0; i < 999; i++) loop.report([8, 1]);
    expect(warnings).toEqual([]);
    since();
    loop.report([8, 1]);
    expect(since()).toEqual(["action 8 1", "unwatch 8", "arm 1"]);
    expect(warnings).toHaveLength(0); // a busy peer may do that
    for (const pause of [1, 2, 4, 8, 16, 32, 50, 50]) {
      expect(loop.armedForMs).toBe(loop.nowMs + pause);
      loop.pass(pause);
      expect(loop.watched.get(8)).toBe(CURL_POLL_IN);
      loop.report([8, 1]);
    }
    expect(warnings).toHaveLength(1);
    since();
    loop.report([9, 1]);
    expect(since()).toEqual(["action 9 1"]); // others are served meanwhile
    engine.tell(8, CURL_POLL_REMOVE);
    loop.pass(50);
    expect(loop.watched.has(8)).toBe(false); // and it does not come back when libcurl has removed it
  });

  it("goes on hearing the other direction: 7.88.1 wants OUT while HTTP/2's flow control forbids to send", () => {
    const { loop, engine, since } = spinning();
    engine.tell(8, CURL_POLL_INOUT);
    for (let i = 0; i < 1000; i++) loop.report([8, 2]);
    expect(loop.watched.get(8)).toBe(CURL_POLL_IN);
    since();
    loop.report([8, 1]);
    expect(since()[0]).toBe("action 8 1");
    loop.pass(1);
    expect(loop.watched.get(8)).toBe(CURL_POLL_INOUT);
    for (let i = 0; i < 5; i++) loop.report([8, 2]);
    expect(loop.watched.get(8)).toBe(CURL_POLL_IN); // still the same spin
    engine.tell(8, CURL_POLL_OUT);
    expect(loop.watched.get(8)).toBe(CURL_POLL_OUT); // another interest ends it at once
    engine.tell(8, CURL_POLL_REMOVE);
    expect(loop.watched.has(8)).toBe(false);
  });

  it("is quiet while anything comes of the wakeups: a callback, or bytes of an upload from memory", () => {
    const { loop, engine, warnings } = spinning();
    let turn = 0;
    engine.actions.set(8, () => {
      if (++turn % 500 === 0) engine.tellTimer(1000);
    });
    for (let i = 0; i < 3000; i++) loop.report([8, 1]);
    engine.actions.set(8, () => {
      engine.bytes += 16_384;
    });
    for (let i = 0; i < 3000; i++) loop.report([8, 1]);
    engine.actions.set(8, () => {
      if (++turn % 20 === 0) engine.bytes += 16_384; // a record of TLS that comes in pieces
    });
    for (let i = 0; i < 3000; i++) loop.report([8, 1]);
    expect(warnings).toEqual([]);
    expect(loop.watched.get(8)).toBe(CURL_POLL_IN);
  });

  it("is not put off by other transfers that are busy meanwhile", () => {
    const { loop, engine } = spinning();
    engine.actions.set(9, () => {
      engine.bytes += 16_384;
    });
    for (let i = 0; i < 1000; i++) loop.report([8, 1], [9, 1]);
    expect(loop.watched.has(8)).toBe(false);
    expect(loop.watched.has(9)).toBe(true);
  });
});

describe("the stall watchdog (P 20, P B6)", () => {
  it("kicks and asks for the timeout, ten times more a ms apart, then fails the transfers", () => {
    const { loop, start, outcomes, since } = scene();
    start("a");
    since();
    loop.settle(); // served the 0 timer of add; the engine tells nothing
    expect(since()).toEqual(["action TIMEOUT", "socketAll", "arm 1"]);
    for (let vain = 1; vain <= 10; vain++) {
      expect(outcomes).toEqual({});
      since();
      loop.pass(1);
    }
    expect(since()).toEqual(["action TIMEOUT", "socketAll", "remove a", "outcome a"]);
    expect(outcomes.a).toMatchObject({ code: "STALLED" });
  });

  it("is content when the kick helps: 7.88.1 after a second address refused", () => {
    const { loop, engine, start, outcomes, since } = scene();
    const a = start("a");
    engine.onAll = () => engine.tell(8, CURL_POLL_IN, a);
    engine.actions.set(-1, () => engine.tellTimer(150_000)); // its connect timeout, and nothing else
    since();
    loop.settle();
    expect(since()).toEqual(["action TIMEOUT", "socketAll", "watch 8 IN", "arm 150000"]);
    expect(outcomes).toEqual({});
  });

  it("lets a rate limit wait: one kick, then the timer is believed", () => {
    const { loop, engine, start, outcomes, since } = scene();
    start("a");
    engine.actions.set(-1, () => engine.tellTimer(300));
    loop.settle();
    since();
    loop.pass(300);
    expect(since()).toEqual(["action TIMEOUT", "socketAll", "arm 300"]);
    expect(outcomes).toEqual({});
  });

  it("believes the engine when that still has a timeout, ten times for nothing", () => {
    const { loop, engine, start, outcomes } = scene();
    const a = start("a");
    engine.timeoutMs = 40;
    loop.settle();
    expect(outcomes).toEqual({});
    engine.actions.set(-1, () => engine.finish(a));
    loop.pass(40);
    expect(outcomes.a).toBe("ok");
    const b = start("b");
    engine.actions.delete(-1);
    loop.settle();
    for (let vain = 1; vain <= 10; vain++) {
      expect(outcomes).not.toHaveProperty("b");
      loop.pass(40);
      loop.settle();
    }
    expect(outcomes.b).toMatchObject({ code: "STALLED" });
    expect(engine.added.has(b)).toBe(false);
  });

  it("does not mistake a silent server, or a paused transfer, for a stall", () => {
    const { loop, engine, start, outcomes } = scene();
    const a = start("a");
    engine.tell(8, CURL_POLL_IN, a);
    loop.settle();
    expect(outcomes).toEqual({});
    engine.tell(8, CURL_POLL_REMOVE, a);
    a.paused = true;
    loop.report();
    loop.settle();
    expect(outcomes).toEqual({});
  });

  /** One that waits for nothing but its connect timeout, beside one whose descriptor is watched. */
  function besideAnother() {
    const made = scene();
    const { engine, loop, driver, log } = made;
    const b = new ScriptedEasy("b", log);
    made.start("a");
    driver.add(b, { outcome() {} });
    engine.tell(8, CURL_POLL_IN, b);
    engine.tellTimer(150_000);
    loop.report();
    engine.onRemove = () => engine.tell(8, CURL_POLL_REMOVE, b);
    made.since();
    return { ...made, b };
  }

  it("looks again when the transfer that was all that woke the loop is removed between two turns", () => {
    const { driver, loop, b, since } = besideAnother();
    driver.remove(b);
    loop.settle();
    expect(since()).toContain("socketAll");
  });

  it("is not misled by the paused handle of a transfer that is over", () => {
    const { driver, engine, loop, b, since } = besideAnother();
    b.paused = true;
    driver.pause(b);
    engine.actions.set(8, () => engine.finish(b));
    loop.report([8, 1]);
    loop.settle();
    expect(since()).toContain("socketAll");
  });

  it("does not kick where a kick before its time loses the timer: 8.10.0 to 8.11.0 (P B4)", () => {
    const { loop, engine, start, outcomes, since } = scene();
    Object.assign(engine.hazards, { earlyTimeoutLosesTimer: true });
    start("a");
    since();
    loop.settle();
    for (let vain = 1; vain <= 10; vain++) loop.pass(1);
    expect(since()).not.toContain("socketAll");
    expect(outcomes.a).toMatchObject({ code: "STALLED" });
  });
});
