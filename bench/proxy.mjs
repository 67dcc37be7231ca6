// node bench/proxy.mjs [--json] [--case NAME]... [--rounds N] [--ms N]: examples/uws-proxy beside http-proxy on node:http, in turns, a slice
// each; what counts is CPU of the proxy's process for each request. See README.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { pinOurselves } from "./client-process.mjs";
import { open } from "./clients/curlew.mjs";
import { cpuUsOf, servers } from "./servers.mjs";
import { median, pairedRatio, round } from "./statistics.mjs";
import { fullLoad, promised } from "./workload.mjs";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    case: { type: "string", multiple: true },
    rounds: { type: "string", default: "9" },
    ms: { type: "string", default: "500" },
  },
});

const all = [
  { name: "5b-4", bytes: 5, atOnce: 4 },
  { name: "5b-50", bytes: 5, atOnce: 50 },
  { name: "1k-50", bytes: 1024, atOnce: 50 },
  { name: "64k-20", bytes: 65_536, atOnce: 20 },
  { name: "1m-20", bytes: 1_048_576, atOnce: 20 },
  { name: "1m-200", bytes: 1_048_576, atOnce: 200 },
  { name: "put-64k-20", bytes: 5, sentBytes: 65_536, atOnce: 20 },
  { name: "put-1m-20", bytes: 5, sentBytes: 1_048_576, atOnce: 20 },
];
const cases = all.filter(({ name }) => !values.case || values.case.includes(name));

const root = resolve(import.meta.dirname, "..");
const fetched = join(root, ".cache/uws-3.0.6/node_modules/uWebSockets.js");
const proxies = [
  { name: "uws-proxy", program: join(root, "examples/uws-proxy/main.js") },
  { name: "http-proxy", program: join(import.meta.dirname, "proxies/http-proxy.mjs") },
];

/** On the core that clients have in the other benches; we and the server behind are on the other one. */
async function start({ name, program }, upstream, pinned) {
  const command = [process.execPath, "--disable-warning=DEP0060", program, upstream];
  const [file, ...args] = pinned ? ["taskset", "-c", "0", ...command] : command;
  const env = { CURLEW_UWS: existsSync(fetched) ? fetched : "", ...process.env };
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], env });
  const first = once(createInterface({ input: child.stdout }), "line");
  const [url] = await Promise.race([
    first,
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${name} ended: ${code}`))),
  ]);
  return { name, url, pid: child.pid, child };
}

/** As many requests as cost about that much CPU of the proxy, once it is warm. */
async function warmUp(entry, theCase) {
  let count = theCase.atOnce;
  let usedUs = 0;
  while (usedUs < 2_000_000) {
    const { cpuUs } = await slice(entry, { ...theCase, count });
    usedUs += cpuUs;
    count = Math.max(theCase.atOnce, Math.round((Number(values.ms) * 1000 * count) / cpuUs));
  }
  return count;
}

async function slice({ pid, start }, { atOnce, bytes, count }) {
  const before = cpuUsOf(pid);
  const { failed, failure, wallMs } = await fullLoad(start, { atOnce, count, expectedBytes: bytes });
  if (failed > 0) throw new Error(`${failed} of ${count} failed: ${failure}`);
  const cpuUs = cpuUsOf(pid) - before;
  return { cpuUs, cpuUsPerReq: cpuUs / count, reqPerSec: (count * 1000) / wallMs };
}

async function measure(theCase, running) {
  const { bytes, sentBytes } = theCase;
  const entries = [];
  for (const { name, url, pid } of running) {
    const target = {
      url: `${url}/${sentBytes ? "put" : bytes}`,
      method: sentBytes ? "PUT" : undefined,
      sentBytes,
      http: 1,
    };
    const { request } = await open({ ...target, expectedBytes: bytes, atOnce: theCase.atOnce });
    entries.push({ name, pid, start: promised(request), rounds: [] });
  }
  for (const entry of entries) entry.count = await warmUp(entry, theCase);
  for (let i = 0; i < Number(values.rounds); i++)
    for (const entry of entries) entry.rounds.push(await slice(entry, { ...theCase, count: entry.count }));
  return entries;
}

function tell(theCase, entries) {
  const [ours, theirs] = entries.map(({ rounds }) => rounds.map(({ cpuUsPerReq }) => cpuUsPerReq));
  const of = ({ rounds }, key) => round(median(rounds.map((one) => one[key])), 4);
  const row = {
    case: theCase.name,
    cpuUsPerReq: Object.fromEntries(entries.map((entry) => [entry.name, of(entry, "cpuUsPerReq")])),
    reqPerSec: Object.fromEntries(entries.map((entry) => [entry.name, of(entry, "reqPerSec")])),
    ratio: round(pairedRatio(theirs, ours)),
  };
  if (values.json) return console.log(JSON.stringify(row));
  const words = entries.map(
    ({ name }) => `${name} ${row.cpuUsPerReq[name]} us of CPU a request, ${row.reqPerSec[name]} a second`,
  );
  console.log(`${theCase.name}: ${words.join("; ")}; ratio of CPU ${row.ratio}`);
}

const missing = servers.nginx.missing();
if (missing) throw new Error(missing);
const pinned = pinOurselves();
const server = await servers.nginx.start();
const running = [];
try {
  for (const proxy of proxies) running.push(await start(proxy, server.url, pinned));
  for (const theCase of cases) tell(theCase, await measure(theCase, running));
} finally {
  for (const { child } of running) child.kill();
  await server.stop();
}
process.exit();
