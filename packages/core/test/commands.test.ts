import { describe, expect, it } from "vitest";
import { CURL_POLL_IN } from "../src/index.js";
import { ScriptedEasy, scene } from "./scripted.js";

describe("what users ask for inside a callback of the engine (C 10, P 22)", () => {
  it("is queued and done in order once the outermost call has returned", () => {
    const log: string[] = [];
    const made = scene({
      observers: {
        socket: () => {
          const b = new ScriptedEasy("b", log);
          log.push("asked");
          made.driver.add(b, { outcome() {} });
          made.driver.command(b, () => log.push("command ran"));
          made.driver.remove(a);
          const c = new ScriptedEasy("c", log);
          made.driver.add(c, { outcome() {} });
          made.driver.remove(c); // before it was its turn: never added
        },
      },
    });
    const a = made.start("a");
    made.engine.actions.set(-1, () => {
      made.engine.actions.delete(-1);
      made.engine.tell(8, CURL_POLL_IN, a);
      made.log.push("engine goes on");
    });
    made.since();
    made.loop.pass(0);
    expect(made.since().slice(0, 5)).toEqual(["action TIMEOUT", "watch 8 IN", "engine goes on", "add b", "remove a"]);
    expect(log).toEqual(["asked", "command ran"]);
    expect([...made.engine.added].map(({ name }) => name)).toEqual(["b"]);
  });

  it("includes close: the engine is freed only when its call has returned", async () => {
    let closed: Promise<void> | undefined;
    const made = scene({
      observers: {
        timer: (ms) => {
          if (ms === 77) closed = made.driver.close();
        },
      },
    });
    made.start("a");
    made.engine.actions.set(-1, () => {
      made.engine.tellTimer(77);
      made.log.push("engine goes on");
    });
    made.since();
    made.loop.pass(0);
    await closed;
    const lines = made.since();
    expect(lines.indexOf("engine goes on")).toBeLessThan(lines.indexOf("cleanup multi"));
    expect(made.outcomes.a).toMatchObject({ code: "CLOSED" });
  });

  it("that fails, fails the transfer it was for, and runs the rest", () => {
    const made = scene({
      observers: {
        socket: () => {
          made.driver.command(a, () => {
            throw new Error("no such option");
          });
          made.driver.command(b, () => made.log.push("b was served"));
        },
      },
    });
    const a = made.start("a");
    const b = made.start("b");
    made.engine.actions.set(-1, () => made.engine.tell(8, CURL_POLL_IN));
    made.loop.pass(0);
    expect(made.outcomes.a).toMatchObject({ code: "CALLBACK_FAILED", cause: { message: "no such option" } });
    expect(made.since()).toContain("b was served");
    expect(made.outcomes.b).toBeUndefined();
  });
});

describe("what users ask for outside", () => {
  it("happens at once, and what it throws reaches the caller", () => {
    const { driver, start, engine, since } = scene();
    const a = start("a");
    expect(since()).toEqual(["add a", "arm 0"]);
    expect(() =>
      driver.command(a, () => {
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
    driver.remove(a);
    expect(since()).toEqual(["remove a"]);
    driver.remove(a); // harmless on one that is gone
    expect(engine.added.size).toBe(0);
  });

  it("may be done from an outcome: the next transfer starts in the same tick", () => {
    const { loop, engine, start, since } = scene();
    const a = start("a", () => start("b"));
    engine.actions.set(-1, () => engine.finish(a));
    since();
    loop.pass(0);
    const lines = since();
    expect(lines.slice(0, 4)).toEqual(["action TIMEOUT", "remove a", "outcome a", "add b"]);
  });

  it("is refused for a handle that is under way", () => {
    const { driver, start } = scene();
    const a = start("a");
    expect(() => driver.add(a, { outcome() {} })).toThrow(expect.objectContaining({ code: "HANDLE_IN_USE" }));
  });

  it("lets a handle be used again after its outcome", () => {
    const { loop, engine, driver, start, log } = scene();
    let again = 0;
    const a = start("a", () => {
      driver.add(a, { outcome: () => void again++ });
    });
    engine.actions.set(-1, () => {
      if (engine.added.has(a)) engine.finish(a);
    });
    loop.settle();
    loop.settle();
    expect(again).toBe(1);
    expect(log.filter((line) => line === "add a")).toHaveLength(2);
  });
});

describe("observers", () => {
  it("see what passes, and their throws change nothing", () => {
    const seen: string[] = [];
    const see = (what: string) => {
      seen.push(what);
      throw new Error("observer");
    };
    const { loop, engine, start, uncaught, outcomes } = scene({
      observers: {
        socket: (fd, action) => see(`socket ${fd} ${action}`),
        timer: (ms) => see(`timer ${ms}`),
        action: (fd, _bits, running) => see(`action ${fd} ${running}`),
        message: (_easy, result) => see(`message ${result}`),
      },
    });
    const a = start("a");
    engine.actions.set(-1, () => {
      engine.tell(8, CURL_POLL_IN, a);
      engine.finish(a);
      return 0;
    });
    loop.settle();
    expect(seen).toEqual(["timer 0", "socket 8 1", "action -1 0", "message 0"]);
    expect(uncaught).toHaveLength(4);
    expect(outcomes.a).toBe("ok");
  });
});
