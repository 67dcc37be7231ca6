import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { TransferRequest } from "@curlew/core";
import { contentOf, sha256, type TestServer } from "@curlew/testkit";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Easy } from "../src/index.js";
import { eachTestWith, type HandLoop } from "./hand-loop.js";

/** Bodies taken as they come: in memory of their own when they are large, and stopped between two reads. */

const KIB = 1024;
const PATIENCE_MS = 10_000;

let server: TestServer;
let loop: HandLoop;

eachTestWith((ownServer, ownLoop) => {
  server = ownServer;
  loop = ownLoop;
});

/** Takes what there is at each turn. `decide` is asked before each: whether the receiver is held then. */
async function taken(
  path: string,
  more: Partial<TransferRequest>,
  decide: (turn: number) => boolean = () => false,
  use?: (piece: Uint8Array) => void,
) {
  const easy = loop.multi.prepare({ url: path.startsWith("/") ? server.http + path : path, ...more });
  const pieces: Uint8Array[] = [];
  const ended = loop.done.length + 1;
  loop.multi.addHandle(easy);
  let held = false;
  for (let turn = 0; loop.done.length < ended; turn++) {
    if (decide(turn) !== held) {
      held = !held;
      loop.multi.hold(easy, held);
    }
    loop.turn();
    collect(easy, pieces, use);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (held) loop.multi.hold(easy, false);
  collect(easy, pieces, use);
  expect(loop.done.at(-1)?.result).toBe(0);
  loop.multi.release(easy, true);
  return pieces;
}

/** As a driver does: what is full goes on when all of it was taken. */
function collect(easy: Easy, pieces: Uint8Array[], use: (piece: Uint8Array) => void = () => {}): void {
  let full = false;
  const before = pieces.length;
  loop.multi.collect((_easy, kind, bytes) => {
    if (kind === "body") pieces.push(bytes);
    if (kind === "full") full = true;
  });
  for (const piece of pieces.slice(before)) use(piece);
  if (full) expect(loop.multi.proceed(easy)).toBe(0);
}

const MIB = 1_048_576;

describe("pieces of a body", () => {
  it("have memory of their own, which may be given away while more is to come", async () => {
    const large = { highWaterBytes: 256 * KIB, curl: { BUFFERSIZE: 128 * KIB } };
    let alone = 0;
    for (let i = 0; i < 3; i++) {
      const copies: Uint8Array[] = [];
      await taken(`/bytes/${4 * MIB}`, large, undefined, (piece) => {
        copies.push(Buffer.from(piece));
        if (piece.length < 64 * KIB) return;
        alone++;
        expect(piece.byteOffset).toBe(0);
        expect(piece.buffer.byteLength).toBeLessThanOrEqual(2 * piece.length);
        structuredClone(piece.buffer, { transfer: [piece.buffer as ArrayBuffer] });
      });
      expect(sha256(Buffer.concat(copies))).toBe(sha256(contentOf("bytes", 4 * MIB)));
    }
    expect(alone).toBeGreaterThan(12);
  });

  it("come as they were sent, whatever their sizes, marks and pauses", async () => {
    const run = fc.record({
      bytes: fc.integer({ min: 0, max: 3 * MIB }),
      BUFFERSIZE: fc.integer({ min: 1024, max: 512 * KIB }),
      highWaterBytes: fc.integer({ min: 1, max: MIB }),
      chunked: fc.boolean(),
      holds: fc.array(fc.boolean(), { maxLength: 12 }),
    });
    const property = fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 3 }), async (runs) => {
      for (const { bytes, BUFFERSIZE, highWaterBytes, chunked, holds } of runs) {
        const path = `/${chunked ? "chunked" : "bytes"}/${bytes}`;
        const pieces = await taken(path, { highWaterBytes, curl: { BUFFERSIZE } }, (turn) => holds[turn] ?? false);
        expect(sha256(Buffer.concat(pieces))).toBe(sha256(contentOf("bytes", bytes)));
        for (const { length } of pieces) expect(length).toBeLessThanOrEqual(highWaterBytes + BUFFERSIZE + 16 * KIB);
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it("are counted while they wait to be collected, but for those of who is held", async () => {
    loop.multi.watchSockets({ opened: () => {}, closing: () => {} });
    const waiting: number[] = [];
    const seen: number[] = [];
    const request = { highWaterBytes: 256 * KIB, curl: { BUFFERSIZE: 128 * KIB } };
    const easy = loop.multi.prepare({ url: `${server.http}/bytes/${4 * MIB}`, ...request });
    loop.multi.addHandle(easy);
    while (loop.done.length === 0) {
      loop.turn();
      const pieces: Uint8Array[] = [];
      waiting.push(loop.multi.gatheredBytes());
      collect(easy, pieces);
      seen.push(pieces.reduce((sum, { length }) => sum + length, 0));
      expect(loop.multi.gatheredBytes()).toBeLessThanOrEqual(easy.paused ? 0 : 128 * KIB);
      await new Promise((resolve) => setImmediate(resolve));
    }
    loop.multi.release(easy, true);
    expect(seen.reduce((sum, bytes) => sum + bytes)).toBe(4 * MIB);
    expect(waiting).toEqual(seen);

    const other = loop.multi.prepare({ url: `${server.http}/bytes/${MIB}`, ...request });
    loop.multi.addHandle(other);
    loop.multi.hold(other, true);
    await loop.while(() => !other.paused);
    expect(loop.multi.gatheredBytes()).toBe(0);
    loop.multi.hold(other, false);
    const waited = loop.multi.gatheredBytes();
    const kept: Uint8Array[] = [];
    collect(other, kept);
    expect(waited).toBe(kept.reduce((sum, { length }) => sum + length, 0));
    expect(waited).toBeGreaterThanOrEqual(256 * KIB);
    loop.multi.removeHandle(other);
    loop.multi.release(other, false);
    expect(loop.multi.gatheredBytes()).toBe(0);
  });

  it("are not counted as long as a body is wanted whole", async () => {
    loop.multi.watchSockets({ opened: () => {}, closing: () => {} });
    const easy = loop.multi.prepare({ url: `${server.http}/bytes/${MIB}` });
    loop.multi.addHandle(easy);
    loop.multi.receiveWhole(easy, 2 * MIB);
    while (loop.done.length === 0) {
      expect(loop.multi.gatheredBytes()).toBe(0);
      loop.turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(loop.multi.gatheredBytes()).toBe(MIB);
    const pieces: Uint8Array[] = [];
    collect(easy, pieces);
    expect(pieces.map(({ length }) => length)).toEqual([MIB]);
    expect(loop.multi.gatheredBytes()).toBe(0);
    loop.multi.release(easy, true);
  });

  it("of a compressed body are no longer than their mark and one read, however much they become", async () => {
    const zeros = gzipSync(Buffer.alloc(48 * MIB));
    const bomb = createHttpServer((_request, response) => {
      response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": zeros.length }).end(zeros);
    }).listen(0, "127.0.0.1");
    await once(bomb, "listening");
    const url = `http://127.0.0.1:${(bomb.address() as AddressInfo).port}/`;
    for (const BUFFERSIZE of [16 * KIB, 64 * KIB]) {
      const pieces = await taken(url, { highWaterBytes: 4 * MIB, decompress: true, curl: { BUFFERSIZE } });
      expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(48 * MIB);
      for (const { length } of pieces) expect(length).toBeLessThanOrEqual(4 * MIB + 2 * BUFFERSIZE);
    }
    loop.multi.cleanup(); // whose connection would keep the server
    bomb.close();
    await once(bomb, "close");
  });

  it("end between two reads on 7.x, where nothing is kept to be given out again", async () => {
    const request = { highWaterBytes: 128 * KIB, curl: { BUFFERSIZE: 512 * KIB } };
    const pieces = await taken(`/bytes/${16 * MIB}`, request);
    const longest = Math.max(...pieces.map(({ length }) => length));
    if (loop.multi.library.version.startsWith("7.")) expect(longest).toBeGreaterThan(160 * KIB);
    else expect(longest).toBeLessThanOrEqual(144 * KIB);
  });

  it("of a transfer that is held are as many as its mark and one read, however long it is", async () => {
    const mark = 256 * KIB;
    const request = { highWaterBytes: mark, curl: { BUFFERSIZE: 128 * KIB } };
    const easy = loop.multi.prepare({ url: `${server.http}/bytes/${32 * MIB}`, ...request });
    loop.multi.addHandle(easy);
    loop.multi.hold(easy, true);
    await loop.while(() => loop.wanted.size === 0);
    await loop.while(() => loop.wanted.size > 0);
    const calls = loop.timerCalls.length;
    for (let i = 0; i < 20; i++) loop.turn();
    expect(loop.timerCalls.slice(calls).filter((ms) => ms === 0)).toEqual([]); // nothing keeps it busy
    loop.multi.hold(easy, false);
    const pieces: Uint8Array[] = [];
    collect(easy, pieces);
    const bytes = Buffer.concat(pieces).length;
    expect(bytes).toBeGreaterThanOrEqual(mark);
    expect(bytes).toBeLessThanOrEqual(mark + 128 * KIB);
    loop.multi.removeHandle(easy);
    loop.multi.release(easy, false);
  });
});

describe("pieces that are given back", () => {
  const request = { highWaterBytes: 512 * KIB, curl: { BUFFERSIZE: 256 * KIB } };

  it("are empty, if they were large", async () => {
    await taken(`/bytes/${16 * MIB}`, request, undefined, (piece) => {
      const { length } = piece;
      loop.multi.recycle(piece);
      // One in between may fill memory of its own by half.
      if (length >= 64 * KIB) expect(piece.length).toBe(0);
      if (length < 32 * KIB) expect(piece.length).toBe(length);
    });
  });

  it("have their memory used for those that follow", async () => {
    const sizes = new Set<number>();
    for (let i = 0; i < 4; i++)
      await taken(`/bytes/${2 * MIB}`, request, undefined, (piece) => {
        if (piece.length >= 64 * KIB) sizes.add(piece.buffer.byteLength);
        loop.multi.recycle(piece);
      });
    let again = 0;
    for (let i = 0; i < 8; i++) {
      const pieces = await taken("/bytes/400000", request); // memory that is made for it is not longer
      expect(sha256(Buffer.concat(pieces))).toBe(sha256(contentOf("bytes", 400_000)));
      again += pieces.filter(({ buffer }) => buffer.byteLength > 400_000 && sizes.has(buffer.byteLength)).length;
    }
    console.log(`${again} pieces of 8 bodies lie in memory of pieces before`);
    expect(again).toBeGreaterThan(0);
  });

  it("do no harm to others, whichever they are", async () => {
    const property = fc.asyncProperty(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (which) => {
      const copies: Uint8Array[] = [];
      const kept: Uint8Array[] = [];
      let count = 0;
      await taken(`/bytes/${3 * MIB}`, request, undefined, (piece) => {
        copies.push(Buffer.from(piece));
        if (which[count++ % which.length]) loop.multi.recycle(piece);
        else kept.push(piece);
      });
      expect(sha256(Buffer.concat(copies))).toBe(sha256(contentOf("bytes", 3 * MIB)));
      const expected = copies.filter((_copy, at) => !which[at % which.length]);
      expect(kept.map(sha256)).toEqual(expected.map(sha256));
    });
    await fc.assert(property, { numRuns: 30 });
  });

  it("twice, or that never were any, are nothing", async () => {
    const large = Buffer.alloc(MIB, "x");
    const shared = new Uint8Array(new SharedArrayBuffer(MIB));
    for (const bytes of [new Uint8Array(0), large, large.subarray(0, 100 * KIB), Buffer.from("pooled"), shared]) {
      const { length } = bytes;
      loop.multi.recycle(bytes);
      expect(bytes.length).toBe(length);
    }
    await taken(`/bytes/${3 * MIB}`, request, undefined, (piece) => {
      for (const part of [piece, piece.subarray(0, 10), piece]) loop.multi.recycle(part);
    });
    const others = await taken(`/bytes/${3 * MIB}`, request);
    expect(sha256(Buffer.concat(others))).toBe(sha256(contentOf("bytes", 3 * MIB)));
  });
});

describe("while an answer is held", () => {
  const sent = 4 * MIB;
  let early: Server;
  let received = 0;
  /** Answers at once, with much, and reads what it is sent all the while. */
  function answer(socket: Socket): void {
    socket.on("error", () => {});
    socket.on("data", ({ length }) => {
      if (received === 0) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${sent}\r\n\r\n`);
      if (received === 0) socket.write(contentOf("bytes", sent));
      received += length;
    });
  }

  beforeEach(async () => {
    received = 0;
    early = createServer(answer).listen(0, "127.0.0.1");
    await once(early, "listening");
  });

  it("POSTFIELDS are sent on", { timeout: PATIENCE_MS }, async () => {
    const { port } = early.address() as AddressInfo;
    const curl = { COPYPOSTFIELDS: Buffer.alloc(sent, "b"), HTTPHEADER: ["Expect:"] };
    const easy = loop.multi.prepare({ url: `http://127.0.0.1:${port}/`, highWaterBytes: 64 * KIB, curl });
    loop.multi.addHandle(easy);
    loop.multi.hold(easy, true);
    await loop.while(() => received < sent);
    loop.multi.hold(easy, false);
    const pieces: Uint8Array[] = [];
    while (loop.done.length === 0) {
      loop.turn();
      collect(easy, pieces);
      await new Promise((resolve) => setImmediate(resolve));
    }
    collect(easy, pieces);
    expect(sha256(Buffer.concat(pieces))).toBe(sha256(contentOf("bytes", sent)));
    loop.multi.release(easy, true);
    loop.multi.cleanup(); // whose connection would keep the server
    early.close();
    await once(early, "close");
  });
});
