import { describe, expect, it } from "vitest";
import { TransferError } from "../../src/index.js";
import { microtasks, scene, stateOf } from "./scripted-transfers.js";

const HEAD = "HTTP/1.1 200 OK\r\n\r\n";

function reading(options: object = {}) {
  const { client, engine } = scene();
  const transfer = client.request("http://a/", options);
  const scripted = engine.last;
  scripted.headers(HEAD);
  return { transfer, scripted, log: engine.log.splice(0) && engine.log };
}

describe("a body that is iterated", () => {
  it("gives chunks as they come, then ends; chunks before an error come first", async () => {
    const { transfer, scripted } = reading();
    const { body } = transfer;
    scripted.chunk("one");
    const read = [body.next(), body.next(), body.next(), body.next()]; // as many at once as one likes
    await microtasks();
    scripted.chunk("two");
    scripted.chunk("three");
    scripted.end(new TransferError("TRANSFER_FAILED", "reset", { curlCode: 56 }));
    const texts = await Promise.all(read.slice(0, 3).map(async (next) => String((await next).value)));
    expect(texts).toEqual(["one", "two", "three"]);
    await expect(read[3]).rejects.toMatchObject({ code: "TRANSFER_FAILED", curlCode: 56, phase: "receiving" });
  });

  it("pauses at the mark, and goes on below it", async () => {
    const { transfer, scripted, log } = reading({ highWaterBytes: 30 });
    const { body } = transfer;
    scripted.chunk("012345678"); // a third of it is the reader's
    expect(log).toEqual([]);
    scripted.chunk("9");
    expect(log).toEqual(["pause"]);
    scripted.chunk("more");
    expect(log).toEqual(["pause"]);
    await body.next();
    expect(log).toEqual(["pause", "resume"]);
    await body.next();
    await body.next();
    const waiting = body.next();
    await microtasks();
    scripted.chunk("0123456789"); // somebody waits for it
    expect((await waiting).value).toHaveLength(10);
    expect(log.at(-1)).toBe("resume");
  });

  it("paused by its user stays so, however much is read", async () => {
    const { transfer, scripted, log } = reading({ highWaterBytes: 3 });
    transfer.pause();
    scripted.chunk("0123456789");
    await transfer.body.next();
    expect(log).toEqual(["pause"]);
    transfer.resume();
    transfer.resume();
    expect(log).toEqual(["pause", "resume"]);
  });

  it("left early cancels the transfer", async () => {
    const { transfer, scripted } = reading();
    scripted.chunk("one");
    scripted.chunk("two");
    for await (const chunk of transfer.body) {
      expect(String(chunk)).toBe("one");
      break;
    }
    expect(scripted.over).toBe(true);
    expect(await stateOf(transfer.infos)).toBe("ABORTED");
  });

  it("left at its end has not failed", async () => {
    const { transfer, scripted } = reading();
    scripted.chunk("one");
    scripted.end();
    for await (const _ of transfer.body) break;
    expect((await transfer.infos).redirects).toBe(0);
  });
});

describe("a body that is collected", () => {
  it("is whole, and memory of its own", async () => {
    const { transfer, scripted } = reading();
    const shared = new Uint8Array(100).fill(7);
    scripted.sink.chunk?.(shared.subarray(10, 20));
    scripted.end();
    const bytes = await transfer.bytes();
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([10, 10]);
  });

  it("after it has waited at its mark goes on from there", async () => {
    const { transfer, scripted, log } = reading({ highWaterBytes: 3 });
    scripted.chunk("one");
    expect(log).toEqual(["pause"]);
    const text = transfer.text();
    expect(log).toEqual(["pause", "resume"]);
    scripted.chunk("two");
    scripted.end();
    expect(await text).toBe("onetwo");
    expect(log).toEqual(["pause", "resume"]);
  });

  it("that fails has what came of it", async () => {
    const { transfer, scripted } = reading();
    scripted.chunk("one");
    const text = transfer.text();
    scripted.chunk("two");
    scripted.end(new TransferError("TRANSFER_FAILED", "cut", { curlCode: 18 }));
    const error = (await text.catch((caught) => caught)) as TransferError;
    expect(Buffer.from(error.partialBody ?? []).toString()).toBe("onetwo");
  });

  it("as JSON says when it is none", async () => {
    const good = reading();
    good.scripted.chunk('{"a":[1,"é"]}');
    good.scripted.end();
    expect(await good.transfer.json()).toEqual({ a: [1, "é"] });
    const bad = reading();
    bad.scripted.chunk("<html>");
    bad.scripted.end();
    await expect(bad.transfer.json()).rejects.toMatchObject({ code: "NOT_JSON", cause: expect.any(SyntaxError) });
  });

  it("or read otherwise, is read once: BODY_USED", async () => {
    const ways = ["bytes", "text", "json", "discard", "stream", "body"] as const;
    for (const first of ways)
      for (const second of ways) {
        const { transfer, scripted } = reading();
        scripted.chunk("{}");
        scripted.end();
        const use = async (way: (typeof ways)[number]) => (way === "body" ? transfer.body : transfer[way]());
        await use(first);
        await expect(use(second)).rejects.toMatchObject({ code: "BODY_USED" });
        expect(transfer.bodyUsed).toBe(true);
      }
  });

  it("or discarded, is let come to its end", async () => {
    const { transfer, scripted } = reading({ highWaterBytes: 3 });
    const discarded = transfer.discard();
    for (let i = 0; i < 10; i++) {
      scripted.chunk("0123456789");
      await microtasks();
    }
    scripted.infos.RESPONSE_CODE = 200;
    scripted.end();
    expect((await discarded).status).toBe(200);
  });
});

describe("a body as a ReadableStream", () => {
  it("is pulled: nothing is taken that nobody asked for", async () => {
    const { transfer, scripted, log } = reading({ highWaterBytes: 3 });
    const reader = (transfer.stream() as ReadableStream<Uint8Array>).getReader();
    scripted.chunk("one");
    await microtasks();
    expect(log).toEqual(["pause"]);
    expect(String((await reader.read()).value)).toBe("one");
    scripted.end();
    expect((await reader.read()).done).toBe(true);
  });

  it("that is cancelled cancels the transfer, and one that fails fails", async () => {
    const first = reading();
    await (first.transfer.stream() as ReadableStream).cancel("enough");
    expect(first.scripted.over).toBe(true);
    const second = reading();
    const reader = (second.transfer.stream() as ReadableStream).getReader();
    second.scripted.end(new TransferError("TRANSFER_FAILED", "cut"));
    await expect(reader.read()).rejects.toMatchObject({ code: "TRANSFER_FAILED" });
  });
});

describe("promises", () => {
  it("nobody asked for fail without a word; those asked for late are told all the same", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", note);
    const { transfer, scripted } = reading();
    scripted.end(new TransferError("TRANSFER_FAILED", "cut"));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    expect((await transfer.head).status).toBe(200);
    for (const promise of [transfer.infos, transfer.trailers]) expect(await stateOf(promise)).toBe("TRANSFER_FAILED");
  });

  it("of trailers have none, or what came", async () => {
    const none = reading();
    none.scripted.end();
    expect((await none.transfer.trailers).raw).toEqual([]);
    const some = reading();
    some.scripted.sink.trailers?.(Buffer.from("X-Checksum: 1\r\n"));
    some.scripted.end();
    expect((await some.transfer.trailers).get("x-checksum")).toBe("1");
  });
});
