import { describe, expect, it } from "vitest";
import { onAbort } from "../../src/client/on-abort.js";
import { MisuseError } from "../../src/index.js";
import { microtasks, scene, stateOf } from "./scripted-transfers.js";

/** A signal that counts who listens. */
function counted() {
  const controller = new AbortController();
  const { signal } = controller;
  const counts = { listeners: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = function (this: AbortSignal, ...args: Parameters<typeof addEventListener>) {
    counts.listeners++;
    return addEventListener.apply(this, args);
  } as never;
  signal.removeEventListener = function (this: AbortSignal, ...args: Parameters<typeof removeEventListener>) {
    counts.listeners--;
    return removeEventListener.apply(this, args);
  } as never;
  return { controller, signal, counts };
}

describe("a signal", () => {
  it("aborted before: nothing is started", async () => {
    const { client, engine } = scene();
    const transfer = client.request("http://a/", { signal: AbortSignal.abort("why") });
    await expect(transfer.head).rejects.toMatchObject({ code: "ABORTED", phase: "queued", cause: "why" });
    expect(engine.log).toEqual([]);
  });

  it("aborts what waits in the queue", async () => {
    const { client, engine } = scene({ transfers: 1 });
    const { controller, signal, counts } = counted();
    client.request("http://a/1");
    const waiting = client.request("http://a/2", { signal });
    controller.abort();
    expect(await stateOf(waiting.head)).toBe("ABORTED");
    expect(client.size).toEqual({ running: 1, queued: 0 });
    expect(counts.listeners).toBe(0);
    engine.last.answer();
    expect(engine.transfers).toHaveLength(1);
  });

  const phases: [string, Record<string, number>][] = [
    ["resolving", {}],
    ["connecting", { NAMELOOKUP_TIME_T: 1 }],
    ["tls", { NAMELOOKUP_TIME_T: 1, CONNECT_TIME_T: 1 }],
    ["waiting", { NAMELOOKUP_TIME_T: 1, CONNECT_TIME_T: 1, PRETRANSFER_TIME_T: 1 }],
  ];
  for (const [phase, infos] of phases)
    it(`aborts while ${phase}, exactly once`, async () => {
      const { client, engine } = scene();
      const { controller, signal, counts } = counted();
      const told: unknown[] = [];
      client.start("https://a/", { signal }, { error: (error) => told.push(error), done: () => told.push("done") });
      Object.assign(engine.last.infos, infos);
      expect(counts.listeners).toBe(1);
      controller.abort(new Error("enough"));
      expect(told).toEqual([]); // not while the one who aborts is on the stack
      engine.last.answer();
      await microtasks();
      expect(told).toEqual([expect.objectContaining({ code: "ABORTED", phase })]);
      expect(engine.log.slice(1)).toEqual(["cancel"]);
      expect(client.size.running).toBe(0);
      expect(counts.listeners).toBe(0);
    });

  it("aborts while sending", async () => {
    const { client, engine } = scene();
    const controller = new AbortController();
    const transfer = client.request("http://a/", { body: "abc", signal: controller.signal });
    Object.assign(engine.last.infos, { NAMELOOKUP_TIME_T: 1, CONNECT_TIME_T: 1, PRETRANSFER_TIME_T: 1 });
    controller.abort();
    await expect(transfer.head).rejects.toMatchObject({ phase: "sending" });
  });

  it("aborts amid the body: what was not read is dropped", async () => {
    const { client, engine } = scene();
    const controller = new AbortController();
    const transfer = client.request("http://a/", { signal: controller.signal });
    engine.last.headers("HTTP/1.1 200 OK\r\n\r\n");
    engine.last.chunk("one");
    controller.abort();
    await microtasks();
    await expect(transfer.body.next()).rejects.toMatchObject({ code: "ABORTED", phase: "receiving" });
    expect((await transfer.head).status).toBe(200);
  });

  it("after the end changes nothing, and is not listened to", async () => {
    const { client, engine } = scene();
    const { controller, signal, counts } = counted();
    const transfer = client.request("http://a/", { signal });
    engine.last.answer("one");
    expect(counts.listeners).toBe(0);
    controller.abort();
    expect(await transfer.text()).toBe("one");
  });

  it("is heard again by those who come after the last one has ended", async () => {
    const { client, engine } = scene();
    const { controller, signal, counts } = counted();
    for (let i = 0; i < 3; i++) {
      client.request("http://a/", { signal });
      engine.last.answer();
    }
    const { head } = client.request("http://a/", { signal });
    expect(counts.listeners).toBe(1);
    controller.abort();
    expect(await stateOf(head)).toBe("ABORTED");
    expect(counts.listeners).toBe(0);
  });

  it("is not heard by one who was taken back by another who heard it first", () => {
    const controller = new AbortController();
    const heard: string[] = [];
    onAbort(controller.signal, () => {
      heard.push("first");
      takeBack();
    });
    const takeBack = onAbort(controller.signal, () => void heard.push("second"));
    controller.abort();
    expect(heard).toEqual(["first"]);
  });

  it("of a thousand transfers warns of nothing", async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => void warnings.push(warning.message);
    process.on("warning", note);
    const { client } = scene();
    const controller = new AbortController();
    const heads = Array.from({ length: 1000 }, () =>
      stateOf(client.request("http://a/", { signal: controller.signal }).head),
    );
    controller.abort();
    expect(new Set(await Promise.all(heads))).toEqual(new Set(["ABORTED"]));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });
});

describe("a signal that is not what it seems", () => {
  it("fails its transfer, and takes no slot", async () => {
    const { client } = scene({ transfers: 1 });
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: () => {
        throw new Error("not listening");
      },
      removeEventListener: () => {},
    };
    for (let i = 0; i < 2; i++) {
      const { head } = client.request("http://a/", { signal });
      expect(await stateOf(head)).toMatchObject({ message: "not listening" });
      expect(client.size).toEqual({ running: 0, queued: 0 });
    }
  });

  it("is let go when there is no room", async () => {
    const { client } = scene({ transfers: 1, queued: 1 });
    const { signal, counts } = counted();
    client.request("http://a/");
    client.request("http://a/");
    expect(await stateOf(client.request("http://a/", { signal }).head)).toBe("QUEUE_FULL");
    expect(counts.listeners).toBe(0);
  });
});

describe("cancelling", () => {
  it("says how far the transfer had come", async () => {
    const { client, engine } = scene({ transfers: 1 });
    const running = client.request("http://a/");
    const queued = client.request("http://a/");
    Object.assign(engine.last.infos, { NAMELOOKUP_TIME_T: 1 });
    queued.cancel();
    running.cancel();
    await expect(queued.head).rejects.toMatchObject({ code: "ABORTED", phase: "queued" });
    await expect(running.head).rejects.toMatchObject({ code: "ABORTED", phase: "connecting" });
  });

  it("fails what is asked for, with the reason", async () => {
    const { client, engine } = scene();
    const transfer = client.request("http://a/");
    const head = transfer.head.catch((error) => error);
    transfer.cancel(new Error("not needed"));
    transfer.cancel();
    expect(await head).toMatchObject({ code: "ABORTED", cause: { message: "not needed" } });
    expect(engine.log.filter((line) => line === "cancel")).toHaveLength(1);
    for (const call of ["pause", "resume", "cancel"] as const) transfer[call]();
  });

  it("of an observed transfer is silent, also when its end was about to be told", async () => {
    const { client, engine } = scene();
    const told: unknown[] = [];
    engine.refusal = new MisuseError("UNKNOWN_OPTION", "no such option");
    const control = client.start("http://a/", { curl: { X: 1 } }, { error: (error) => told.push(error) });
    control.cancel();
    await microtasks();
    expect(told).toEqual([]);
  });
});

describe("what the engine refuses", () => {
  it("is the transfer's error, and the slot is free", async () => {
    const { client, engine } = scene();
    engine.refusal = new MisuseError("UNKNOWN_OPTION", "no such option");
    const transfer = client.request("http://a/", { curl: { X: 1 } });
    await expect(transfer.text()).rejects.toMatchObject({ code: "UNKNOWN_OPTION" });
    expect(client.size).toEqual({ running: 0, queued: 0 });
  });
});
