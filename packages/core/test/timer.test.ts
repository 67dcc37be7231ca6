import { describe, expect, it } from "vitest";
import { CURL_POLL_IN } from "../src/index.js";
import { scene } from "./scripted.js";

/** A scene with one transfer, its first 0 timer served, and a descriptor watched so that it is not stalled. */
function running() {
  const made = scene();
  made.start("a");
  made.engine.tell(8, CURL_POLL_IN);
  made.loop.settle();
  made.since();
  return made;
}

const timeouts = (lines: string[]) => lines.filter((line) => line === "action TIMEOUT").length;

describe("the one timer", () => {
  it("is replaced by each value told: 1000, 10, 500 fires once, at 500 (C 4.1, P 17)", () => {
    const { loop, engine, since } = running();
    engine.actions.set(8, () => {
      for (const ms of [1000, 10, 500]) engine.tellTimer(ms);
    });
    loop.report([8, 1]);
    loop.pass(499);
    expect(timeouts(since())).toBe(0);
    loop.pass(1);
    expect(timeouts(since())).toBe(1);
    loop.pass(10_000);
    expect(timeouts(since())).toBe(0);
  });

  it("is taken back by -1 (C 4.2, P 15)", () => {
    const { loop, engine, since } = running();
    engine.actions.set(8, () => engine.tellTimer(50));
    loop.report([8, 1]);
    engine.actions.set(8, () => engine.tellTimer(-1));
    loop.report([8, 1]);
    expect(since()).toContain("disarm");
    loop.pass(1000);
    expect(timeouts(since())).toBe(0);
  });

  it("is forgotten before the engine is called: what is told during the call stands (C 6.3)", () => {
    const { loop, engine, since } = running();
    engine.actions.set(-1, () => engine.tellTimer(70));
    engine.actions.set(8, () => engine.tellTimer(50));
    loop.report([8, 1]);
    loop.pass(50);
    expect(loop.armedForMs).toBe(loop.nowMs + 70);
    expect(timeouts(since())).toBe(1);
  });

  it("does not act when the loop fires early, and arms for the rest (C 4.7, P 18)", () => {
    const { loop, engine, since } = running();
    engine.actions.set(8, () => engine.tellTimer(50));
    loop.report([8, 1]);
    since();
    loop.nowMs += 30;
    loop.armedForMs = undefined;
    loop.sink.expired();
    expect(since()).toEqual(["arm 20"]);
  });

  it("is served by a batch that comes when it is due (C 4.3)", () => {
    const { loop, engine, since } = running();
    engine.actions.set(8, () => engine.tellTimer(50));
    loop.report([8, 1]);
    engine.actions.delete(8);
    since();
    loop.nowMs += 60;
    loop.report([8, 1]);
    expect(since()).toEqual(["action 8 1", "action TIMEOUT", "disarm"]);
  });

  it("fires once after the clock jumped an hour: no catching up (P 21, P B7)", () => {
    const { loop, engine, since } = running();
    engine.actions.set(8, () => engine.tellTimer(50));
    loop.report([8, 1]);
    since();
    loop.pass(3_600_000);
    expect(timeouts(since())).toBe(1);
  });

  it("of 0 never calls the engine from inside the callback, and 1 000 in a row need no stack (C 4.2, P 16)", () => {
    const { loop, engine, since } = running();
    let depth = 0;
    let deepest = 0;
    let left = 1000;
    engine.actions.set(-1, () => {
      depth++;
      deepest = Math.max(deepest, depth);
      if (left-- > 0) engine.tellTimer(0);
      depth--;
    });
    engine.actions.set(8, () => engine.tellTimer(0));
    loop.report([8, 1]);
    while (loop.pass(0));
    expect(deepest).toBe(1);
    expect(timeouts(since())).toBe(1001);
  });

  it("is not armed anew when nothing changed", () => {
    const { loop, engine, since } = running();
    engine.actions.set(8, () => engine.tellTimer(500));
    loop.report([8, 1]);
    since();
    engine.actions.delete(8);
    loop.report([8, 1]);
    expect(since()).toEqual(["action 8 1"]);
  });

  it("of more than 2^31 ms is cut down for the loop, and acts at its time all the same (C 4.2, C40)", () => {
    const { loop, engine, since } = running();
    engine.actions.set(8, () => engine.tellTimer(2 ** 31 + 1000));
    loop.report([8, 1]);
    expect(loop.armedForMs).toBe(loop.nowMs + 2 ** 31 - 1);
    since();
    loop.pass(2 ** 31 - 1);
    expect(timeouts(since())).toBe(0);
    loop.pass(1001);
    expect(timeouts(since())).toBe(1);
  });
});
