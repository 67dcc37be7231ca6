import { batches, fairness } from "./cases/batches.js";
import { drivenEvents } from "./cases/driven-events.js";
import { drivenFailures } from "./cases/driven-failures.js";
import { drivenUsers } from "./cases/driven-users.js";
import { ends, lies } from "./cases/ends.js";
import { lifecycle } from "./cases/lifecycle.js";
import { readiness } from "./cases/readiness.js";
import { states } from "./cases/states.js";
import { timers } from "./cases/timers.js";
import { Scene } from "./scene.js";
import type { Capabilities, Case, ConformanceOptions, Factory, TestFunction } from "./types.js";

export type {
  Arm,
  Capabilities,
  Case,
  ConformanceOptions,
  Descriptors,
  DriverClass,
  Factory,
  TestFunction,
} from "./types.js";

/** All there is, in the order it is run. */
export const cases: readonly Case[] = [
  ...readiness,
  ...lifecycle,
  ...timers,
  ...batches,
  ...ends,
  ...states,
  ...lies,
  ...fairness,
  ...drivenEvents,
  ...drivenUsers,
  ...drivenFailures,
];

const CLAIMED: Capabilities = { refusesFiles: true, refusesClosed: true, showsHold: true };

/**
 * Judges an event loop by the contract: each case is one test, and its name has the rule.
 *
 * @example conformance({ test: it, factory: () => ({ adapter: myLoop(), descriptors }) });
 */
export function conformance(parts: { test: TestFunction; factory: Factory; options?: ConformanceOptions }): void {
  const { test, factory, options = {} } = parts;
  for (const each of applicable(options)) test(nameOf(each), () => runCase(each, factory, options));
}

/** The cases that are for adapters with these capabilities. */
export function applicable(options: ConformanceOptions = {}): readonly Case[] {
  const claimed = { ...CLAIMED, ...options.capabilities };
  return cases.filter(({ needs }) => needs === undefined || claimed[needs]);
}

export function nameOf({ group, what, rule }: Case): string {
  return `${group}: ${what} (${rule})`;
}

/** Runs one case on a fresh arm; rejects with an AssertionError that names the rule. */
export async function runCase(each: Case, factory: Factory, options: ConformanceOptions = {}): Promise<void> {
  const { capabilities, granularityMs = 0, Driver } = options;
  const scene = new Scene(await factory(), { ...CLAIMED, ...capabilities }, granularityMs, Driver);
  let failed = true;
  try {
    await each.run(scene);
    failed = false;
  } finally {
    // What broke in the background is worth telling only when nothing else is.
    await (failed ? scene.finish().catch(() => {}) : scene.finish());
  }
}
export {
  type Arranged,
  type EngineBench,
  type EngineResult,
  engineCases,
  judgeEngine,
  runEngineCase,
} from "./engine/index.js";
