import assert from "node:assert";
import { CURL_POLL_IN, type Driver, type LoopAdapter, type LoopSink, type TransferSink, traceLoop } from "@curlew/core";
import type { Scene } from "../scene.js";
import { ScriptedEasy, ScriptedEngine } from "../scripted-engine.js";
import type { Case } from "../types.js";

/** A driver on the loop under test, with an engine that does what the case says. */
async function drive(scene: Scene, callbacksPerTick: number, run: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage(scene, callbacksPerTick);
  try {
    await run(stage);
    assert.deepEqual(
      stage.engine.nested,
      [],
      "no call of the engine inside its callbacks, or after cleanup (C 10.2, C 6.7)",
    );
  } finally {
    await scene.until(() => stage.closed, "a driver's close must end (contract, close)").catch(() => {});
  }
}

export class Stage {
  readonly engine = new ScriptedEngine();
  readonly driver: Driver<ScriptedEasy>;
  readonly scene: Scene;
  readonly outcomes: (string | undefined)[] = [];
  readonly warnings: string[] = [];
  readonly uncaught: unknown[] = [];
  /** What was asked of the loop: "watch 7", "unwatch 7". */
  readonly asked: string[] = [];
  /** What the loop told of: descriptors. */
  readonly reported: number[] = [];
  /** What the loop was armed for, ms. */
  readonly armed: number[] = [];
  /** What the driver gave to the loop: a case may be the loop itself, from a fresh stack. */
  sink: LoopSink | undefined;
  /** Calls of users since the loop last told something, at most. */
  mostCallsPerTick = 0;
  #callsThisTick = 0;
  #closing = false;
  #closed = false;

  constructor(scene: Scene, callbacksPerTick: number) {
    this.scene = scene;
    this.driver = new scene.Driver<ScriptedEasy>({
      engine: this.engine,
      loop: traceLoop(this.#overheard(scene.arm.adapter), ({ call, args }) => this.#passed(call, args)),
      callbacksPerTick,
      ports: { warn: (line) => void this.warnings.push(line), reportError: (error) => void this.uncaught.push(error) },
    });
  }

  #overheard(adapter: LoopAdapter): LoopAdapter {
    const attach: LoopAdapter["attach"] = (sink) => {
      this.sink = sink;
      return adapter.attach(sink);
    };
    return { name: adapter.name, batches: adapter.batches === true, attach };
  }

  start(sink: Partial<TransferSink> = {}): ScriptedEasy {
    const easy = new ScriptedEasy();
    const outcome: TransferSink["outcome"] = (told) => {
      this.outcomes.push(told.error?.code ?? "ok");
      this.userCalled();
      sink.outcome?.(told);
    };
    this.driver.add(easy, { ...sink, outcome });
    return easy;
  }

  /** A transfer that waits for a descriptor of its own. */
  async waiting(fd: number, sink: Partial<TransferSink> = {}): Promise<ScriptedEasy> {
    const easy = this.start(sink);
    this.engine.tell(fd, CURL_POLL_IN, easy);
    await this.called("timeout");
    return easy;
  }

  async called(call: string): Promise<void> {
    await this.scene.until(() => this.engine.calls.includes(call), `the engine was not called with "${call}" (C 6.3)`);
  }

  userCalled(): void {
    this.mostCallsPerTick = Math.max(this.mostCallsPerTick, ++this.#callsThisTick);
  }

  #passed(call: string, args: readonly unknown[]): void {
    if (call === "watch" || call === "unwatch") this.asked.push(`${call} ${args[0]}`);
    else if (call === "arm") this.armed.push(args[0] as number);
    if (call === "ready") this.reported.push(args[0] as number);
    if (call === "ready" || call === "batchEnd" || call === "expired") this.#callsThisTick = 0;
  }

  get closed(): boolean {
    if (!this.#closing) {
      this.#closing = true;
      void this.driver.close().then(() => {
        this.#closed = true;
      });
    }
    return this.#closed;
  }
}

export const driver = (
  rule: string,
  what: string,
  run: (stage: Stage) => Promise<void>,
  callbacksPerTick = 512,
): Case => ({
  group: "driver",
  rule,
  what,
  run: (scene) => drive(scene, callbacksPerTick, run),
});
