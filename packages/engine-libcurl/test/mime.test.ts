/** MIME bodies: of data, files, streams and nested parts, as a server receives them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentOf } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { native } from "../src/binding.js";
import { CURL_READFUNC_PAUSE, type Mime, type MimePart } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

let server: Server;
let base: string;
let bodies: { readonly type: string; readonly text: string }[] = [];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "curlew-mime-"));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push({
        type: request.headers["content-type"] ?? "",
        text: Buffer.concat(chunks).toString("latin1"),
      });
      if (request.url === "/again") response.writeHead(307, { Location: "/there" });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

let loop: HandLoop;
beforeEach(() => {
  bodies = [];
  loop = new HandLoop();
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

async function post(mime: Mime, path = "/", rounds = 1): Promise<number> {
  const easy = loop.easy(`${base}${path}`);
  easy.setopt("HTTPHEADER", ["Expect:"]);
  easy.setopt("FOLLOWLOCATION", 1);
  easy.setopt("MIMEPOST", mime);
  let result = -1;
  for (let round = 0; round < rounds; round++) {
    const before = loop.done.length;
    loop.multi.addHandle(easy);
    await loop.until(before + 1);
    result = loop.done[before]?.result ?? -1;
  }
  failure = result === 0 ? undefined : easy.failure(result);
  easy.cleanup();
  return result;
}
let failure: unknown;

/** The parts of a body: their headers, and what they hold. */
function partsOf({ type, text }: { type: string; text: string }): { headers: string; content: string }[] {
  const boundary = /boundary=(\S+)/.exec(type)?.[1] ?? "none";
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const at = part.indexOf("\r\n\r\n");
      return { headers: part.slice(2, at), content: part.slice(at + 4, -2) };
    });
}

/** A stream of that content, and what was asked of it. */
function streamOf(content: Uint8Array, sizeBytes?: number) {
  let at = 0;
  const asked: string[] = [];
  return {
    asked,
    sizeBytes,
    read(this: unknown, most: number) {
      const bytes = content.subarray(at, at + Math.min(most, 1000));
      at += bytes.length;
      asked.push("read");
      return bytes.length > 0 ? bytes : null;
    },
    seek(offset: number, origin: number) {
      asked.push(`seek ${offset} ${origin}`);
      at = offset;
    },
  };
}

describe("a MIME body", () => {
  it("has parts of every kind", async () => {
    const file = join(folder, "letter.txt");
    writeFileSync(file, "from a file");
    const result = await post([
      { name: "text", data: "grüße", type: "text/plain; charset=utf-8" },
      { name: "bytes", data: new Uint8Array([0, 1, 255]), filename: "a.bin", headers: ["X-Part: 2"] },
      { name: "file", filedata: file },
      { name: "renamed", filedata: file, filename: "other.txt" },
      { name: "coded", data: "hello", encoder: "base64" },
      { name: "stream", stream: streamOf(Buffer.from("streamed"), 8) },
      { name: "nested", type: "multipart/mixed", subparts: [{ data: "first" }, { name: "second", data: "2" }] },
      { name: "empty" },
    ]);
    expect(result).toBe(0);
    const parts = partsOf(bodies[0] ?? { type: "", text: "" });
    const contents = parts.map((part) => part.content);
    expect(Buffer.from(contents[0] ?? "", "latin1").toString()).toBe("grüße");
    expect(parts[0]?.headers).toMatch(/name="text"\r\nContent-Type: text\/plain; charset=utf-8$/);
    expect(contents[1]).toBe("\0\x01\xff");
    expect(parts[1]?.headers).toMatch(/filename="a\.bin"[\s\S]*X-Part: 2/);
    expect([contents[2], parts[2]?.headers]).toEqual(["from a file", expect.stringContaining('filename="letter.txt"')]);
    expect(parts[3]?.headers).toContain('filename="other.txt"');
    expect(contents.slice(4, 6)).toEqual(["aGVsbG8=", "streamed"]);
    expect(contents[6]).toMatch(/\r\n\r\nfirst\r\n--[\s\S]*name="second"\r\n\r\n2\r\n--/);
    expect(contents[7]).toBe("");
  });

  it("is sent whole when it streams in chunks, and once more after a redirect", async () => {
    const content = contentOf("stream", 100_000);
    const stream = streamOf(content);
    expect(await post([{ name: "s", stream }], "/again")).toBe(0);
    for (const body of bodies) expect(partsOf(body)[0]?.content).toBe(content.toString("latin1"));
    expect(bodies).toHaveLength(2);
    expect(stream.asked).toContain("seek 0 0");
  });

  it("can be sent again by the same handle, and by several", async () => {
    const mime: Mime = [{ name: "a", data: "b" }];
    expect(await post(mime, "/", 3)).toBe(0);
    expect(await post(mime)).toBe(0);
    expect(bodies.map((body) => partsOf(body)[0]?.content)).toEqual(["b", "b", "b", "b"]);
  });

  it("is copied by duphandle, and gone after reset", async () => {
    const easy = loop.easy(base);
    easy.setopt("HTTPHEADER", ["Expect:"]);
    easy.setopt("MIMEPOST", [{ name: "a", stream: streamOf(Buffer.from("copied"), 6) }]);
    const copy = easy.duphandle();
    easy.reset();
    easy.setopt("URL", base);
    for (const handle of [copy, easy]) loop.multi.addHandle(handle);
    await loop.until(2);
    expect(bodies.map(({ text }) => (text === "" ? "none" : "body")).sort()).toEqual(["body", "none"]);
    copy.cleanup();
    easy.cleanup();
  });

  it("pauses when a stream has nothing yet", async () => {
    let ready = false;
    let sent = false;
    const easy = loop.easy(base);
    const stream = {
      sizeBytes: 4,
      read: () => {
        if (!ready) return CURL_READFUNC_PAUSE;
        if (sent) return null;
        sent = true;
        return Buffer.from("late");
      },
    };
    easy.setopt("HTTPHEADER", ["Expect:"]);
    easy.setopt("MIMEPOST", [{ name: "s", stream }]);
    loop.multi.addHandle(easy);
    await loop.while(() => !easy.paused);
    ready = true;
    let unpauses = 0;
    await loop.while(() => {
      if (easy.paused) unpauses++;
      if (easy.paused) easy.pause(0);
      return loop.done.length < 1;
    });
    console.log(`libcurl ${loop.multi.library.version} wanted ${unpauses} unpauses`);
    expect(partsOf(bodies[0] ?? { type: "", text: "" })[0]?.content).toBe("late");
    easy.cleanup();
  });
});

describe("a collected transfer", () => {
  it("takes one as option MIMEPOST, with a body of its own no more, and its streams cannot pause", async () => {
    const run = async (mime: Mime): Promise<number> => {
      const easy = loop.multi.prepare({ url: base, curl: { MIMEPOST: mime } });
      loop.multi.addHandle(easy);
      await loop.until(loop.done.length + 1);
      const result = loop.done.at(-1)?.result ?? -1;
      failure = easy.failure(result);
      easy.cleanup();
      return result;
    };
    expect(await run([{ name: "s", stream: streamOf(Buffer.from("streamed")) }])).toBe(0);
    expect(partsOf(bodies[0] ?? { type: "", text: "" })[0]?.content).toBe("streamed");
    expect(await run([{ name: "s", stream: { read: () => CURL_READFUNC_PAUSE, sizeBytes: 5 } }])).toBe(42);
    expect(failure).toMatchObject({ code: "CALLBACK_FAILED", cause: { code: "OUT_OF_RANGE" } });
    const both = { url: base, body: Buffer.from("b"), curl: { MIMEPOST: [{ name: "a", data: "b" }] } };
    expect(() => loop.multi.prepare(both)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });
});

describe("a stream that throws", () => {
  it("aborts the transfer, and what was thrown is the cause", async () => {
    const cause = new Error("no more");
    const stream = {
      sizeBytes: 5,
      read(): never {
        throw cause;
      },
    };
    expect(await post([{ name: "s", stream }])).toBe(42);
    expect(failure).toMatchObject({ code: "CALLBACK_FAILED", cause });
  });

  it("in its seek does the same", async () => {
    const cause = new Error("cannot");
    const stream = {
      ...streamOf(Buffer.from("hello"), 5),
      seek(): never {
        throw cause;
      },
    };
    expect([42, 65]).toContain(await post([{ name: "s", stream }], "/again"));
    expect(failure).toMatchObject({ code: "CALLBACK_FAILED", cause });
  });
});

describe("what is no MIME body", () => {
  const refused: [unknown, string][] = [
    ["text", "WRONG_TYPE"],
    [{ name: "a" }, "WRONG_TYPE"],
    [[5], "WRONG_TYPE"],
    [[{ name: 5 }], "WRONG_TYPE"],
    [[{ data: 5 }], "WRONG_TYPE"],
    [[{ filedata: "-" }], "OUT_OF_RANGE"],
    [[{ filedata: "/nowhere/at/all" }], "OPTION_REFUSED"],
    [[{ data: "a", filedata: "b" }], "OUT_OF_RANGE"],
    [[{ data: "a", datum: "b" }], "UNKNOWN_OPTION"],
    [[{ name: "a\r\nX: y" }], "FORBIDDEN_CHARACTER"],
    [[{ name: "a\0" }], "FORBIDDEN_CHARACTER"],
    [[{ headers: ["no colon"] }], "FORBIDDEN_CHARACTER"],
    [[{ encoder: "rot13", data: "a" }], "OPTION_REFUSED"],
    [[{ stream: {} }], "WRONG_TYPE"],
    [[{ stream: { read: () => null, sizeBytes: -1 } }], "OUT_OF_RANGE"],
    [[{ subparts: "text" }], "WRONG_TYPE"],
  ];
  for (const [mime, code] of refused)
    it(`is refused before anything is changed: ${JSON.stringify(mime)}`, () => {
      const easy = loop.easy(base);
      expect(() => easy.setopt("MIMEPOST", mime as Mime)).toThrow(expect.objectContaining({ code }));
      easy.cleanup();
    });

  it("a part that contains itself is refused", () => {
    const part: { subparts: MimePart[] } = { subparts: [] };
    part.subparts.push(part);
    const easy = loop.easy(base);
    expect(() => easy.setopt("MIMEPOST", [part])).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    easy.cleanup();
  });
});

it("10 000 MIME bodies on one handle, and 10 000 handles with one: memory flat", async () => {
  const collect = globalThis.gc as () => void;
  const mime: Mime = [
    { name: "a", data: new Uint8Array(2000) },
    { name: "n", subparts: [{ data: "x".repeat(1000), headers: ["X-One: 1"] }] },
    { name: "s", stream: streamOf(Buffer.from("s"), 1) },
  ];
  const easy = loop.easy(base);
  const round = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      easy.setopt("MIMEPOST", mime);
      loop.easy(base).setopt("MIMEPOST", mime); // dropped
      if (i % 500 > 0) continue;
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    return process.memoryUsage().rss / 1_048_576;
  };
  const before = native().live().easies;
  const warm = await round(2000);
  const after = await round(10_000);
  console.log(`resident after 2 000: ${warm.toFixed(1)} MiB, after 12 000: ${after.toFixed(1)} MiB`);
  expect(after - warm).toBeLessThan(20); // leaked, it would be 70 MiB and more
  expect(native().live().easies - before).toBeLessThan(1000);
  easy.cleanup();
});
