import { describe, expect, it } from "vitest";
import { createClient, defaultLimits, type Limits, TransferError } from "../../src/index.js";
import { microtasks, ScriptedTransfers, scene, stateOf } from "./scripted-transfers.js";

describe("limits", () => {
  it("have the defaults that their docs say, and refuse what is none", () => {
    expect(scene().client.limits).toEqual(defaultLimits);
    for (const value of [0, -1, 1.5, Number.NaN, "7", null])
      expect(() => scene({ transfers: value as never })).toThrowError(
        expect.objectContaining({ code: "OUT_OF_RANGE" }),
      );
    for (const limits of [5, "transfers"])
      expect(() => scene(limits as never)).toThrowError(expect.objectContaining({ code: "WRONG_TYPE" }));
    expect(() => scene({ transfer: 1 } as never)).toThrowError(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
    expect(scene({ queued: Number.POSITIVE_INFINITY, redirects: undefined as never }).client.limits).toEqual({
      ...defaultLimits,
      queued: Number.POSITIVE_INFINITY,
    });
  });

  it("want an engine, or a function with a loop", () => {
    for (const options of [{}, { engine: null }, { engine: () => ({}) }, { engine: "libcurl" }])
      expect(() => createClient(options as never)).toThrowError(expect.objectContaining({ code: "WRONG_TYPE" }));
  });

  it("start so many at once, in total and per host, in order", () => {
    const { client, engine } = scene({ transfers: 3, transfersPerHost: 2 });
    for (const url of ["http://a/1", "http://a/2", "http://a/3", "http://b/1", "http://c/1"]) client.request(url);
    expect(engine.log).toEqual(["start http://a/1", "start http://a/2", "start http://b/1"]);
    expect(client.size).toEqual({ running: 3, queued: 2 });
    engine.transfers[2]?.answer();
    expect(engine.log.at(-1)).toBe("start http://c/1");
    engine.transfers[0]?.answer();
    expect(engine.log.at(-1)).toBe("start http://a/3");
    expect(client.size).toEqual({ running: 3, queued: 0 });
  });

  it("let hosts take turns", () => {
    const { client, engine } = scene({ transfers: 1 });
    for (const path of ["a/1", "a/2", "a/3", "b/1", "b/2"]) client.request(`http://${path}`);
    for (let i = 0; i < 5; i++) engine.last.answer();
    expect(engine.log.map((line) => line.slice(13))).toEqual(["a/1", "a/2", "b/1", "a/3", "b/2"]);
    expect(client.size).toEqual({ running: 0, queued: 0 });
  });

  it("count by scheme, host and port, and by nothing else", () => {
    const { client, engine } = scene({ transfersPerHost: 1 });
    for (const url of ["http://u:p@A/x", "http://a/y?z", "https://a/", "http://a:81/"]) client.request(url);
    expect(engine.transfers.map(({ request }) => request.url)).toEqual([
      "http://u:p@A/x",
      "https://a/",
      "http://a:81/",
    ]);
  });

  it("fail one more than may wait: QUEUE_FULL", async () => {
    const { client } = scene({ transfers: 1, queued: 1 });
    client.request("http://a/");
    client.request("http://a/");
    expect(await stateOf(client.request("http://b/").head)).toBe("QUEUE_FULL");
    expect(client.size).toEqual({ running: 1, queued: 1 });
  });

  it("start nothing while too much waits to be read: BUFFERS_FULL, until it is read", async () => {
    const { client, engine } = scene({ bufferedBytes: 10 });
    const first = client.request("http://a/");
    engine.last.answer("0123456789+");
    expect(await stateOf(client.request("http://a/").head)).toBe("BUFFERS_FULL");
    expect(await first.text()).toBe("0123456789+");
    client.request("http://a/");
    expect(engine.transfers).toHaveLength(2);
  });

  it("count nothing of a body that was left early, be it after its end", async () => {
    const { client, engine } = scene({ bufferedBytes: 10 });
    const { body } = client.request("http://a/");
    engine.last.headers("HTTP/1.1 200 OK\r\n\r\n");
    for (const chunk of ["one", "0123456789+"]) engine.last.chunk(chunk);
    engine.last.end();
    for await (const _ of body) break;
    client.request("http://a/");
    expect(engine.transfers).toHaveLength(2);
  });

  it("forget bodies that nobody can read any more", async () => {
    const { client, engine } = scene({ bufferedBytes: 10 });
    (() => {
      client.request("http://a/");
      engine.last.answer("0123456789+");
      engine.transfers.length = 0;
    })();
    for (let i = 0; i < 100 && engine.transfers.length === 0; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
      client.request("http://a/");
    }
    expect(engine.transfers.length).toBe(1);
  });

  it("bound what is collected of a body: BODY_TOO_LARGE, with what came", async () => {
    const { client, engine } = scene({ bodyBytes: 5 });
    const text = client.request("http://a/").text();
    engine.last.headers("HTTP/1.1 200 OK\r\n\r\n");
    engine.last.chunk("01234");
    expect(await stateOf(text)).toBe("pending");
    engine.last.chunk("56");
    await expect(text).rejects.toMatchObject({
      code: "BODY_TOO_LARGE",
      phase: "receiving",
      partialBody: new Uint8Array(Buffer.from("0123456")),
    });
    expect(engine.last.over).toBe(true);
    expect(client.size.running).toBe(0);
    const ample = client.request("http://a/", { limits: { bodyBytes: 7 } });
    engine.last.answer("0123456");
    expect(await ample.text()).toBe("0123456");
  });

  it("are named by the errors of the engine's", async () => {
    const errors = [
      [{ code: "HEADERS_TOO_LARGE", curlCode: 23 }, "limits.headerBytes"],
      [{ code: "TRANSFER_FAILED", curlCode: 47 }, "limits.redirects"],
    ] as const;
    for (const [{ code, curlCode }, limit] of errors) {
      const { client, engine } = scene();
      const { head } = client.request("http://a/");
      engine.last.end(new TransferError(code, "too much", { curlCode }));
      await expect(head).rejects.toMatchObject({ message: `too much (${limit})`, curlCode, cause: { code } });
    }
  });

  it("reach the engine", () => {
    const { client, engine } = scene({ headerBytes: 1000, redirects: 3 });
    client.request("http://a/");
    expect(engine.last.request).toMatchObject({ headerLimitBytes: 1000, redirects: 3 });
    client.request("http://a/", { limits: { redirects: 1, headerBytes: 10 } satisfies Partial<Limits> });
    expect(engine.last.request).toMatchObject({ headerLimitBytes: 10, redirects: 1 });
  });
});

describe("closing", () => {
  it("with waiting lets all end, queued ones too, and takes no more", async () => {
    const { client, engine } = scene({ transfers: 1 });
    const all = [client.request("http://a/1"), client.request("http://a/2")];
    const closed = client.close();
    expect(await stateOf(client.request("http://a/3").head)).toBe("CLOSED");
    engine.last.answer("one");
    engine.last.answer("two");
    expect(await Promise.all(all.map((transfer) => transfer.text()))).toEqual(["one", "two"]);
    await closed;
    expect(engine.log.at(-1)).toBe("close");
    expect(client.close({ wait: false })).toBe(client.close());
  });

  it("without waiting fails all with CLOSED", async () => {
    const { client, engine } = scene({ transfers: 1 });
    const all = [client.request("http://a/1"), client.request("http://a/2")];
    const heads = all.map((transfer) => stateOf(transfer.head));
    await client.close({ wait: false });
    expect(await Promise.all(heads)).toEqual(["CLOSED", "CLOSED"]);
    expect(engine.transfers).toHaveLength(1); // nothing is started only to be closed
    expect(client.size).toEqual({ running: 0, queued: 0 });
  });

  it("inside a hook of a transfer ends that, too", async () => {
    const engine = new ScriptedTransfers();
    const client = createClient({ engine });
    const transfer = client.request("http://a/", { hooks: { head: () => void client.close({ wait: false }) } });
    const text = stateOf(transfer.text());
    engine.last.answer("body");
    await microtasks();
    expect(await text).toBe("CLOSED");
  });
});
