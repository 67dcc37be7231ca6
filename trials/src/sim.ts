/**
 * `npm run sim`: random scenes under random schedules; the driver is judged by every rule.
 *
 *   npm run sim -- --seeds 2000          new seeds, on all cores
 *   npm run sim -- --seeds 2000 --from 1 these ones
 *   npm run sim -- --seed 17             one seed, step by step
 */
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Driver } from "@curlew/core";
import { addTally, emptyTally, playSeed, playSeeds, type Tally, unexercised } from "./sim/tally.js";

const SEEDS = 2000;

interface Part {
  readonly from: number;
  readonly count: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      json: { type: "boolean" },
    },
  });
  if (values.seed !== undefined) return replay(wholeNumber("--seed", values.seed));
  const seeds = wholeNumber("--seeds", values.seeds ?? String(SEEDS));
  const from = values.from === undefined ? randomInt(2 ** 31) : wholeNumber("--from", values.from);
  const tally = await playAll({ from, count: seeds });
  for (const { seed, what } of tally.failed) console.error(`seed ${seed}: ${what}\n  npm run sim -- --seed ${seed}`);
  const missing = unexercised(tally);
  for (const what of missing) console.error(`never exercised: ${what}`);
  const { failed: _failed, profiles, ...counts } = tally;
  const answer = { from, ...counts, profiles: Object.keys(profiles).filter((name) => (profiles[name] ?? 0) > 0) };
  console.log(values.json ? JSON.stringify(answer) : forPeople(answer));
  return tally.violations + missing.length === 0 ? 0 : 1;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 0xffffffff)
    throw new Error(`${option} takes a whole number below 2^32, not ${text}`);
  return value;
}

/** Everything that happens, a line each with the virtual time; the same for the same seed, always. */
function replay(seed: number): number {
  const { judge, profile } = playSeed(seed, Driver);
  console.log([`seed ${seed}, libcurl ${profile}`, ...judge.trace].join("\n"));
  for (const { what } of judge.violations) console.error(what);
  return judge.violations.length === 0 ? 0 : 1;
}

/** In equal parts on all cores. */
async function playAll({ from, count }: Part): Promise<Tally> {
  const workers = Math.max(1, Math.min(availableParallelism(), count));
  const each = Math.ceil(count / workers);
  const parts = Array.from({ length: workers }, (_, i) => ({
    from: from + i * each,
    count: Math.min(each, count - i * each),
  }));
  const sum = emptyTally();
  for (const part of await Promise.all(parts.map(playPart))) addTally(sum, part);
  return sum;
}

function playPart(part: Part): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: part });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function forPeople({
  from,
  seeds,
  ...counts
}: { from: number; seeds: number } & Omit<Tally, "failed" | "profiles">): string {
  const list = (title: string, of: Readonly<Record<string, number>>): string =>
    [title, ...Object.entries(of).map(([key, count]) => `  ${key.padEnd(10)}${count}`)].join("\n");
  const { transfers, events, violations } = counts;
  const head = `seeds ${from} to ${from + seeds - 1}: ${transfers} transfers, ${events} events, ${violations} violations`;
  return [head, list("choices that were not the plain one", counts.choices), list("checks", counts.rules)].join("\n");
}

if (isMainThread) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(`sim: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
  }
} else {
  const { from, count } = workerData as Part;
  parentPort?.postMessage(playSeeds(from, count, Driver));
}
