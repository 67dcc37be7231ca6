// ROUNDS rounds of COUNT workers at once, each ending in its own way: node workers.mjs URL ROUNDS COUNT
// Prints one JSON line: what the workers' exit codes were, and resident memory before and after.
import { Worker } from "node:worker_threads";
import { createTransfers } from "curlew";

const [url, rounds, count] = process.argv.slice(2);
const ways = [
  { state: "idle", way: "natural" },
  { state: "idle", way: "exit" },
  { state: "idle", way: "throw" },
  { state: "idle", way: "terminate" },
  { state: "inflight", way: "exit" },
  { state: "inflight", way: "throw" },
  { state: "inflight", way: "terminate" },
  { state: "idle", way: "exit in a callback" },
];
const codes = {};

function one({ state, way }) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: { url, state, way } });
    worker.on("error", () => {});
    worker.on("message", () => way === "terminate" && worker.terminate());
    worker.on("exit", (code) => {
      const key = `${state} ${way}: ${code}`;
      codes[key] = (codes[key] ?? 0) + 1;
      resolve();
    });
  });
}

const rss = () => Math.round(process.memoryUsage().rss / 1_048_576);
const before = [];
for (let round = 0; round < Number(rounds); round++) {
  await Promise.all(Array.from({ length: Number(count) }, (_, i) => one(ways[i % ways.length])));
  if (round === 9) before.push(rss());
}
// The main thread's own transfers still work.
const error = await new Promise((resolve) => {
  createTransfers({ loop: process.env.CURLEW_TEST_LOOP }).start(
    { url: `${url}/bytes/10` },
    { outcome: (outcome) => resolve(outcome.error?.message) },
  );
});
console.log(JSON.stringify({ codes, error, rssBefore: before[0], rssAfter: rss() }));
