// npm run bench [-- --json] [--case NAME] [--client NAME] [--quick] [--draw FILE.svg [--from FILE.jsonl]]: see README.md.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { cases, quick } from "./cases.mjs";
import { pinOurselves } from "./client-process.mjs";
import { measure } from "./measure.mjs";
import { rowsOf, table } from "./rows.mjs";
import { servers } from "./servers.mjs";
import { measureStartUp } from "./start-up.mjs";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    case: { type: "string", multiple: true },
    client: { type: "string", multiple: true },
    rounds: { type: "string" },
    ms: { type: "string" },
    draw: { type: "string" },
    from: { type: "string" },
  },
});

const options = {
  clients: values.client ?? (values.quick ? quick.clients : undefined),
  onlyHere: values.quick,
  rounds: Number(values.rounds ?? (values.quick ? 5 : 9)),
  rateRounds: values.quick ? 1 : 3,
  sliceMs: Number(values.ms ?? (values.quick ? 150 : 500)),
  warmupMs: values.quick ? 1000 : 6 * Number(values.ms ?? 500),
};

function chosen() {
  const names = values.case ?? (values.quick ? quick.cases : cases.map(({ name }) => name));
  const unknown = names.filter((name) => !cases.some((one) => one.name === name));
  if (unknown.length === 0) return cases.filter(({ name }) => names.includes(name));
  throw new Error(`no case ${unknown.join(", ")}; there are: ${cases.map(({ name }) => name).join(", ")}`);
}

/** Cases that run at the same time, in the order they stand. */
function groupsOf(list) {
  const groups = new Map();
  for (const one of list) {
    const key = one.group ?? one.name;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

const told = [];

function tell(rows) {
  told.push(...rows);
  if (values.json) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
  else process.stdout.write(`${table(rows)}\n`);
}

/** `--quick` ends within a minute, whatever the machine is busy with: each group has its share of what is left. */
const QUICK_MS = 45_000;

function deadlineOf(groupsLeft) {
  return values.quick ? performance.now() + (QUICK_MS - performance.now()) / groupsLeft : Number.POSITIVE_INFINITY;
}

async function main() {
  const groups = groupsOf(chosen());
  if (!pinOurselves()) process.stderr.write("bench: no second core, or no taskset: clients and servers share\n");
  for (const [i, group] of groups.entries()) {
    options.deadlineMs = deadlineOf(groups.length - i);
    const { server: name, start } = group[0];
    const missing = servers[name].missing();
    if (missing) {
      tell(
        group.flatMap((one) =>
          one.clients.map((client) => ({ case: one.name, client, runtime: "", skipped: missing })),
        ),
      );
      continue;
    }
    const server = await servers[name].start();
    try {
      tell(rowsOf(await (start ? measureStartUp(group[0], server, options) : measure(group, server, options))));
    } finally {
      await server.stop();
    }
  }
}

/** Drawing needs what only drawing needs: it is loaded then. */
async function drawRows(rows) {
  const { draw } = await import("./draw.mjs");
  await draw(rows, values.draw);
}

function readRows(file) {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

try {
  if (!values.from) await main();
  if (values.draw) await drawRows(values.from ? readRows(values.from) : told);
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
