/** Bad input: clear errors, when it is subscribed to or attached. */

import { readFileSync } from "node:fs";
import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import { MisuseError } from "@curlew/core";
import {
  animationFrameScheduler,
  asapScheduler,
  catchError,
  lastValueFrom,
  NEVER,
  of,
  queueScheduler,
  type SchedulerLike,
} from "rxjs";
import { describe, expect, it } from "vitest";
import { scene } from "../../core/test/client/scripted-transfers.js";
import {
  type BufferOptions,
  body$,
  concatMapBody,
  fromLoop,
  json$,
  pullTransfer,
  rxjsLoop,
  text$,
  transfer$,
} from "../src/index.js";

const buffers: [string, unknown, string][] = [
  ["a policy that does not exist", { bytes: 1, policy: "wait", ready$: NEVER }, "OUT_OF_RANGE"],
  ["no policy", { bytes: 1, ready$: NEVER }, "OUT_OF_RANGE"],
  ["a policy of every object", { bytes: 1, policy: "toString", ready$: NEVER }, "OUT_OF_RANGE"],
  ["a negative buffer", { bytes: -1, policy: "pause", ready$: NEVER }, "OUT_OF_RANGE"],
  ["no bytes", { bytes: 0, policy: "drop", ready$: NEVER }, "OUT_OF_RANGE"],
  ["infinitely many", { bytes: Number.POSITIVE_INFINITY, policy: "drop", ready$: NEVER }, "OUT_OF_RANGE"],
  ["bytes in words", { bytes: "64k", policy: "error", ready$: NEVER }, "OUT_OF_RANGE"],
  ["nobody to ask", { bytes: 1, policy: "pause" }, "WRONG_TYPE"],
  ["a function to ask", { bytes: 1, policy: "pause", ready$: () => true }, "WRONG_TYPE"],
];

const errorOf = (make: () => import("rxjs").Observable<unknown>) => {
  const made = make(); // and nothing is thrown
  return lastValueFrom(made.pipe(catchError((error) => of(error))));
};

describe("a buffer with", () => {
  for (const [name, buffer, code] of buffers)
    it(name, async () => {
      const { client, engine } = scene();
      const error = await errorOf(() => transfer$(client, "http://a/", { buffer: buffer as BufferOptions }));
      expect(error).toBeInstanceOf(MisuseError);
      expect(error).toMatchObject({ code });
      expect(engine.log).toEqual([]);
    });

  it("the same through concatMapBody and pullTransfer", async () => {
    const { client } = scene();
    const buffer = { bytes: -1, policy: "pause" } as const;
    expect(await errorOf(() => concatMapBody(client, "http://a/", () => of(1), { buffer }))).toMatchObject({
      code: "OUT_OF_RANGE",
    });
    const iterator = pullTransfer(client, "http://a/", { highWaterBytes: -1 })[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ code: "OUT_OF_RANGE" });
  });
});

describe("a request", () => {
  it("that is wrong is the subscription's error", async () => {
    const { client } = scene();
    for (const options of [
      { method: "CONNECT" },
      { sendBufferBytes: 0 },
      { progressIntervalMs: -1 },
      { body: 5 as never },
    ])
      for (const make of [transfer$, text$])
        expect(await errorOf(() => make(client, "http://a/", options))).toBeInstanceOf(MisuseError);
    expect(await errorOf(() => transfer$(client, 5 as never))).toMatchObject({ code: "WRONG_TYPE" });
  });
});

describe("a scheduler", () => {
  const schedule = () => of(1).subscribe();
  const wrong: [string, unknown, string][] = [
    ["without now()", { schedule }, "WRONG_TYPE"],
    ["without schedule()", { now: () => 1 }, "WRONG_TYPE"],
    ["null", null, "WRONG_TYPE"],
    ["whose now() is no number", { now: () => "now", schedule }, "WRONG_TYPE"],
    ["whose now() is NaN", { now: () => Number.NaN, schedule }, "WRONG_TYPE"],
    ["that runs at once", queueScheduler, "OUT_OF_RANGE"],
    ["that leaves no turn to others", asapScheduler, "OUT_OF_RANGE"],
    ["of what is not here, a browser's frames", animationFrameScheduler, "OUT_OF_RANGE"],
  ];
  for (const [name, scheduler, code] of wrong)
    it(`${name} is refused when the loop is attached, and nothing stays`, () => {
      const loop = simulatedLoop(new Kernel());
      const adapter = rxjsLoop(fromLoop(loop), { scheduler: scheduler as SchedulerLike });
      const sink = { ready() {}, batchEnd() {}, expired() {}, failed() {} };
      let error: unknown;
      try {
        adapter.attach(sink);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(MisuseError);
      expect(error).toMatchObject({ code });
      expect(loop.turn()).toBe("nothing");
    });
});

describe("a loop", () => {
  const sink = { ready() {}, batchEnd() {}, expired() {}, failed() {} };
  const wrong = { "no loop": undefined, "an adapter as it is": simulatedLoop(new Kernel()), "an object": {} };
  for (const [name, source] of Object.entries(wrong))
    it(`over ${name} is refused when it is attached`, () => {
      const adapter = rxjsLoop(source as never);
      expect(() => adapter.attach(sink)).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
    });

  it("from what is no adapter is refused when it is opened", () => {
    for (const adapter of [undefined, {}, fromLoop(simulatedLoop(new Kernel()))]) {
      const source = fromLoop(adapter as never);
      expect(() => source.open()).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
      expect(() => rxjsLoop(source).attach(sink)).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
    }
  });
});

describe("no client", () => {
  it("is the subscription's error: fromFetch has taught many to begin with the URL", async () => {
    for (const make of [transfer$, body$, text$, json$])
      for (const wrong of [undefined, "http://a/", {}])
        expect(await errorOf(() => make(wrong as never, "http://a/"))).toMatchObject({ code: "WRONG_TYPE" });
  });
});

describe("concatMapBody without a function", () => {
  it("errs before anything is started", async () => {
    const { client, engine } = scene();
    expect(await errorOf(() => concatMapBody(client, "http://a/", undefined as never))).toMatchObject({
      code: "WRONG_TYPE",
    });
    expect(engine.log).toEqual([]);
  });
});

describe("the front door", () => {
  it("does not depend on rxjs", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../curlew/package.json", import.meta.url), "utf8"));
    expect(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })).not.toContain("rxjs");
    expect(readFileSync(new URL("../../curlew/dist/index.js", import.meta.url), "utf8")).not.toMatch(/rxjs/);
  });
});
