import { describe, expect, it } from "vitest";
import { CURL_POLL_IN, LoopError, MultiError } from "../src/index.js";
import { scene } from "./scripted.js";

describe("a user's throw", () => {
  it("in an outcome belongs to nobody, and others are told theirs (P 24)", () => {
    const { loop, engine, start, outcomes, uncaught } = scene();
    const error = new Error("in the outcome");
    const a = start("a", () => {
      throw error;
    });
    const b = start("b");
    engine.actions.set(-1, () => {
      engine.finish(a);
      engine.finish(b);
    });
    loop.settle();
    expect(uncaught).toEqual([error]);
    expect(outcomes.b).toBe("ok");
  });
});

describe("the context of a transfer", () => {
  it("is the one it was started in (bindContext)", () => {
    let current = "nobody";
    const seen: string[] = [];
    const { loop, engine, start } = scene({
      ports: {
        bindContext: () => {
          const bound = current;
          return (run, ...args) => {
            const before = current;
            current = bound;
            run(...args);
            current = before;
          };
        },
      },
    });
    const easies = ["x", "y"].map((name) => {
      current = name;
      return start(name, () => seen.push(current));
    });
    current = "nobody";
    engine.actions.set(-1, () => easies.map((easy) => engine.finish(easy)) && 0);
    loop.settle();
    expect(seen).toEqual(["x", "y"]);
  });
});

describe("a multi that fails as a whole (C 5.10)", () => {
  it("takes its transfers with it and is never called again", async () => {
    const { loop, engine, driver, start, outcomes, since } = scene();
    const cause = new MultiError("MULTI_FAILED", 4, "internal error");
    start("a");
    start("b");
    engine.actions.set(-1, () => {
      throw cause;
    });
    since();
    loop.settle();
    expect(outcomes).toMatchObject({ a: { code: "MULTI_DEAD", cause }, b: { code: "MULTI_DEAD", cause } });
    expect(since()).toEqual([
      "action TIMEOUT",
      "remove a",
      "remove b",
      "outcome a",
      "outcome b",
      "cleanup multi",
      "close loop",
    ]);
    expect(() => start("c")).toThrow(expect.objectContaining({ code: "MULTI_DEAD" }));
    await driver.close();
  });
});

describe("a loop that fails", () => {
  it("fails all transfers, though nothing wakes the driver any more", () => {
    const { loop, engine, start, outcomes } = scene({ callbacksPerTick: 1 });
    const cause = new LoopError("LOOP_FAILED", "epoll_wait: EBADF");
    for (const name of ["a", "b", "c"]) start(name);
    loop.sink.failed(cause);
    for (const name of ["a", "b", "c"]) expect(outcomes[name]).toMatchObject({ code: "LOOP_FAILED", cause });
    expect(engine.added.size).toBe(0);
    expect(loop.closed).toBe(true);
  });
});

describe("close", () => {
  it("tells every unfinished transfer CLOSED, from a fresh stack, then gives back engine and loop", async () => {
    const { loop, driver, start, outcomes, since, engine } = scene();
    start("a");
    engine.tell(8, CURL_POLL_IN);
    loop.settle();
    since();
    const closed = driver.close();
    expect(outcomes).toEqual({});
    expect(loop.held).toBe(true);
    loop.settle();
    await closed;
    expect(outcomes.a).toMatchObject({ code: "CLOSED" });
    expect(since()).toEqual(["remove a", "arm 0", "outcome a", "unwatch 8", "cleanup multi", "close loop"]);
  });

  it("delivers outcomes that are known already, also when it is asked for by the first of them", async () => {
    const { loop, engine, driver, start, outcomes } = scene();
    let closed: Promise<void> | undefined;
    const a = start("a", () => {
      closed = driver.close();
    });
    const b = start("b");
    start("c");
    engine.tell(8, CURL_POLL_IN);
    engine.actions.set(-1, () => {
      engine.finish(a);
      engine.finish(b, 7);
    });
    loop.settle();
    await closed;
    expect(outcomes.a).toBe("ok");
    expect(outcomes.b).toMatchObject({ curlCode: 7 });
    expect(outcomes.c).toMatchObject({ code: "CLOSED" });
  });

  it("can be asked for twice, and nothing can be started after it", async () => {
    const { loop, driver, start } = scene();
    const both = [driver.close(), driver.close()];
    expect(() => start("a")).toThrow(expect.objectContaining({ code: "CLOSED" }));
    loop.settle();
    await Promise.all(both);
    await driver.close();
  });

  it("does not watch what the engine registers while it is cleaned up (C 6.7)", async () => {
    const { loop, engine, driver, since } = scene();
    engine.cleanup = () => {
      engine.tell(9, CURL_POLL_IN);
      engine.tellTimer(5);
    };
    const closed = driver.close();
    loop.settle();
    await closed;
    expect(since()).toEqual(["arm 0", "close loop"]);
  });
});

describe("removing", () => {
  it("a transfer whose outcome is waiting silences it", () => {
    const { loop, engine, driver, start, outcomes } = scene();
    const a = start("a", () => driver.remove(b));
    const b = start("b");
    engine.actions.set(-1, () => {
      engine.finish(a);
      engine.finish(b);
    });
    loop.settle();
    expect(Object.keys(outcomes)).toEqual(["a"]);
    expect(driver.size).toBe(0);
    expect(loop.held).toBe(false);
  });
});

describe("holding the process", () => {
  it("lasts exactly as long as there are transfers", () => {
    const { loop, engine, start } = scene();
    expect(loop.held).toBe(false);
    const a = start("a");
    expect(loop.held).toBe(true);
    engine.actions.set(-1, () => engine.finish(a));
    loop.settle();
    expect(loop.held).toBe(false);
  });
});
