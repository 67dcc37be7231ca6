// What Observables cost: CPU a transfer beside the plain client, in pairs, one right after the other: cpu.mjs URL
// Prints a line of JSON: for each pair of rivals, microseconds a transfer, and the median of the ratios.
import { text$, transfer$ } from "@curlew/adapter-rxjs";
import { createClient } from "curlew";
import { lastValueFrom, mergeMap, range } from "rxjs";

const [, , url, transfers = "1000", pairs = "11"] = process.argv;
const AT_ONCE = 100;
const TRANSFERS = Number(transfers);
const client = createClient();

/** mergeMap(100), and what it is beside the plain client: as many at once, the next one when one ends. */
const merged = (one) => () => lastValueFrom(range(0, TRANSFERS).pipe(mergeMap(one, AT_ONCE)));
const refilled = (start) => () =>
  new Promise((resolve, reject) => {
    let left = TRANSFERS;
    let running = 0;
    const next = () => {
      if (left === 0) return running === 0 && resolve();
      left--;
      running++;
      start(() => {
        running--;
        next();
      }, reject);
    };
    for (let i = 0; i < AT_ONCE; i++) next();
  });

let heard = 0;
const hear = () => heard++;

const rivals = {
  "transfer$ beside client.start": {
    plain: refilled((done, error) => {
      const end = () => {
        hear();
        done();
      };
      client.start(url, {}, { started: hear, head: hear, chunk: hear, trailers: hear, done: end, error });
    }),
    rxjs: merged(() => transfer$(client, url)),
  },
  "text$ beside client.request().text()": {
    plain: refilled((done, error) => void client.request(url).text().then(done, error)),
    rxjs: merged(() => text$(client, url)),
  },
};

async function cost(run) {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / TRANSFERS;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function compare({ plain, rxjs }) {
  for (let i = 0; i < 3; i++) for (const run of [plain, rxjs]) await cost(run);
  const measured = [];
  for (let i = 0; i < Number(pairs); i++) {
    // Each is first as often as the other, give or take one.
    const first = i % 2 ? await cost(rxjs) : undefined;
    const plainUs = await cost(plain);
    measured.push({ plainUs, rxjsUs: first ?? (await cost(rxjs)) });
  }
  return {
    plainUs: median(measured.map((pair) => pair.plainUs)),
    rxjsUs: median(measured.map((pair) => pair.rxjsUs)),
    ratio: median(measured.map((pair) => pair.rxjsUs / pair.plainUs)),
  };
}

const results = {};
for (const [name, pair] of Object.entries(rivals)) results[name] = await compare(pair);
console.log(JSON.stringify(results));
await client.close();
