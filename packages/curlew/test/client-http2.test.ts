/** Many streams on one connection, some of them paused (C 11.7). */
import { createHash } from "node:crypto";
import type { Client, ClientTransfer } from "@curlew/core";
import { loadLibcurl } from "@curlew/engine-libcurl";
import { contentOf, nghttpdMissing, sha256, startNghttpd } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { otherEngine, turns, useClient, useServer } from "./support.js";

const server = useServer();
const STREAMS = 100;
const PAUSED = 10;
const BYTES = 2_000_000;
const MARK_BYTES = 100_000;

interface H2Server {
  readonly url: string;
  readonly caFile: string;
}

async function nghttpd(): Promise<H2Server> {
  const made = await startNghttpd({ big: contentOf("bytes", BYTES) });
  onTestFinished(() => made.stop());
  return { url: `${made.url}/big`, caFile: made.caFile };
}

const expected = sha256(contentOf("bytes", BYTES));

/** The first one makes the connection; the others wait to learn that it can be shared. */
function start(client: Client, { url, caFile }: H2Server): ClientTransfer[] {
  const options = { curl: { CAINFO: caFile, HTTP_VERSION: 4 }, highWaterBytes: MARK_BYTES };
  return Array.from({ length: STREAMS }, () => client.request(url, options));
}

async function many(from: H2Server): Promise<void> {
  // What the runtime and its allocators keep for good is there after a first round, of which none is paused.
  const sums = await Promise.all(start(useClient(), from).map(sumOf));
  expect(new Set(sums)).toEqual(new Set([expected]));
  const client = useClient();
  const opened: number[] = [];
  const rssBefore = rssAfterGc();
  const transfers = start(client, from);
  const paused = transfers.filter((_, i) => i % (STREAMS / PAUSED) === 3);
  for (const transfer of paused) await transfer.head.then(() => transfer.pause());
  const others = transfers.filter((transfer) => !paused.includes(transfer));
  await Promise.all(
    others.map(async (transfer) => {
      expect(await sumOf(transfer)).toBe(expected);
      opened.push((await transfer.infos).connection.opened);
    }),
  );
  const grownMiB = (rssAfterGc() - rssBefore) / 2 ** 20;
  const connections = opened.reduce((sum, count) => sum + count, 0);
  console.log(
    `libcurl ${loadLibcurl().version}: ${others.length} of ${STREAMS} streams came while ${PAUSED} stood still, ${connections} connections of theirs, ${grownMiB.toFixed(0)} MiB more`,
  );
  expect(connections).toBeLessThanOrEqual(1);
  // A paused stream is buffered up to its window, which is more than these bodies; the others up to their marks.
  expect(grownMiB).toBeLessThan((PAUSED * BYTES + STREAMS * MARK_BYTES) / 2 ** 20 + 64);
  await turns(20);
  expect(client.size.running).toBe(PAUSED);
  for (const transfer of paused) transfer.resume();
  for (const transfer of paused) expect(await sumOf(transfer)).toBe(expected);
}

/** Garbage is nobody's buffer. */
function rssAfterGc(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

async function sumOf(transfer: ClientTransfer): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of transfer.body) hash.update(chunk);
  return hash.digest("hex");
}

describe(`${STREAMS} streams on one HTTP/2 connection, ${PAUSED} of them paused: the others finish, and these later`, () => {
  const old = loadLibcurl().version.startsWith("7.");
  // 7.88.1 leaves a stream behind now and then; the driver looks a second time, where node-libcurl has no say.
  const alone = old && otherEngine ? "libcurl 7.88.1 hangs now and then when nobody looks a second time" : undefined;
  const missing = nghttpdMissing() ?? alone;
  it.skipIf(missing !== undefined)(`from nghttpd${missing ? `: ${missing}` : ""}`, async () => {
    await many(await nghttpd());
  });

  it.skipIf(old)(`from node:http2${old ? ": libcurl 7.88.1 fails there now and then by itself" : ""}`, async () => {
    await many({ url: `${server.current.http2}/bytes/${BYTES}`, caFile: server.current.caFile });
  });
});
