/** What a transfer is told while it waits for its slot, and in whose context it then goes on. */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import type { Ports } from "../../src/index.js";
import { microtasks, scene } from "./scripted-transfers.js";

describe("a transfer in the queue", () => {
  it("that is paused starts paused, and one that is paused no more does not", () => {
    const { client, engine } = scene({ transfers: 1 });
    client.request("http://a/");
    const [paused, again] = [client.request("http://a/paused"), client.request("http://a/again")];
    paused.pause();
    again.pause();
    again.resume();
    expect(engine.log).toEqual(["start http://a/"]);
    engine.last.answer();
    engine.last.answer();
    expect(engine.log.slice(1)).toEqual(["start http://a/paused", "pause", "start http://a/again"]);
  });

  it("goes on in the context of who started it, not of whose end let it in", async () => {
    const storage = new AsyncLocalStorage<string>();
    const bindContext: Ports["bindContext"] = () => {
      const resource = new AsyncResource("Test");
      return (run, ...args) => resource.runInAsyncScope(run, undefined, ...args);
    };
    const { client, engine } = scene({ transfers: 1 }, { bindContext });
    const told: (string | undefined)[] = [];
    const note = () => void told.push(storage.getStore());
    const observer = { started: note, error: note };
    storage.run("first", () => client.start("http://a/", {}, {}));
    const controller = new AbortController();
    storage.run("second", () => client.start("http://a/", { signal: controller.signal }, observer));
    storage.run("whoever", () => engine.last.answer());
    await microtasks();
    storage.run("who aborts", () => controller.abort());
    await microtasks();
    expect(told).toEqual(["second", "second"]);
  });
});

describe("progress", () => {
  it("is told at most once in its interval, and at the end what was not told yet", () => {
    const { client, engine } = scene();
    const told: number[] = [];
    client.start(
      "http://a/",
      { progressIntervalMs: 100 },
      { progress: ({ receivedBytes }) => void told.push(receivedBytes), done: () => void told.push(-1) },
    );
    for (const nowMs of [0, 1, 99, 100, 150, 199, 200, 250]) {
      engine.nowMs = nowMs;
      engine.last.progress(nowMs);
    }
    expect(told).toEqual([0, 100, 200]);
    engine.last.headers("HTTP/1.1 200 OK\r\n\r\n");
    engine.last.end();
    expect(told).toEqual([0, 100, 200, 250, -1]);
  });

  it("is not asked for unless somebody wants it", () => {
    const { client, engine } = scene();
    client.request("http://a/");
    expect(engine.last.request.progress).toBe(false);
    client.request("http://a/", { progressIntervalMs: 1 });
    expect(engine.last.request.progress).toBe(true);
  });
});
