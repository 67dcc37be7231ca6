import { createTransferEngine, formatTrace, type LoopTrace, type TransferEngine, traceLoop } from "@curlew/core";
import { type Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { threadsNamed, watchThread } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { ports } from "../src/ports.js";
import { openTestLoop, run, until, useServer } from "./support.js";

const server = useServer();
const QUIET_MS = 5000;

/** Transfers whose loop is traced, and how often the loop woke the driver. */
function traced(): { transfers: TransferEngine; wakeups: () => string[] } {
  const traces: LoopTrace[] = [];
  const transfers = createTransferEngine<Easy>({
    createEngine: () => new Multi(loadLibcurl()),
    loop: traceLoop(openTestLoop(), (trace) => traces.push(trace)),
    ports,
  });
  onTestFinished(() => transfers.close());
  return {
    transfers,
    wakeups: () => {
      const all = traces.splice(0);
      return all.filter(({ call }) => call === "batchEnd" || call === "expired").map(formatTrace);
    },
  };
}

/**
 * What woke the loop in five seconds, or epoll's thread if that was more, because it may have been for nothing; and the CPU
 * this process used in them.
 */
async function listen(wakeups: () => string[]): Promise<{ count: number; cpuMs: number }> {
  wakeups();
  const threads = threadsNamed("curlew-epoll").map(watchThread);
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  const used = process.cpuUsage(before);
  const woken = threads.reduce((sum, use) => sum + use().sleeps, 0);
  return { count: Math.max(woken, wakeups().length), cpuMs: (used.user + used.system) / 1000 };
}

describe("quiet", () => {
  for (const protocol of ["http", "https", "http2"] as const)
    it(`a paused transfer with a full socket buffer, ${protocol}: at most 5 wakeups in 5 s (P 26, P D1, D3)`, async () => {
      const { transfers, wakeups } = traced();
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
    it(`an idle pool, ${protocol}: at most 5 wakeups in 5 s (P 27)`, async () => {
      const { transfers, wakeups } = traced();
      const { error } = await run(transfers, {
        url: `${server.current[protocol]}/bytes/100`,
        curl: { CAINFO: server.current.caFile },
      });
      expect(error).toBeUndefined();
      const { count, cpuMs } = await listen(wakeups);
      console.log(`idle over ${protocol}: ${count} wakeups and ${cpuMs.toFixed(0)} ms of CPU in ${QUIET_MS} ms`);
      expect(count).toBeLessThanOrEqual(5);
    });

  it("a server that does not answer is waited for, not looked at", async () => {
    const { transfers, wakeups } = traced();
    const transfer = transfers.start({ url: `${server.current.http}/hang` }, { outcome() {} });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { count } = await listen(wakeups);
    expect(count).toBeLessThanOrEqual(5);
    transfer.cancel();
  });
});
