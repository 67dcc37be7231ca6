// What Observables cost: CPU a transfer beside the plain client, in pairs, one right after the other: cpu.mjs URL
// Prints a line of JSON: for each pair of rivals the medians of microseconds a transfer and of the pairs' ratios, and what the
// latter is at least.
import { text$, transfer$ } from "@curlew/adapter-rxjs";
import { createClient } from "curlew";
import { lastValueFrom, mergeMap, range } from "rxjs";

const [, , url, transfers = "200", pairs = "51"] = process.argv;
const AT_ONCE = 100;
const TRANSFERS = Number(transfers);
/** Pairs are short, so that both of one have the same neighbours on the machine, and many: each ratio is a rough one. */
const PAIRS = Number(pairs);
const WARM_UP = 8;
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

const inOrder = (values) => values.toSorted((a, b) => a - b);
const median = (values) => inOrder(values)[values.length >> 1];

/**
 * What the true median is at least, but in one of a thousand runs: each ratio is below it as often as above, so that how many
 * are is as heads of a coin, whatever the noise looks like. 3.1 standard deviations of that number below the middle.
 */
const medianAtLeast = (values) =>
  inOrder(values)[Math.max(0, Math.floor((values.length - 3.1 * Math.sqrt(values.length)) / 2))];

async function compare({ plain, rxjs }) {
  for (let i = 0; i < WARM_UP; i++) for (const run of [plain, rxjs]) await cost(run);
  const measured = [];
  for (let i = 0; i < PAIRS; i++) {
    // Each is first as often as the other, give or take one.
    const first = i % 2 ? await cost(rxjs) : undefined;
    const plainUs = await cost(plain);
    measured.push({ plainUs, rxjsUs: first ?? (await cost(rxjs)) });
  }
  const ratios = measured.map(({ plainUs, rxjsUs }) => rxjsUs / plainUs);
  return {
    plainUs: median(measured.map((pair) => pair.plainUs)),
    rxjsUs: median(measured.map((pair) => pair.rxjsUs)),
    ratio: median(ratios),
    ratioAtLeast: medianAtLeast(ratios),
  };
}

const results = {};
for (const [name, pair] of Object.entries(rivals)) results[name] = await compare(pair);
console.log(JSON.stringify(results));
await client.close();
