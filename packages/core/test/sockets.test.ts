import { describe, expect, it } from "vitest";
import {
  CURL_POLL_IN,
  CURL_POLL_INOUT,
  CURL_POLL_NONE,
  CURL_POLL_OUT,
  CURL_POLL_REMOVE,
  LoopError,
} from "../src/index.js";
import { scene } from "./scripted.js";

function running() {
  const made = scene();
  made.start("a");
  made.engine.tell(1, CURL_POLL_IN);
  made.loop.settle();
  made.since();
  return made;
}

describe("descriptors", () => {
  it("reach the loop inside the callback, with the whole interest (C 2.2, 2.12)", () => {
    const { engine, since } = running();
    engine.tell(8, CURL_POLL_OUT);
    engine.tell(8, CURL_POLL_IN);
    engine.tell(8, CURL_POLL_INOUT);
    engine.tell(8, CURL_POLL_REMOVE);
    expect(since()).toEqual(["watch 8 OUT", "watch 8 IN", "watch 8 INOUT", "unwatch 8"]);
  });

  it("told the same twice are not watched twice (C 2.4)", () => {
    const { engine, since } = running();
    engine.tell(8, CURL_POLL_IN);
    engine.tell(8, CURL_POLL_IN);
    expect(since()).toEqual(["watch 8 IN"]);
  });

  it("removed without having been announced are no error (C 2.7, P 7)", () => {
    const { engine, since } = running();
    engine.tell(77, CURL_POLL_REMOVE);
    engine.tell(77, CURL_POLL_NONE);
    expect(since()).toEqual([]);
  });

  it("told NONE are not watched, and are again with the next action (C 2.4)", () => {
    const { engine, since } = running();
    engine.tell(8, CURL_POLL_IN);
    engine.tell(8, CURL_POLL_NONE);
    engine.tell(8, CURL_POLL_OUT);
    expect(since()).toEqual(["watch 8 IN", "unwatch 8", "watch 8 OUT"]);
  });

  it("are never merged from REMOVE and register into a change: it is another kernel object (C 2.12, P 1)", () => {
    const { engine, since } = running();
    engine.tell(8, CURL_POLL_OUT);
    engine.tell(8, CURL_POLL_REMOVE);
    engine.tell(8, CURL_POLL_OUT);
    expect(since()).toEqual(["watch 8 OUT", "unwatch 8", "watch 8 OUT"]);
  });

  it("may be 0 (C38)", () => {
    const { engine, loop, since } = running();
    engine.tell(0, CURL_POLL_IN);
    loop.report([0, 1]);
    expect(since()).toEqual(["watch 0 IN", "action 0 1"]);
  });

  it("that the loop cannot poll are acted on once a turn (EPERM, P 6, P A12)", () => {
    const { engine, loop, since } = running();
    loop.refusals.set(8, new LoopError("LOOP_REFUSED", "no", { errno: "EPERM" }));
    let left = 2;
    engine.actions.set(8, () => {
      if (--left === 0) engine.tell(8, CURL_POLL_REMOVE);
    });
    engine.tell(8, CURL_POLL_INOUT);
    loop.report();
    expect(since()).toEqual(["watch 8 INOUT", "action 8 3", "arm 0"]);
    loop.settle();
    expect(since()).toEqual(["action 8 3"]);
  });

  it("that the loop refuses otherwise fail all transfers, after the engine has returned (C 2.10)", () => {
    const { engine, loop, outcomes, driver, start } = running();
    const cause = new LoopError("LOOP_REFUSED", "full", { errno: "ENOSPC" });
    loop.refusals.set(8, cause);
    start("b");
    engine.actions.set(-1, () => engine.tell(8, CURL_POLL_IN));
    loop.settle();
    expect(outcomes).toMatchObject({
      a: { code: "LOOP_FAILED", cause },
      b: { code: "LOOP_FAILED", cause },
    });
    expect(driver.open).toBe(true); // the multi is well: the next transfer may go elsewhere
  });
});

describe("an unwatch that may wait", () => {
  /** A keep-alive connection at the end of an exchange. */
  function idleConnection() {
    const made = running();
    const { engine, loop } = made;
    engine.announced.add(8);
    engine.tell(8, CURL_POLL_IN);
    engine.actions.set(8, () => engine.tell(8, CURL_POLL_REMOVE));
    loop.report([8, 1]);
    return made;
  }

  it("is taken back when the same socket is wanted again: no system call at all", () => {
    const { engine, loop, since } = idleConnection();
    engine.actions.set(-1, () => engine.tell(8, CURL_POLL_IN));
    engine.tellTimer(0);
    loop.settle();
    expect(since().filter((line) => line.includes("watch"))).toEqual(["watch 8 IN"]);
  });

  it("is asked a tick for when the last transfer is removed: 20 ms later", () => {
    const { driver, engine, loop, since } = idleConnection();
    for (const easy of engine.added) driver.remove(easy);
    expect(since()).toEqual(["watch 8 IN", "action 8 1", "remove a", "arm 20"]);
    loop.pass(19);
    expect(since()).toEqual([]);
    loop.pass(1);
    expect(since()).toEqual(["unwatch 8"]);
  });

  it("is asked no tick for while there are transfers, and happens in the first that begins 20 ms later", () => {
    const { loop, since } = idleConnection();
    expect(since()).toEqual(["watch 8 IN", "action 8 1"]);
    for (let i = 0; i < 19; i++) {
      loop.pass(1);
      loop.report([1, 1]);
    }
    expect(since()).not.toContain("unwatch 8");
    loop.pass(1);
    loop.report([1, 1]);
    expect(since()).toEqual(["action 1 1", "unwatch 8"]);
  });

  it("is over when the socket is wanted again, also for the time at which it would have been made", () => {
    const { engine, loop, since } = idleConnection();
    engine.announced.add(9);
    engine.tell(9, CURL_POLL_IN);
    engine.tell(9, CURL_POLL_REMOVE);
    loop.pass(5);
    engine.tell(8, CURL_POLL_IN);
    loop.pass(15);
    loop.report([1, 1]);
    expect(since().slice(-2)).toEqual(["action 1 1", "unwatch 9"]);
    expect(loop.watched.has(8)).toBe(true);
  });

  it("is asked one tick for, where several wait and others do no more", () => {
    const { driver, engine, loop, since } = idleConnection();
    for (const fd of [9, 10]) {
      engine.announced.add(fd);
      loop.pass(3);
      engine.tell(fd, CURL_POLL_IN);
      engine.tell(fd, CURL_POLL_REMOVE);
    }
    engine.tell(8, CURL_POLL_IN);
    loop.pass(3);
    engine.tell(8, CURL_POLL_REMOVE);
    since();
    for (const easy of engine.added) driver.remove(easy);
    expect(since()).toEqual(["remove a", "arm 20"]);
    loop.pass(20);
    expect(since()).toEqual(["unwatch 9", "unwatch 10", "unwatch 8"]);
  });

  it("waits for another tick, however long users take in the one it was said in", () => {
    const { engine, loop, since } = running();
    engine.announced.add(8);
    engine.tell(8, CURL_POLL_IN);
    engine.actions.set(8, () => {
      engine.tell(8, CURL_POLL_REMOVE);
      loop.nowMs += 1000;
    });
    loop.report([8, 1]);
    expect(since()).toEqual(["watch 8 IN", "action 8 1"]);
    loop.report([1, 1]);
    expect(since()).toEqual(["action 1 1", "unwatch 8"]);
  });

  it("never happens to a socket that is wanted again each time, and to others in between when it is their turn", () => {
    const { engine, loop, since } = running();
    engine.actions.set(1, () => void engine.bytes++);
    for (let i = 0; i < 2000; i++) {
      const once = 100 + i;
      for (const fd of [8, once]) {
        engine.announced.add(fd);
        engine.tell(fd, CURL_POLL_IN);
        engine.tell(fd, CURL_POLL_REMOVE);
      }
      loop.pass(1);
      loop.report([1, 1]);
      expect(loop.watched.has(8)).toBe(true);
      expect(loop.watched.size).toBeLessThanOrEqual(2 + 20);
    }
    expect(since()).not.toContain("unwatch 8");
    loop.pass(20);
    loop.report([1, 1]);
    expect([...loop.watched.keys()]).toEqual([1]);
  });

  it("happens before the socket is closed (C 2.8)", () => {
    const { engine, since } = idleConnection();
    since();
    engine.life?.closing(8);
    expect(since()).toEqual(["unwatch 8"]);
  });

  it("is not for descriptors whose close is not announced: resolvers, wakeups, connecting sockets (C 2.12)", () => {
    const { engine, loop, since } = running();
    engine.tell(8, CURL_POLL_IN);
    engine.actions.set(8, () => engine.tell(8, CURL_POLL_REMOVE));
    since();
    loop.report([8, 1]);
    expect(since()).toEqual(["action 8 1", "unwatch 8"]);
  });

  it("is not acted on when the idle socket is reported meanwhile", () => {
    const { loop, since } = idleConnection();
    since();
    loop.report([8, 1]);
    expect(since()).toEqual(["unwatch 8"]);
  });

  it("changes the interest when the socket is wanted for something else", () => {
    const { engine, since } = idleConnection();
    since();
    engine.tell(8, CURL_POLL_OUT);
    expect(since()).toEqual(["watch 8 OUT"]);
  });
});

describe("a number that is opened again without REMOVE", () => {
  it("is watched anew: the registration was of the dead socket (7.88.0 to 8.1.2, C 2.8)", () => {
    const { engine, loop, since } = running();
    engine.tell(8, CURL_POLL_OUT);
    loop.sink.ready(8, 2); // reported for the old one
    engine.life?.opened(8);
    loop.sink.batchEnd();
    expect(since()).toEqual(["watch 8 OUT", "unwatch 8", "watch 8 OUT"]);
    loop.report([8, 2]);
    expect(since()).toEqual(["action 8 2"]);
  });

  it("is not watched when nobody wanted the dead one any more", () => {
    const { engine, since } = running();
    engine.announced.add(8);
    engine.tell(8, CURL_POLL_IN);
    engine.tell(8, CURL_POLL_REMOVE);
    engine.life?.opened(8);
    expect(since()).toEqual(["watch 8 IN", "unwatch 8"]);
  });

  it("is no news when the number was free", () => {
    const { engine, since } = running();
    engine.life?.opened(8);
    expect(since()).toEqual([]);
  });
});
