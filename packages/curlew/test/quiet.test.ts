import {
  createClient,
  createTransferEngine,
  formatTrace,
  type LoopAdapter,
  type LoopTrace,
  type TransferEngine,
  traceLoop,
} from "@curlew/core";
import { type Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { threadsNamed, watchThread } from "@curlew/testkit";
import { describe, expect, it, type TestContext } from "vitest";
import { ports } from "../src/ports.js";
import { openTestLoop, run, until, useServer } from "./support.js";

const server = useServer();
const QUIET_MS = 5000;

/** The loop, saying which thread an attachment has made: epoll's, none on libuv's. */
function tellingThreads(loop: LoopAdapter, tell: (tids: string[]) => void): LoopAdapter {
  const ours = () => threadsNamed("curlew-epoll");
  return {
    ...loop,
    attach(sink) {
      const before = ours();
      const attachment = loop.attach(sink);
      tell(ours().filter((tid) => !before.includes(tid)));
      return attachment;
    },
  };
}

interface Wakeups {
  /** What woke the driver since this was last called. */
  driver(): string[];
  /** Those of the loop's own, which may be woken for nothing. */
  readonly threads: string[];
}

/** Transfers whose loop is traced, and how often it was woken. */
function traced({ onTestFinished }: TestContext): { transfers: TransferEngine; wakeups: Wakeups } {
  const traces: LoopTrace[] = [];
  const threads: string[] = [];
  const loop = tellingThreads(openTestLoop(), (tids) => threads.push(...tids));
  const transfers = createTransferEngine<Easy>({
    createEngine: () => new Multi(loadLibcurl()),
    loop: traceLoop(loop, (trace) => traces.push(trace)),
    ports,
  });
  onTestFinished(() => transfers.close());
  return {
    transfers,
    wakeups: {
      threads,
      driver() {
        const all = traces.splice(0);
        return all.filter(({ call }) => call === "batchEnd" || call === "expired").map(formatTrace);
      },
    },
  };
}

/** What woke the loop in five seconds, or its thread where that was more, and the CPU this process used in them, for all that is listened to at once. */
async function listen({ driver, threads }: Wakeups): Promise<{ count: number; cpuMs: number }> {
  driver();
  const uses = threads.map(watchThread);
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  const used = process.cpuUsage(before);
  const sleeps = uses.map((use) => use().sleeps);
  return { count: Math.max(driver().length, ...sleeps), cpuMs: (used.user + used.system) / 1000 };
}

describe.concurrent("quiet", () => {
  for (const protocol of ["http", "https", "http2"] as const)
    it(`a paused transfer with a full socket buffer, ${protocol}: at most 5 wakeups in 5 s (P 26, P D1, D3)`, async (context) => {
      const { transfers, wakeups } = traced(context);
      let chunks = 0;
      const transfer = transfers.start(
        {
          url: `${server.current[protocol]}/bytes/50000000`,
          highWaterBytes: 65_536,
          curl: { CAINFO: server.current.caFile },
        },
        {
          chunk() {
            if (++chunks === 1) transfer.pause();
          },
          outcome() {},
        },
      );
      await until(() => chunks === 1);
      await new Promise((resolve) => setTimeout(resolve, 200)); // until the buffers are full
      const { count, cpuMs } = await listen(wakeups);
      console.log(`paused over ${protocol}: ${count} wakeups and ${cpuMs.toFixed(0)} ms of CPU in ${QUIET_MS} ms`);
      expect(count).toBeLessThanOrEqual(5);
      expect(chunks).toBe(1);
      transfer.cancel();
    });

  for (const protocol of ["http", "https", "http2"] as const)
    it(`an idle pool, ${protocol}: at most 5 wakeups in 5 s (P 27)`, async (context) => {
      const { transfers, wakeups } = traced(context);
      const { error } = await run(transfers, {
        url: `${server.current[protocol]}/bytes/100`,
        curl: { CAINFO: server.current.caFile },
      });
      expect(error).toBeUndefined();
      const { count, cpuMs } = await listen(wakeups);
      console.log(`idle over ${protocol}: ${count} wakeups and ${cpuMs.toFixed(0)} ms of CPU in ${QUIET_MS} ms`);
      expect(count).toBeLessThanOrEqual(5);
    });

  it("a server that does not answer is waited for, not looked at", async (context) => {
    const { transfers, wakeups } = traced(context);
    const transfer = transfers.start({ url: `${server.current.http}/hang` }, { outcome() {} });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { count } = await listen(wakeups);
    expect(count).toBeLessThanOrEqual(5);
    transfer.cancel();
  });

  it("a client's body that nobody reads, and one whose reader stopped: at most 5 wakeups in 5 s", async (context) => {
    const { transfers, wakeups } = traced(context);
    const client = createClient({ engine: transfers });
    const url = `${server.current.http}/bytes/50000000`;
    const [unread, stopped] = [client.request(url), client.request(url)];
    expect((await unread.head).status).toBe(200);
    const reader = stopped.body[Symbol.asyncIterator]();
    expect((await reader.next()).done).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 200)); // until the buffers are full
    const { count } = await listen(wakeups);
    console.log(`two bodies of a client that nobody reads: ${count} wakeups in ${QUIET_MS} ms`);
    expect(count).toBeLessThanOrEqual(5);
    await client.close({ wait: false });
  });
});
