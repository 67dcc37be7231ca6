import { describe, expect, it } from "vitest";
import { CURL_POLL_INOUT, Driver, formatTrace, LoopError, type LoopTrace, traceLoop } from "../src/index.js";
import { ScriptedEasy, ScriptedEngine, ScriptedLoop } from "./scripted.js";

function tracedScene() {
  const traces: LoopTrace[] = [];
  const loop = new ScriptedLoop([], true);
  const engine = new ScriptedEngine([]);
  const driver = new Driver({ engine, loop: traceLoop(loop, (trace) => traces.push(trace)) });
  const lines = () => traces.splice(0).map(formatTrace);
  return { loop, engine, driver, lines };
}

describe("traceLoop", () => {
  it("tells everything that passes between a driver and a loop, in order", async () => {
    const { loop, engine, driver, lines } = tracedScene();
    const easy = new ScriptedEasy("a", []);
    engine.actions.set(-1, () => engine.tell(7, CURL_POLL_INOUT, easy));
    driver.add(easy, { outcome() {} });
    loop.pass(0);
    engine.actions.set(7, () => engine.finish(easy));
    loop.report([7, 3]);
    const closed = driver.close();
    loop.settle();
    await closed;
    expect(lines()).toEqual([
      "1000.0 attach",
      "1000.0 hold true",
      "1000.0 arm 0",
      "1000.0 expired",
      "1000.0 watch 7 INOUT",
      "1000.0 ready 7 3",
      "1000.0 batchEnd",
      "1000.0 hold false",
      "1000.0 hold true",
      "1000.0 arm 0",
      "1000.0 expired",
      "1000.0 unwatch 7",
      "1000.0 close",
    ]);
  });

  it("tells refusals and passes them on", () => {
    const { loop, engine, driver, lines } = tracedScene();
    loop.refusals.set(7, new LoopError("LOOP_REFUSED", "too many", { errno: "ENOSPC" }));
    const codes: unknown[] = [];
    driver.add(new ScriptedEasy("a", []), { outcome: ({ error }) => codes.push(error?.code) });
    engine.actions.set(-1, () => engine.tell(7, CURL_POLL_INOUT));
    loop.settle();
    expect(lines()).toContain("1000.0 watch 7 INOUT threw LoopError: too many");
    expect(codes).toEqual(["LOOP_FAILED"]);
  });
});
