import { describe, expect, it } from "vitest";
import { CURL_POLL_IN, MultiError } from "../src/index.js";
import { scene } from "./scripted.js";
import { transfersScene } from "./scripted-gathering.js";

describe("what a sink hears", () => {
  it("is in order, and the outcome comes after all that was gathered", () => {
    const { start, easy, engine, loop, heard, next } = bound();
    start();
    next(() => {
      for (const kind of ["headers", "body", "trailers"] as const) engine().gather(easy(0), kind, kind);
      engine().finish(easy(0));
    });
    loop.settle();
    expect(heard).toEqual(["0 headers headers", "0 chunk body", "0 trailers trailers", "0 outcome ok"]);
  });

  it("is all of it when more than a tick's budget waits: the outcome does not overtake what is gathered", () => {
    const { start, easy, engine, loop, heard, next } = bound();
    for (let n = 0; n < 3; n++) start();
    next(() => {
      for (let i = 0; i < 400; i++) for (let n = 0; n < 3; n++) engine().gather(easy(n), "body", `${i}`);
    });
    loop.pass(0);
    expect(heard).toHaveLength(512); // the default budget
    next(() => {
      for (let n = 0; n < 3; n++) {
        engine().gather(easy(n), "body", "last");
        engine().finish(easy(n));
      }
    });
    loop.settle();
    for (let n = 0; n < 3; n++) {
      const own = heard.filter((line) => line.startsWith(`${n} `));
      expect(own).toEqual([
        ...Array.from({ length: 400 }, (_, i) => `${n} chunk ${i}`),
        `${n} chunk last`,
        `${n} outcome ok`,
      ]);
    }
  });

  it("stays in the engine while there is a backlog: there it counts against the high-water mark (P 26)", () => {
    const { start, easy, engine, loop, next } = bound();
    start();
    next(() => {
      for (let i = 0; i < 1500; i++) engine().gather(easy(0), "body");
    });
    loop.pass(0);
    const before = engine().collections;
    loop.report();
    expect(engine().collections).toBe(before);
    loop.settle();
    expect(engine().collections).toBeGreaterThan(before);
  });

  it("ends with the error when it throws: nothing that was gathered meanwhile comes before the outcome", () => {
    const { start, easy, engine, loop, heard, next } = bound();
    const transfer = start({
      chunk() {
        engine().onProceed = () => {
          engine().gather(easy(0), "body", "late");
          return 0;
        };
        transfer.send(new Uint8Array(1));
        throw new Error("mine");
      },
    });
    next(() => {
      engine().gather(easy(0), "body", "a");
      engine().gather(easy(0), "body", "b");
    });
    loop.settle();
    expect(heard).toEqual(["0 chunk a", "0 outcome CALLBACK_FAILED"]);
  });

  it("is nothing but the outcome once the multi is dead (C 5.10)", () => {
    const { start, easy, engine, loop, heard, next } = bound();
    start();
    next(() => {
      engine().gather(easy(0), "body", "a");
      throw new MultiError("MULTI_FAILED", 3, "out of memory");
    });
    loop.settle();
    expect(heard).toEqual(["0 outcome MULTI_DEAD"]);
  });

  it("is nothing after cancel, not even what it throws: that is an uncaught error", () => {
    const { start, easy, engine, loop, heard, uncaught, next } = bound();
    const cause = new Error("after cancel");
    const transfer = start({
      chunk() {
        transfer.cancel();
        throw cause;
      },
    });
    next(() => {
      engine().gather(easy(0), "body", "a");
      engine().gather(easy(0), "body", "b");
      engine().finish(easy(0));
    });
    loop.settle();
    expect(heard).toEqual(["0 chunk a"]);
    expect(uncaught).toEqual([cause]);
  });
});

describe("pausing", () => {
  it("tells the engine once, and holds back everything until resume", () => {
    const { start, easy, engine, loop, heard, since, next } = bound();
    const transfer = start();
    since();
    transfer.pause();
    transfer.pause();
    expect(since()).toEqual(["hold e0"]);
    next(() => {
      engine().gather(easy(0), "body", "a");
      engine().finish(easy(0));
    });
    loop.settle();
    expect(heard).toEqual([]);
    transfer.resume();
    transfer.resume();
    loop.settle();
    expect(since().filter((line) => line.startsWith("release"))).toEqual(["release e0"]);
    expect(heard).toEqual(["0 chunk a", "0 outcome ok"]);
  });

  it("of one whose adding still waits in the queue holds it once it is added", () => {
    const made = scene();
    const { engine, loop, heard, start, easy, next } = bound({
      observers: { socket: () => made.log.push("seen") && startPaused() },
    });
    const startPaused = (): void => {
      if (engine().prepared.length > 1) return;
      start().pause();
    };
    start();
    next(() => engine().tell(8, CURL_POLL_IN));
    loop.settle();
    expect(engine().added.has(easy(1))).toBe(true);
    expect(engine().held.has(easy(1))).toBe(true);
    expect(heard).toEqual([]);
  });

  it("does not hold back the CLOSED of an engine that is being closed, whoever pauses whenever", async () => {
    for (const when of ["before close", "after close", "in another's outcome"]) {
      const { start, loop, heard, transfers } = bound();
      start({ outcome: () => when.startsWith("in") && second.pause() });
      const second = start();
      if (when === "before close") second.pause();
      const closed = transfers.close();
      if (when === "after close") second.pause();
      loop.settle();
      await closed;
      expect([when, ...heard]).toEqual([when, "0 outcome CLOSED", "1 outcome CLOSED"]);
    }
  });

  it("of one that ended and is resumed in the tick of close: its own outcome, with all before it", async () => {
    const { start, easy, engine, loop, heard, transfers, next } = bound();
    const transfer = start();
    transfer.pause();
    next(() => {
      engine().gather(easy(0), "body", "a");
      engine().finish(easy(0));
    });
    loop.settle();
    transfer.resume();
    const closed = transfers.close();
    loop.settle();
    await closed;
    expect(heard).toEqual(["0 chunk a", "0 outcome ok"]);
  });

  it("and paused when it fails: the error is not held back", () => {
    const { start, easy, engine, loop, heard, next } = bound();
    const transfer = start();
    transfer.pause();
    engine().onProceed = () => 23;
    transfer.send(new Uint8Array(1));
    loop.settle();
    expect(heard).toEqual(["0 outcome TRANSFER_FAILED"]);
    next(() => engine().gather(easy(0), "body", "late"));
    loop.settle();
    expect(heard).toHaveLength(1);
  });
});

describe("full", () => {
  it("lets the engine go on after what came before it was taken, and looks again at once (C 11.3)", () => {
    const { start, easy, engine, loop, heard, since, next } = bound();
    start();
    engine().onProceed = () => {
      engine().gather(easy(0), "body", "kept");
      engine().onProceed = () => 0;
      return 0;
    };
    next(() => {
      engine().gather(easy(0), "body", "a");
      engine().gather(easy(0), "full");
    });
    since();
    loop.pass(0);
    expect(since()).toContain("proceed e0");
    expect(heard).toEqual(["0 chunk a", "0 chunk kept"]);
  });

  it("and a failure there ends the transfer, which no message would tell", () => {
    const { start, easy, engine, loop, heard, next } = bound();
    start();
    engine().onProceed = () => 23;
    next(() => engine().gather(easy(0), "full"));
    loop.settle();
    expect(heard).toEqual(["0 outcome TRANSFER_FAILED"]);
    expect(engine().added.size).toBe(0);
  });
});

describe("an engine that failed", () => {
  it("is replaced at the next start, and close waits for the outcomes of both", async () => {
    const { start, engine, engines, loop, heard, transfers, next } = bound();
    start({ outcome: () => start() });
    next(() => {
      throw new MultiError("MULTI_FAILED", 3, "out of memory");
    });
    loop.pass(0);
    expect(engines).toHaveLength(2);
    expect(engine().added.size).toBe(1);
    const closed = transfers.close();
    loop.settle();
    await closed;
    expect(heard).toEqual(["0 outcome MULTI_DEAD", "1 outcome CLOSED"]);
  });
});

/** The scene with functions that can be taken apart. */
function bound(options: Parameters<typeof transfersScene>[0] = {}) {
  const made = transfersScene(options);
  return {
    ...made,
    engine: () => made.engine,
    easy: (n: number) => made.easy(n),
    next: (act: () => void) => made.next(act),
  };
}
