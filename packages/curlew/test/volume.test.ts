import type { TransferEngine } from "@curlew/core";
import { contentOf, descriptors } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { run, turns, useServer, useTransfers } from "./support.js";

const server = useServer();
const MEBIBYTE = 1_048_576;

/** Mixed: nothing, a little, what fills buffers, what is larger than them; small ones as a rule. */
const SIZES = [0, 1, 5, 100, 1024, 4096, 16_384, 16_385, 5, 70_000, 5, 300, 5, 1_200_000, 5, 50];
const contents = new Map(SIZES.map((size) => [size, contentOf("bytes", size)]));

/** That many GETs, so many at once; answers what went wrong. */
async function getMany(transfers: TransferEngine, count: number, atOnce: number): Promise<string[]> {
  const wrong: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const size = SIZES[i % SIZES.length] ?? 0;
      const { error, body, status } = await run(transfers, { url: `${server.current.http}/bytes/${size}` });
      if (error) wrong.push(`${i}: ${error.message}`);
      else if (status !== 200 || !body.equals(contents.get(size) as Buffer))
        wrong.push(`${i}: ${body.length} wrong bytes`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return wrong;
}

function residentMiB(): number {
  (globalThis.gc as () => void)();
  return process.memoryUsage().rss / MEBIBYTE;
}

describe("many transfers", () => {
  it("20 000 GETs, 100 at once: every byte right; descriptors and memory flat at the end", {
    timeout: 300_000,
  }, async () => {
    const fds = descriptors.openDescriptors().length;
    const transfers = useTransfers();
    await getMany(transfers, 12_000, 100); // Deno's heap has its size after about as many: 175 to 225 MiB were seen after 4 000
    const before = { rss: residentMiB(), fds: descriptors.openDescriptors().length };
    const started = performance.now();
    expect(await getMany(transfers, 20_000, 100)).toEqual([]);
    const seconds = (performance.now() - started) / 1000;
    const after = { rss: residentMiB(), fds: descriptors.openDescriptors().length };
    console.log(
      `20 000 GETs in ${seconds.toFixed(1)} s; resident ${before.rss.toFixed(0)} -> ${after.rss.toFixed(0)} MiB, ` +
        `descriptors ${before.fds} -> ${after.fds}`,
    );
    expect(after.fds).toBeLessThanOrEqual(fds + 100 + 8); // a connection for each, and what a multi and a loop need
    expect(after.rss - before.rss).toBeLessThan(60); // the bodies were 1.9 GB
    await transfers.close();
    await turns();
    expect(descriptors.openDescriptors().length).toBeLessThanOrEqual(fds + 2); // what a runtime opens once and keeps
  });

  it("2 000 at once", { timeout: 300_000 }, async () => {
    const transfers = useTransfers();
    const fds = descriptors.openDescriptors().length;
    const started = performance.now();
    expect(await getMany(transfers, 6000, 2000)).toEqual([]);
    console.log(`6 000 GETs, 2 000 at once, in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    await transfers.close();
    await turns();
    expect(descriptors.openDescriptors().length).toBeLessThanOrEqual(fds + 2);
  });
});
