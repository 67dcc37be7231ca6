/** Cancelling in each phase: nothing is heard afterwards, nothing is left open, and the loop is not held up (P 35). */
import type { Transfer, TransferRequest, TransferSink } from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { mute } from "@curlew/testkit/in-tests";
import { describe, expect, it } from "vitest";
import { run, turns, useServer, useTransfers } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;

interface Phase {
  request: TransferRequest;
  /** Resolves when the transfer is in its phase. */
  reached(transfer: Transfer, heard: () => Promise<void>): Promise<unknown>;
}

const phases: Record<string, () => Promise<Phase> | Phase> = {
  "before anything was done": () => ({ request: { url: url("bytes/10") }, reached: async () => {} }),
  "while the name is looked up": () => ({
    request: { url: url("bytes/10").replace("127.0.0.1", "localhost"), curl: { FRESH_CONNECT: 1 } },
    reached: () => turns(1),
  }),
  "in the TLS handshake": async () => {
    const { port, spokenTo } = await mute();
    return { request: { url: `https://127.0.0.1:${port}/` }, reached: spokenTo };
  },
  "while it waits for the answer": async () => {
    const { port, spokenTo } = await mute();
    return { request: { url: `http://127.0.0.1:${port}/` }, reached: spokenTo };
  },
  "amid the headers": async () => {
    const { port, spokenTo } = await mute("HTTP/1.1 200 OK\r\nX-One: 1\r\n");
    return { request: { url: `http://127.0.0.1:${port}/` }, reached: () => spokenTo().then(() => turns(5)) };
  },
  "while it sends": () => ({
    request: { url: url("echo"), body: { stream: true } },
    async reached(transfer, heard) {
      transfer.send(Buffer.from("one"));
      await heard();
    },
  }),
  "amid the body": () => ({ request: { url: url("bytes/50000000") }, reached: (_transfer, heard) => heard() }),
  "while it is paused": () => ({
    request: { url: url("bytes/50000000"), highWaterBytes: 16_384 },
    async reached(transfer, heard) {
      await heard();
      transfer.pause();
      await turns(20);
    },
  }),
};

describe("a transfer that is cancelled", () => {
  for (const [name, make] of Object.entries(phases))
    it(name, async () => {
      const transfers = useTransfers();
      await run(transfers, { url: url("bytes/10") });
      const { request, reached } = await make();
      const before = descriptors.openDescriptors().length;
      let wake = (): void => {};
      const first = new Promise<void>((resolve) => {
        wake = resolve;
      });
      let cancelled = false;
      const late: string[] = [];
      const note = (what: string) => () => (cancelled ? void late.push(what) : undefined);
      const sink: TransferSink = {
        headers: note("headers"),
        chunk: () => (cancelled ? void late.push("chunk") : wake()),
        drain: () => (cancelled ? void late.push("drain") : wake()),
        outcome: note("outcome"),
      };
      const transfer = transfers.start(request, sink);
      await reached(transfer, () => first);
      const started = performance.now();
      cancelled = true;
      transfer.cancel();
      const tookMs = performance.now() - started;
      console.log(`cancelled ${name}: ${tookMs.toFixed(3)} ms`);
      expect(tookMs).toBeLessThan(50);
      const { error, status } = await run(transfers, { url: url("bytes/1000") });
      expect({ error, status, late }).toEqual({ error: undefined, status: 200, late: [] });
      await turns(20);
      expect(descriptors.openDescriptors().length).toBeLessThanOrEqual(before + 3); // a mute server's end, a pooled connection
    });
});
