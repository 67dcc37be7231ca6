// The same tests on every runtime: npm run --silent runtimes -- [--json | --totals] [--runtime NAME | --others] [--only FILE] [--name PATTERN]
// --others leaves out the Node this runs on, whose tests `npm test` runs too.
// A line for each file and runtime on stderr; at the end a table, one JSON object, or the line that CI counts, on stdout.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, root } from "./bundle.mjs";
import { runtimes } from "./fetch.mjs";
import { run } from "./run.mjs";

/** Whose tests are run everywhere, each file below test/: a package more is a word more here. */
const PACKAGES = ["core", "engine-libcurl", "adapter-epoll", "adapter-rxjs", "curlew"];
/** But not those of what only Node has, nor of what the documentation shows. */
const NOT_HERE = ["docs.test.ts", "from-node-libcurl.test.ts", "harness.test.ts", "cpu.test.ts"];
/** Nor of adapter-rxjs over the loop that only Node has. */
const ON_LIBUV = /^conformance-(libuv|async-scheduler)\.test\.ts$/;
/** Of `curlew get` its own file for everywhere is enough: the rest is no different there, and starts many processes. */
const NOT_EVERYWHERE = /^get(-(?!everywhere).*)?\.test\.ts$/;

/** These wait for most of their time: they run beside the others. */
const MOSTLY_WAIT = /-(quiet|exits|client-pausing|thread|backpressure)\.mjs$/;
/** As many of the others at once as there are cores, as a rule. */
const AT_ONCE = 2;

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    totals: { type: "boolean" },
    only: { type: "string" },
    runtime: { type: "string" },
    others: { type: "boolean" },
    name: { type: "string" },
  },
});

const leftOut = (file) => NOT_HERE.includes(file) || NOT_EVERYWHERE.test(file) || ON_LIBUV.test(file);

const chosen = runtimes.filter(({ title, here }) => !(values.others && here) && title.startsWith(values.runtime ?? ""));
const tests = PACKAGES.flatMap((name) => {
  const folder = `packages/${name}/test`;
  const found = readdirSync(join(root, folder), { recursive: true }).filter((file) => file.endsWith(".test.ts"));
  const here = found.filter((file) => !leftOut(basename(file)));
  return here.sort().map((file) => `${folder}/${file}`);
});
const files = await bundle(tests.filter((file) => values.only === undefined || file.includes(values.only)));

/** Takes the files one after the other; another that takes of the same ones goes on with what is left. */
async function inTurn(files, runtime, row) {
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    const started = performance.now();
    const counts = await run(runtime, file, values.name);
    for (const key of Object.keys(counts)) row[key] += counts[key];
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stderr.write(`${runtime.title} ${basename(file, ".mjs")}: ${JSON.stringify(counts)} in ${seconds} s\n`);
  }
}

const rows = [];
for (const runtime of chosen) {
  const row = { runtime: runtime.title, passed: 0, failed: 0, skipped: 0 };
  const [waiting, others] = [true, false].map((waits) => files.filter((file) => MOSTLY_WAIT.test(file) === waits));
  const lanes = [waiting, ...Array.from({ length: AT_ONCE }, () => others)];
  await Promise.all(lanes.map((lane) => inTurn(lane, runtime, row)));
  rows.push(row);
}
const line = ({ runtime, passed, failed, skipped }) =>
  `${runtime.padEnd(16)} ${passed} passed, ${failed} failed, ${skipped} skipped`;
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
const totals = () => `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`;
const text = values.json ? JSON.stringify({ rows }) : rows.map(line).join("\n");
process.stdout.write(`${text}\n${values.totals ? `${totals()}\n` : ""}`);
// A run of nothing is no success.
process.exitCode = rows.length === 0 || rows.some(({ passed, failed }) => passed === 0 || failed > 0) ? 1 : 0;
