/** What others can do to a driver (users, observers, ports, tracers, a loop), and what must not come of it. */
import { describe, expect, it, onTestFinished } from "vitest";
import {
  CURL_POLL_IN,
  CURL_POLL_REMOVE,
  createTransferEngine,
  Driver,
  LoopError,
  MisuseError,
  MultiError,
  type TransferSink,
  traceLoop,
} from "../src/index.js";
import { type Log, ScriptedEasy, ScriptedEngine, ScriptedLoop, scene } from "./scripted.js";
import { ScriptedGathering, transfersScene } from "./scripted-gathering.js";

describe("a command that makes the engine call back (C 11.3)", () => {
  it("is a call of the engine: what observers ask for meanwhile waits for its end", () => {
    const made = scene({ observers: { timer: (ms) => ms === 77 && void made.start("b") } });
    const a = made.start("a");
    made.since();
    made.driver.command(a, () => {
      made.engine.tellTimer(77); // as easy_pause does
      expect(made.engine.added.size).toBe(1);
    });
    expect(made.since()).toContain("add b");
    expect(made.engine.added.size).toBe(2);
  });
});

describe("an observer of messages", () => {
  it("may begin another transfer with the handle that is done: that one does not get the old result", () => {
    const results: string[] = [];
    const made = scene({
      observers: {
        message(easy) {
          if (results.push("message") > 1) return;
          made.driver.remove(easy);
          made.driver.add(easy, { outcome: ({ error }) => results.push(error?.message ?? "ok") });
        },
      },
    });
    const a = made.start("a");
    made.engine.actions.set(-1, () => {
      made.engine.actions.delete(-1);
      made.engine.tell(8, CURL_POLL_IN);
      made.engine.finish(a, 7);
    });
    made.loop.pass(0);
    expect(results).toEqual(["message"]);
    expect(made.engine.added.has(a)).toBe(true);
  });
});

describe("a handle that somebody else took out of the engine", () => {
  it("is that handle's matter: reported, and the others go on", () => {
    const { engine, loop, driver, start, outcomes, uncaught } = scene();
    const a = start("a");
    start("b");
    engine.tell(8, CURL_POLL_IN);
    loop.settle();
    const misuse = new MisuseError("HANDLE_IN_USE", "not added to this multi");
    engine.onRemove = (easy) => {
      if (easy === a) throw misuse;
    };
    driver.remove(a);
    loop.settle();
    expect(uncaught).toEqual([misuse]);
    expect(outcomes).toEqual({});
    expect(driver.open).toBe(true);
  });
});

describe("a multi that is dead (C 5.10)", () => {
  it("is not called by what was queued when it died", () => {
    const made = scene({ observers: { socket: () => void (made.outcomes.b === undefined && made.start("b")) } });
    made.start("a");
    made.engine.actions.set(-1, () => {
      made.engine.tell(8, CURL_POLL_IN);
      throw new MultiError("MULTI_FAILED", 3, "out of memory");
    });
    made.since();
    made.loop.settle();
    expect(made.since()).not.toContain("add b");
    expect(made.outcomes.a).toMatchObject({ code: "MULTI_DEAD" });
    expect(made.outcomes.b).toMatchObject({ code: "MULTI_DEAD" });
  });

  it("gives one that ended while it was paused its error, too", () => {
    const { engine, loop, driver, start, outcomes } = scene();
    const a = start("a");
    start("b");
    engine.tell(8, CURL_POLL_IN);
    driver.pause(a);
    engine.actions.set(-1, () => engine.finish(a));
    loop.settle();
    engine.actions.set(8, () => {
      throw new MultiError("MULTI_FAILED", 3, "out of memory");
    });
    loop.report([8, 1]);
    loop.settle();
    expect(outcomes).toMatchObject({ a: { code: "MULTI_DEAD" }, b: { code: "MULTI_DEAD" } });
  });
});

describe("a sink's throw", () => {
  it("keeps back what is gathered afterwards, though the outcome has to wait for its turn", () => {
    const { start, loop, heard, engine, easy, next } = asFunctions(transfersScene());
    for (let n = 0; n < 512; n++)
      start({
        chunk() {
          if (n === 511) throw new Error("mine");
        },
      });
    next(() => {
      for (let n = 0; n < 512; n++) engine().gather(easy(n), "body", "a"); // the whole budget
    });
    loop.pass(0);
    next(() => engine().gather(easy(511), "body", "late"));
    loop.settle();
    expect(heard.filter((line) => line.startsWith("511 "))).toEqual(["511 chunk a", "511 outcome CALLBACK_FAILED"]);
  });
});

describe("ports that throw", () => {
  const failing = {
    reportError() {
      throw new Error("in reportError");
    },
    warn() {
      throw new Error("in warn");
    },
  };

  it("change nothing: the tick goes on, and the throw is an uncaught error", () => {
    const later: (() => void)[] = [];
    const { queueMicrotask } = globalThis;
    globalThis.queueMicrotask = (run) => void later.push(run);
    onTestFinished(() => {
      globalThis.queueMicrotask = queueMicrotask;
    });
    const made = scene({
      ports: failing,
      observers: {
        timer() {
          throw new Error("in an observer");
        },
      },
    });
    const a = made.start("a");
    made.engine.actions.set(-1, () => made.engine.finish(a));
    made.loop.settle();
    expect(made.outcomes).toEqual({ a: "ok" });
    expect(later.length).toBeGreaterThan(0);
    expect(later[0]).toThrow("in reportError");
  });
});

describe("an engine without words for a failure", () => {
  it("is still told apart from success, and others are served", () => {
    const { loop, engine, start, outcomes } = scene();
    const a = start("a");
    const b = start("b");
    a.failure = () => {
      throw new Error("no words");
    };
    engine.actions.set(-1, () => {
      engine.finish(a, 7);
      engine.finish(b);
    });
    loop.settle();
    expect(outcomes).toMatchObject({ a: { code: "TRANSFER_FAILED", curlCode: 7 }, b: "ok" });
  });
});

describe("a tracer that throws", () => {
  it("is not taken for a refusal of the loop", () => {
    const log: Log = [];
    const inner = new ScriptedLoop(log, true);
    const engine = new ScriptedEngine(log);
    const reported: unknown[] = [];
    const ports = { reportError: (error: unknown) => void reported.push(error) };
    const full = new Error("disk full");
    const loop = traceLoop(
      inner,
      ({ call }) => {
        if (call === "watch") throw full;
      },
      ports,
    );
    const driver = new Driver<ScriptedEasy>({ engine, loop, ports });
    const ends: unknown[] = [];
    driver.add(new ScriptedEasy("a", log), { outcome: (outcome) => ends.push(outcome.error) });
    engine.actions.set(-1, () => engine.tell(8, CURL_POLL_IN));
    inner.settle();
    expect(inner.watched.has(8)).toBe(true);
    expect(reported).toContain(full);
    expect(ends).toEqual([]);
  });
});

describe("a loop that refuses", () => {
  it("when a descriptor that was left alone is watched again: the transfers are told at once", () => {
    const { loop, engine, start, outcomes } = scene();
    start("a");
    engine.tell(8, CURL_POLL_IN);
    engine.tell(9, CURL_POLL_IN);
    loop.settle();
    for (let i = 0; i < 1000; i++) loop.report([8, 1]);
    expect(loop.watched.has(8)).toBe(false);
    loop.refusals.set(8, new LoopError("LOOP_REFUSED", "no memory", { errno: "ENOMEM" }));
    loop.pass(1);
    loop.settle();
    expect(outcomes.a).toMatchObject({ code: "LOOP_FAILED" });
  });

  it("EPERM for ever: what is always ready and leads to nothing is a spin like any other (C 12.1)", () => {
    const { loop, engine, start, warnings } = scene();
    start("a");
    loop.refusals.set(8, new LoopError("LOOP_REFUSED", "not pollable", { errno: "EPERM" }));
    engine.tell(8, CURL_POLL_IN);
    let turns = 0;
    while (loop.pass(0)) if (++turns > 2000) break;
    expect(turns).toBeLessThan(1100);
    expect(warnings).toHaveLength(1);
    expect(loop.pass(1)).toBe(true);
    expect(loop.settle()).toBeLessThanOrEqual(2); // one look, then it is left alone for longer
  });
});

describe("what users do between two turns of the loop", () => {
  function waitingForATimeout() {
    const made = scene();
    made.start("a");
    const b = made.start("b");
    made.engine.tell(8, CURL_POLL_IN, b);
    made.engine.tellTimer(150_000);
    made.loop.report();
    made.since();
    return { ...made, b };
  }

  it("is judged when it took away what the others waited for: by a command", () => {
    const { driver, engine, loop, b, since } = waitingForATimeout();
    driver.command(b, () => engine.tell(8, CURL_POLL_REMOVE, b));
    loop.settle();
    expect(since()).toContain("socketAll");
  });

  it("and by a throw inside a turn", () => {
    const log: Log = [];
    const loop = new ScriptedLoop(log, true);
    const engine = new ScriptedGathering(log);
    const driver = new Driver<ScriptedEasy>({ engine, loop });
    const thrower = {
      chunk() {
        throw new Error("mine");
      },
      outcome() {},
    };
    const [a, b] = [engine.prepare(), engine.prepare()];
    driver.add(a, { outcome() {} });
    driver.add(b, thrower);
    engine.actions.set(-1, () => {
      engine.tell(8, CURL_POLL_IN);
      engine.tellTimer(150_000);
      engine.gather(b, "body", "a");
    });
    engine.onRemove = () => engine.tell(8, CURL_POLL_REMOVE);
    loop.pass(0);
    log.length = 0;
    loop.settle();
    expect(log).toContain("socketAll");
  });
});

describe("what is not a request", () => {
  it("a sink without outcome is refused, before anything is prepared", () => {
    const { transfers, engine } = asFunctions(transfersScene());
    for (const sink of [{}, undefined, { outcome: 5 }])
      expect(() => transfers.start({ url: "http://a/" }, sink as TransferSink)).toThrow(MisuseError);
    expect(engine().prepared).toEqual([]);
    expect(() => scene().driver.add(new ScriptedEasy("a", []), {} as TransferSink)).toThrow(MisuseError);
  });

  it("a budget of no callbacks is refused: nothing would ever be delivered", () => {
    for (const callbacksPerTick of [0, -1, 1.5, Number.NaN])
      expect(() => scene({ callbacksPerTick })).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });

  it("an engine that takes no callbacks leaves nothing attached", () => {
    const log: Log = [];
    const loop = new ScriptedLoop(log, true);
    const engine = new ScriptedEngine(log);
    engine.setopt = () => {
      throw new MultiError("MULTI_FAILED", 1, "no");
    };
    expect(() => new Driver({ engine, loop })).toThrow("no");
    expect(loop.closed).toBe(true);
  });
});

describe("closing an engine of transfers", () => {
  it("waits for the outcomes of a multi that died before", async () => {
    const log: Log = [];
    const loops = [new ScriptedLoop(log, true), new ScriptedLoop(log, true)];
    const engines: ScriptedGathering[] = [];
    let attached = 0;
    const transfers = createTransferEngine<ScriptedEasy>({
      createEngine() {
        const engine = new ScriptedGathering(log);
        engines.push(engine);
        return engine;
      },
      loop: { name: "two", batches: true, attach: (sink) => loops[attached++]?.attach(sink) as never },
    });
    const ends: string[] = [];
    const outcome = ({ error }: { error: { code: string } | undefined }) => void ends.push(error?.code ?? "ok");
    transfers.start({ url: "http://a/" }, { outcome });
    const [first] = engines;
    if (first)
      first.onRemove = () => {
        throw new MultiError("MULTI_FAILED", 3, "out of memory");
      };
    transfers.start({ url: "http://a/" }, { outcome }).cancel(); // kills the multi
    transfers.start({ url: "http://a/" }, { outcome }); // on a new one
    expect(engines).toHaveLength(2);
    let closed = false;
    const closing = transfers.close().then(() => {
      closed = true;
    });
    loops[1]?.settle();
    for (let i = 0; i < 10; i++) await null;
    expect([closed, ends]).toEqual([false, ["CLOSED"]]);
    loops[0]?.settle();
    await closing;
    expect(ends).toEqual(["CLOSED", "MULTI_DEAD"]);
  });
});

/** A scene whose getters can be taken apart. */
function asFunctions(made: ReturnType<typeof transfersScene>) {
  return {
    ...made,
    engine: () => made.engine,
    easy: (n: number) => made.easy(n),
    next: (act: () => void) => made.next(act),
  };
}
