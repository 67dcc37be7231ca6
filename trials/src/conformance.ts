/**
 * `npm run conformance`: every adapter and every engine against the contract, and mutants against the suite.
 *
 *   npm run conformance -- --json
 *   npm run conformance -- --libcurl FILE --libcurl FILE     these instead of the machine's
 */
import { parseArgs } from "node:util";
import { epollLoop, epollUnavailable } from "@curlew/adapter-epoll";
import { libuvLoop, libuvUnavailable } from "@curlew/adapter-libuv";
import { fromLoop, rxjsLoop } from "@curlew/adapter-rxjs";
import { applicable, type ConformanceOptions, cases, type Factory, nameOf, runCase } from "@curlew/conformance";
import { traceLoop } from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { type EngineTable, judgeEngines } from "./engines/judge.js";
import { judgeBrokenEngines } from "./mutants/engines.js";
import { judgeAll, soundArm } from "./mutants/judge.js";

interface AdapterEntry {
  readonly name: string;
  readonly factory: Factory;
  readonly options?: ConformanceOptions;
  readonly unavailable?: () => string | undefined;
}

interface AdapterResult {
  readonly name: string;
  passed: number;
  failed: number;
  /** What the adapter does not claim. */
  skipped: number;
}

/** Whoever lands an adapter adds it here. */
const adapters: readonly AdapterEntry[] = [
  {
    name: "libuv",
    factory: () => ({ adapter: libuvLoop(), descriptors }),
    options: { capabilities: { showsHold: false } },
    unavailable: libuvUnavailable,
  },
  {
    name: "epoll",
    factory: () => ({ adapter: epollLoop(), descriptors }),
    options: { capabilities: { showsHold: false } },
    unavailable: epollUnavailable,
  },
  { name: "epoll-sim", factory: soundArm },
  {
    name: "epoll-sim, traced",
    factory: async () => {
      const arm = await soundArm();
      return { ...arm, adapter: traceLoop(arm.adapter, () => {}) };
    },
  },
  {
    name: "rxjs over libuv",
    factory: () => ({ adapter: rxjsLoop(fromLoop(libuvLoop())), descriptors }),
    options: { capabilities: { showsHold: false } },
    unavailable: libuvUnavailable,
  },
  {
    name: "rxjs over epoll",
    factory: () => ({ adapter: rxjsLoop(fromLoop(epollLoop())), descriptors }),
    options: { capabilities: { showsHold: false } },
    unavailable: epollUnavailable,
  },
  {
    name: "rxjs over epoll-sim",
    factory: async () => {
      const arm = await soundArm();
      return { ...arm, adapter: rxjsLoop(fromLoop(arm.adapter)) };
    },
  },
];

async function judgeAdapter({ name, factory, options = {}, unavailable }: AdapterEntry): Promise<AdapterResult> {
  const tried = applicable(options);
  const result = { name, passed: 0, failed: 0, skipped: cases.length - tried.length };
  const why = unavailable?.();
  if (why !== undefined) {
    console.error(`${name}: skipped: ${why}`);
    return { ...result, skipped: cases.length };
  }
  for (const each of tried) {
    try {
      await runCase(each, factory, options);
      result.passed++;
    } catch (error) {
      result.failed++;
      console.error(`${name}: ${nameOf(each)}\n  ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return result;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, libcurl: { type: "string", multiple: true } } });
  const results: AdapterResult[] = [];
  for (const entry of adapters) results.push(await judgeAdapter(entry));
  const engines = await judgeEngines(values.libcurl);
  const caught = [...(await judgeAll()), ...(await judgeBrokenEngines())];
  const missed = caught.filter(({ killers }) => killers.length === 0);
  for (const { mutation } of missed) console.error(`not caught: ${mutation.name} (${mutation.rule})`);
  const mutants = { total: caught.length, killed: caught.length - missed.length };
  if (values.json) console.log(JSON.stringify({ adapters: results, engines: engines.map(summary), mutants }));
  else printForPeople(results, engines, caught);
  const failed = [...results, ...engines].some((result) => result.failed > 0);
  return failed || missed.length > 0 ? 1 : 0;
}

function summary({ name, passed, failed, skipped }: EngineTable) {
  return { name, passed, failed, skipped };
}

function printForPeople(
  results: readonly AdapterResult[],
  engines: readonly EngineTable[],
  caught: Awaited<ReturnType<typeof judgeAll>>,
): void {
  for (const { name, passed, failed, skipped } of [...results, ...engines])
    console.log(`${name.padEnd(20)}${passed} passed, ${failed} failed, ${skipped} not applicable`);
  console.log("\nmutants, and the first case that catches each");
  for (const { mutation, killers } of caught)
    console.log(`${mutation.name} (${mutation.rule})\n    ${killers.length} cases: ${killers[0] ?? "none"}`);
  console.log("\nengines, case by case");
  for (const { name, cases: ran } of engines)
    for (const { id, what, outcome, why } of ran)
      console.log(`${name.padEnd(20)}${id.padEnd(5)}${outcome.padEnd(10)}${what}${why ? `: ${why}` : ""}`);
}

process.exitCode = await main();
