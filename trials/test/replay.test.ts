/** What real loops do with real transfers, the simulated loop can do, too (P 48). */
import { epollLoop, epollUnavailable } from "@curlew/adapter-epoll";
import { libuvLoop, libuvUnavailable } from "@curlew/adapter-libuv";
import { fromLoop, rxjsLoop } from "@curlew/adapter-rxjs";
import { createTransferEngine, type LoopAdapter, LoopError, type LoopTrace, traceLoop } from "@curlew/core";
import { loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replay } from "../src/replay/replay.js";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const ROUNDS = 20;

/** Several at once, and what they end with starts another: keep-alive, a reset, a refusal, a timer, a body that is sent. */
async function record(loop: LoopAdapter): Promise<LoopTrace[]> {
  const traces: LoopTrace[] = [];
  const traced = traceLoop(loop, (trace) => traces.push(trace));
  const library = loadLibcurl();
  const transfers = createTransferEngine({ createEngine: () => new Multi(library), loop: traced });
  const end = (url: string, body?: Uint8Array) =>
    new Promise<void>((ended) =>
      transfers.start({ url, ...(body ? { body } : {}) }, { chunk() {}, outcome: () => ended() }),
    );
  const { http } = server;
  for (let round = 0; round < ROUNDS; round++) {
    const upload = end(`${http}/echo`, new Uint8Array(200_000));
    await Promise.all([upload, end(`${http}/bytes/5`), end(`${http}/bytes/300000`), end(`${http}/delay/5`)]);
    await Promise.all([end(`${http}/reset/3000`), end("http://127.0.0.1:1/"), end(`${http}/bytes/0`)]);
  }
  await transfers.close();
  return traces;
}

const loops = [
  { name: "libuv", open: libuvLoop, unavailable: libuvUnavailable },
  { name: "epoll", open: epollLoop, unavailable: epollUnavailable },
  { name: "rxjs over libuv", open: () => rxjsLoop(fromLoop(libuvLoop())), unavailable: libuvUnavailable },
];

describe("a trace of real transfers is replayed by the simulated loop (P 48)", () => {
  for (const { name, open, unavailable } of loops)
    it(name, async ({ skip }) => {
      const why = unavailable();
      if (why !== undefined) skip(why);
      const traces = await record(open());
      const replayed = replay(traces);
      console.log(`${name}: ${JSON.stringify(replayed)}`);
      expect(replayed.reports).toBe(traces.filter(({ call }) => call === "ready").length);
      expect(replayed.expiries).toBe(traces.filter(({ call }) => call === "expired").length);
      expect(replayed.batches).toBeGreaterThan(ROUNDS);
      expect(replay(JSON.parse(JSON.stringify(traces)) as LoopTrace[])).toEqual(replayed);
    });
});

const line = (atMs: number, call: LoopTrace["call"], ...args: unknown[]): LoopTrace => ({ atMs, call, args });

/** Whatever has these lines is a broken loop, or a broken driver. */
const impossible: readonly (readonly [what: string, says: RegExp, ...lines: LoopTrace[]])[] = [
  ["a report of what is not watched", /6 are not reported/, line(1, "watch", 5, 1), line(1, "arm", 50), line(2, "ready", 6, 1), line(2, "batchEnd")],
  ["a direction nobody asked for", /reported as|not reported/, line(1, "watch", 5, 1), line(2, "ready", 5, 3), line(2, "batchEnd")],
  ["a report after unwatch", /nothing is watched/, line(1, "watch", 5, 1), line(1, "unwatch", 5), line(2, "ready", 5, 1), line(2, "batchEnd")],
  ["a timer that nobody set", /nothing is watched/, line(1, "expired")],
  ["a timer that was taken back", /nothing is watched/, line(1, "arm", 1), line(1, "disarm"), line(3, "expired")],
  ["an early timer", /C 4.7/, line(1, "arm", 100), line(50, "expired")],
  ["a timer that comes twice", /nothing is watched/, line(1, "arm", 1), line(2, "expired"), line(3, "expired")],
  ["a batch without an end", /the batch ends here/, line(1, "watch", 5, 1), line(2, "ready", 5, 1), line(3, "expired")],
  ["a call after close", /C 6.7/, line(1, "close"), line(2, "arm", 0)],
  ["what was refused", /refused/, { ...line(1, "watch", 5, 1), threw: new LoopError("LOOP_REFUSED", "no") }],
  ["no such call", /no call/, line(1, "dance" as "arm")],
]; // biome-ignore format: a table

describe("a trace that no loop may have", () => {
  for (const [what, says, ...lines] of impossible)
    it(`${what}: where it parts is told`, () => {
      expect(() => replay([line(0, "attach"), ...lines, line(99, "unwatch", 5), line(99, "close")])).toThrow(says);
    });

  it("does not begin or end as one", () => {
    expect(() => replay([])).toThrow(/begins with attach/);
    expect(() => replay([line(0, "attach"), line(1, "hold", true)])).toThrow(/never closed/);
  });
});
