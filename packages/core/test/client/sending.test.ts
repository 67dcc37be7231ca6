import { describe, expect, it } from "vitest";
import { type BodyController, type RequestBody, TransferError } from "../../src/index.js";
import { microtasks, scene } from "./scripted-transfers.js";

/** A source that notes what is asked of it, and gives what a test says. */
function source() {
  const log: string[] = [];
  let give: (result: IteratorResult<unknown>) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const iterator = {
    next: () => {
      log.push("next");
      return new Promise<IteratorResult<unknown>>((resolve, reject) => {
        give = resolve;
        fail = reject;
      });
    },
    return: async () => {
      log.push("return");
      return { done: true as const, value: undefined };
    },
  };
  const body: AsyncIterable<unknown> = { [Symbol.asyncIterator]: () => iterator };
  return {
    body,
    log,
    async gives(value: unknown) {
      give({ done: false, value });
      await microtasks();
    },
    async ends() {
      give({ done: true, value: undefined });
      await microtasks();
    },
    async fails(error: unknown) {
      fail(error);
      await microtasks();
    },
  };
}

function sending(body: RequestBody, options: object = {}) {
  const { client, engine } = scene();
  const transfer = client.request("http://a/", { body, ...options });
  return { client, transfer, scripted: engine.last, log: engine.log };
}

describe("a body from a source", () => {
  it("is asked for when there is room, a chunk at a time, and not before the request was sent", async () => {
    const from = source();
    const { scripted, log } = sending(from.body);
    await microtasks();
    expect(from.log).toEqual([]);
    scripted.sink.drain?.();
    scripted.sink.drain?.();
    expect(from.log).toEqual(["next"]);
    await from.gives(Buffer.from("abc"));
    expect(from.log).toEqual(["next", "next"]);
    scripted.room = false;
    await from.gives(new Uint16Array([1, 2]));
    expect(from.log).toEqual(["next", "next"]);
    scripted.sink.drain?.();
    expect(from.log).toEqual(["next", "next", "next"]);
    await from.ends();
    expect(log.slice(1)).toEqual(["send 3", "send 4", "end of body"]);
    scripted.sink.drain?.();
    scripted.answer();
    await microtasks();
    expect(from.log).toEqual(["next", "next", "next"]); // a source that has ended is not returned to
  });

  it("is let go when the transfer ends before it", async () => {
    const from = source();
    const { scripted, transfer } = sending(from.body);
    scripted.sink.drain?.();
    scripted.answer("enough", 413);
    await microtasks();
    expect(from.log).toEqual(["next", "return"]);
    await from.gives(Buffer.from("late"));
    expect(scripted.sent).toEqual([]);
    expect(await transfer.text()).toBe("enough");
  });

  it("that fails, or gives what is no bytes, fails the transfer: BODY_FAILED", async () => {
    const failing = source();
    const first = sending(failing.body);
    first.scripted.sink.drain?.();
    const head = first.transfer.head.catch((error) => error);
    await failing.fails(new Error("disk gone"));
    expect(await head).toMatchObject({ code: "BODY_FAILED", phase: "sending", cause: { message: "disk gone" } });
    expect(first.client.size.running).toBe(0);
    const wrong = source();
    const second = sending(wrong.body);
    second.scripted.sink.drain?.();
    const text = second.transfer.text().catch((error) => error);
    await wrong.gives("a string");
    expect(await text).toMatchObject({ code: "BODY_FAILED", message: expect.stringContaining("Uint8Array") });
    expect(wrong.log).toContain("return");
  });

  it("that is wanted once more cannot be sent: BODY_FAILED", async () => {
    const { scripted, transfer } = sending(source().body);
    const why = new TransferError("TRANSFER_FAILED", "seek callback returned error 2", { curlCode: 65 });
    scripted.end(why);
    const told = { code: "BODY_FAILED", curlCode: 65, cause: why, message: expect.stringContaining("once") };
    await expect(transfer.head).rejects.toMatchObject(told);
  });

  it("whose iterator cannot even be made fails the transfer", async () => {
    const broken = {
      [Symbol.asyncIterator]() {
        throw new Error("no iterator");
      },
    };
    const { scripted, transfer } = sending(broken as never);
    scripted.sink.drain?.();
    await expect(transfer.head).rejects.toMatchObject({ code: "BODY_FAILED" });
  });

  it("has a size when it tells, or its user does", () => {
    expect(sending(new Blob(["abc"])).scripted.request.body).toEqual({ stream: true, sizeBytes: 3 });
    expect(sending(source().body, { bodySizeBytes: 9 }).scripted.request.body).toEqual({ stream: true, sizeBytes: 9 });
    expect(sending(new ReadableStream()).scripted.request.body).toEqual({ stream: true });
  });

  it("that is a stream of the runtime's is read by its reader where it cannot be iterated", async () => {
    const chunks = [Buffer.from("a"), Buffer.from("b")];
    let cancelled = 0;
    const body = {
      getReader: () => ({
        read: async () => ({ done: chunks.length === 0, value: chunks.shift() }),
        cancel: async () => void cancelled++,
      }),
    };
    const { scripted, log } = sending(body);
    scripted.sink.drain?.();
    await microtasks();
    expect(log.slice(1)).toEqual(["send 1", "send 1", "end of body"]);
    expect(cancelled).toBe(0);
  });
});

describe("bodies by their kind", () => {
  const header = (body: RequestBody | undefined, headers = {}) =>
    sending(body as RequestBody, { headers }).scripted.request.headers;

  it("say their type as fetch does, unless the user says another", () => {
    expect(header("é")).toEqual(["Content-Type: text/plain;charset=UTF-8", "Expect:"]);
    expect(header(new URLSearchParams("a=1"))).toContain(
      "Content-Type: application/x-www-form-urlencoded;charset=UTF-8",
    );
    expect(header(new Blob(["x"], { type: "image/png" }))).toContain("Content-Type: image/png");
    expect(header(new Uint8Array(1))).toEqual(["Expect:"]);
    expect(header("é", { "content-TYPE": "a/b" })).toEqual(["content-TYPE: a/b", "Expect:"]);
    expect(header("é", { Expect: "100-continue" })).toContain("Expect: 100-continue");
    expect(header(undefined)).toEqual([]);
  });

  it("are of those bytes", () => {
    const bytes = (body: RequestBody) => Buffer.from(sending(body).scripted.request.body as Uint8Array).toString();
    expect(bytes("é")).toBe("é");
    expect(bytes(new Uint8Array(Buffer.from("xabcx")).subarray(1, 4))).toBe("abc");
    expect(bytes(new DataView(new Uint8Array(Buffer.from("xabc")).buffer, 1))).toBe("abc");
    expect(bytes(new Uint8Array(Buffer.from("abc")).buffer)).toBe("abc");
    expect(bytes(new URLSearchParams({ a: "1 2" }))).toBe("a=1+2");
  });

  it("are empty, with a length of 0, where the method is to have one", () => {
    for (const method of ["POST", "PUT", "PATCH"])
      expect(sending(undefined as never, { method }).scripted.request.body).toEqual(new Uint8Array(0));
    for (const method of ["GET", "HEAD", "DELETE", "OPTIONS"])
      expect(sending(undefined as never, { method }).scripted.request).not.toHaveProperty("body");
  });

  it("of forms are multipart, as the HTML standard encodes them, with a size that holds", async () => {
    const form = new FormData();
    form.append('na"me\r\n', "line\nline");
    form.append("file", new File(["content"], 'a"b.txt', { type: "text/x" }));
    form.append("blob", new Blob(["untyped"]));
    const { scripted, log } = sending(form);
    scripted.sink.drain?.();
    while (!log.includes("end of body")) await new Promise((resolve) => setImmediate(resolve));
    const sent = Buffer.concat(scripted.sent).toString();
    const type = (scripted.request.headers?.[0] ?? "").slice("Content-Type: ".length);
    const boundary = `--${type.split("boundary=")[1]}`;
    expect(sent.split(boundary)).toEqual([
      "",
      '\r\nContent-Disposition: form-data; name="na%22me%0D%0A"\r\n\r\nline\r\nline\r\n',
      '\r\nContent-Disposition: form-data; name="file"; filename="a%22b.txt"\r\nContent-Type: text/x\r\n\r\ncontent\r\n',
      '\r\nContent-Disposition: form-data; name="blob"; filename="blob"\r\n' +
        "Content-Type: application/octet-stream\r\n\r\nuntyped\r\n",
      "--\r\n",
    ]);
    expect(scripted.request.body).toEqual({ stream: true, sizeBytes: Buffer.byteLength(sent) });
    // And by a parser of somebody else's; Bun's leaves the escapes of names as they are.
    const parsed = await new Response(sent, { headers: { "Content-Type": type } }).formData();
    expect([...parsed.values()][0]).toBe("line\r\nline");
    expect(await (parsed.get("file") as File).text()).toBe("content");
    expect(await (parsed.get("blob") as File).text()).toBe("untyped");
  });
});

/** A BodySource that does as a test says, and notes what it is asked. */
function pushed(pull: (controller: BodyController) => unknown = () => {}) {
  const log: string[] = [];
  let controller: BodyController | undefined;
  const body = {
    start(given: BodyController) {
      log.push("start");
      controller = given;
    },
    pull(given: BodyController) {
      log.push("pull");
      return pull(given);
    },
    cancel() {
      log.push("cancel");
    },
  };
  return {
    body,
    log,
    get controller(): BodyController {
      if (!controller) throw new Error("it was not started");
      return controller;
    },
  };
}

describe("a body that is passed on", () => {
  const abc = Buffer.from("abc");

  it("goes out with the request; pull is called when there is room, and not before", async () => {
    const from = pushed();
    const { scripted, log } = sending(from.body);
    from.controller.enqueue(abc);
    expect([from.log, from.controller.desiredSize]).toEqual([["start"], 1]);
    scripted.room = false;
    from.controller.enqueue(abc);
    expect(from.controller.desiredSize).toBe(0);
    scripted.room = true;
    scripted.sink.drain?.();
    expect([from.log, from.controller.desiredSize]).toEqual([["start", "pull"], 1]);
    from.controller.enqueue(abc); // and there is room still
    expect(from.log).toEqual(["start", "pull", "pull"]);
    from.controller.close();
    from.controller.close();
    expect(() => from.controller.enqueue(abc)).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
    expect(log.slice(1)).toEqual(["send 3", "send 3", "send 3", "end of body"]);
    scripted.answer();
    expect(from.log).toEqual(["start", "pull", "pull"]);
  });

  it("is pulled one call at a time, and again when something came of it", async () => {
    let settle: () => void = () => {};
    const from = pushed((controller) => {
      controller.enqueue(abc);
      return new Promise<void>((resolve) => {
        settle = resolve;
      });
    });
    const { scripted } = sending(from.body);
    scripted.sink.drain?.();
    scripted.sink.drain?.();
    expect(from.log).toEqual(["start", "pull"]);
    settle();
    await microtasks();
    expect(from.log).toEqual(["start", "pull", "pull"]);
  });

  it("of a hundred thousand pieces that all are here does not fill the stack", () => {
    let left = 100_000;
    const from = pushed((controller) => (left-- > 0 ? controller.enqueue(abc) : controller.close()));
    const { scripted, log } = sending(from.body);
    scripted.sink.drain?.();
    expect([scripted.sent.length, log.at(-1)]).toEqual([100_000, "end of body"]);
  });

  it("is let go when the transfer ends before it; what comes then is nothing to anybody", () => {
    const from = pushed();
    const { scripted } = sending(from.body);
    scripted.answer("enough", 413);
    expect(from.log).toEqual(["start", "cancel"]);
    from.controller.enqueue(abc);
    from.controller.error(new Error("late"));
    from.controller.close();
    expect([scripted.sent, from.controller.desiredSize]).toEqual([[], 0]);
  });

  it.each<[string, (controller: BodyController) => unknown, object]>([
    ["says so", (to) => to.error(new Error("gone")), { cause: { message: "gone" } }],
    ["throws", () => Promise.reject(new Error("gone")), { cause: { message: "gone" } }],
    ["gives text", (to) => to.enqueue("text" as never), { message: expect.stringContaining("Uint8Array") }],
  ])("that %s fails the transfer: BODY_FAILED", async (_what, pull, told) => {
    const { scripted, transfer, client } = sending(pushed(pull).body);
    const head = transfer.head.catch((error) => error);
    scripted.sink.drain?.();
    await microtasks();
    expect(await head).toMatchObject({ code: "BODY_FAILED", phase: "sending", ...told });
    expect(client.size.running).toBe(0);
  });

  it("that cannot be started fails it, too", async () => {
    const start = (): void => {
      throw new Error("not today");
    };
    const { transfer } = sending({ ...pushed().body, start });
    await expect(transfer.head).rejects.toMatchObject({ code: "BODY_FAILED", cause: { message: "not today" } });
  });

  it("is not pulled before its start has resolved, and fails with it", async () => {
    let settle: (error?: Error) => void = () => {};
    const start = (): Promise<void> =>
      new Promise((resolve, reject) => {
        settle = (error) => (error ? reject(error) : resolve());
      });
    const from = pushed();
    const first = sending({ ...from.body, start });
    first.scripted.sink.drain?.();
    expect(from.log).toEqual([]);
    settle();
    await microtasks();
    expect(from.log).toEqual(["pull"]);
    const { transfer } = sending({ ...from.body, start });
    settle(new Error("not today"));
    await expect(transfer.head).rejects.toMatchObject({ code: "BODY_FAILED", cause: { message: "not today" } });
  });

  it("is let go when its transfer has never begun", async () => {
    const { client, engine } = scene({ transfers: 1, queued: 1 });
    const logs = Array.from({ length: 4 }, () => pushed());
    const [refused, queued, full, late] = logs.map(({ body }) => body);
    engine.refusal = new Error("no such option");
    client.request("http://a/", { body: refused });
    client.request("http://a/");
    const waiting = client.request("http://a/", { body: queued });
    client.request("http://a/", { body: full });
    waiting.cancel();
    client.request("http://a/", { body: late, signal: AbortSignal.abort() });
    expect(logs.map(({ log }) => log)).toEqual(Array(4).fill(["cancel"]));
  });

  it("is what has a `pull`, unless it can be iterated and has no `start`", async () => {
    const iterable = Object.assign(
      (async function* () {
        yield abc;
      })(),
      { pull: () => {} },
    );
    const { scripted } = sending(iterable);
    scripted.sink.drain?.();
    await microtasks();
    expect(scripted.sent).toEqual([abc]);
  });

  it("is not started before its transfer has a slot", () => {
    const { client, engine } = scene({ transfers: 1 });
    client.request("http://a/");
    const from = pushed();
    client.request("http://a/", { body: from.body });
    expect(from.log).toEqual([]);
    engine.last.answer();
    expect(from.log).toEqual(["start"]);
  });
});
