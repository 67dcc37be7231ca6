/** What Observables cost: CPU a transfer beside the plain client, in pairs, one right after the other. */
import type { Client } from "curlew";
import { lastValueFrom, mergeMap, range } from "rxjs";
import { expect, it } from "vitest";
import { text$, transfer$ } from "../src/index.js";
import { useClient, useServer } from "./support.js";

const server = useServer();
const AT_ONCE = 100;
const TRANSFERS = 2000;
const PAIRS = 9; // 18 000 transfers each

type Run = (client: Client, url: string) => Promise<unknown>;

/** A worker for each of those at once, as people write it. */
const workers = (one: (client: Client, url: string) => Promise<unknown>): Run => (client, url) => {
  let left = TRANSFERS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await one(client, url);
  };
  return Promise.all(Array.from({ length: AT_ONCE }, worker));
};

const merged = (one: (client: Client, url: string) => ReturnType<typeof text$ | typeof transfer$>): Run => (client, url) =>
  lastValueFrom(range(0, TRANSFERS).pipe(mergeMap(() => one(client, url), AT_ONCE)));

const started = (client: Client, url: string) =>
  new Promise<unknown>((done, error) => {
    const bytes: Uint8Array[] = [];
    let status = 0;
    client.start(
      url,
      {},
      {
        started() {},
        head: (head) => {
          status = head.status;
        },
        chunk: (chunk) => bytes.push(chunk),
        done: (infos) => done({ status, bytes, infos }),
        error,
      },
    );
  });

const rivals: Record<string, { plain: Run; rxjs: Run }> = {
  "transfer$ beside client.start": { plain: workers(started), rxjs: merged(transfer$) },
  "text$ beside client.request().text()": { plain: workers((client, url) => client.request(url).text()), rxjs: merged(text$) },
};

async function cost(run: Run, client: Client): Promise<number> {
  globalThis.gc?.();
  const before = process.cpuUsage();
  await run(client, `${server.current.http}/bytes/5`);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / TRANSFERS;
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

for (const [name, { plain, rxjs }] of Object.entries(rivals))
  it(`${name}: at most 10 % more`, { timeout: 240_000 }, async () => {
    const client = useClient();
    for (let i = 0; i < 2; i++) for (const run of [plain, rxjs]) await cost(run, client);
    const pairs: { plain: number; rxjs: number }[] = [];
    for (let i = 0; i < PAIRS; i++) {
      // Each is first as often as the other, give or take one.
      const first = i % 2 ? await cost(rxjs, client) : undefined;
      const plainCost = await cost(plain, client);
      pairs.push({ plain: plainCost, rxjs: first ?? (await cost(rxjs, client)) });
    }
    const ratio = median(pairs.map((pair) => pair.rxjs / pair.plain));
    console.log(
      `${name}, ${AT_ONCE} at once: ${median(pairs.map((pair) => pair.rxjs)).toFixed(1)} and ` +
        `${median(pairs.map((pair) => pair.plain)).toFixed(1)} us a transfer, ratio ${ratio.toFixed(2)} (median of ${PAIRS} pairs of ${TRANSFERS})`,
    );
    expect(ratio).toBeLessThan(1.1);
  });
