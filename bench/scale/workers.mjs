/**
 * One worker thread beside two, each with a client of its own: 5-byte GETs, 50 at once each, of nginx. A is one worker, B two; they take
 * turns, A B A B, and the ratio of pairs is told. The server needs a part of the machine, too: where there are two cores CPU of
 * a request says more than requests per second.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { servers } from "../servers.mjs";
import { median, pairedRatio, round } from "../statistics.mjs";

const ROUNDS = 7;
const REQUESTS = 10_000;
const AT_ONCE = 50;

export async function workers(tell) {
  const missing = servers.nginx.missing();
  if (missing) return tell({ skipped: missing });
  const server = await servers.nginx.start();
  const threads = [makeWorker(`${server.url}/5`), makeWorker(`${server.url}/5`)];
  try {
    for (let i = 0; i < 3; i++) await run(threads); // warm
    const one = [];
    const two = [];
    for (let i = 0; i < ROUNDS; i++) {
      one.push(await run(threads.slice(0, 1)));
      two.push(await run(threads));
    }
    tell(rowOf(1, one));
    tell(rowOf(2, two));
    const ratio = (key) => round(pairedRatio(two.map(key), one.map(key)));
    tell({ cpuPerRequest1To2: ratio(({ cpuUs }) => cpuUs), reqPerSec1To2: ratio(({ perSec }) => perSec) });
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
    await server.stop();
  }
}

function makeWorker(url) {
  const target = { url, expectedBytes: 5, http: 1, atOnce: AT_ONCE };
  return new Worker(new URL("./worker-thread.mjs", import.meta.url), { workerData: target });
}

/** All of them at the same time; CPU is that of the whole process. */
async function run(threads) {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const slices = await Promise.all(threads.map((thread) => ask(thread, REQUESTS)));
  const wallMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(cpu);
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0);
  const failed = slices.reduce((sum, slice) => sum + slice.failed, 0);
  return { cpuUs: (user + system) / requests, perSec: (requests * 1000) / wallMs, failed };
}

/** An error of a worker is nobody's to handle: it ends the program. */
async function ask(thread, count) {
  thread.postMessage(count);
  const [slice] = await once(thread, "message");
  return slice;
}

function rowOf(count, rounds) {
  return {
    workers: count,
    reqPerSec: round(median(rounds.map(({ perSec }) => perSec)), 4),
    cpuUsPerReq: round(median(rounds.map(({ cpuUs }) => cpuUs)), 4),
    failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
  };
}
