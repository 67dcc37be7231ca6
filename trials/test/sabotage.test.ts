/** Random schedules find what is wrong with a driver: each rule is switched off once. */
import { describe, expect, it } from "vitest";
import { brokenDrivers } from "../src/mutants/drivers.js";
import { load } from "../src/mutants/mutate.js";
import type { DriverClass } from "../src/sim/run.js";
import { playSeed } from "../src/sim/tally.js";

const SEEDS = 1000;

/** The first seed that finds it. A driver that throws is found too. */
function firstSeed(DriverToJudge: DriverClass): { seed: number; what: string } | undefined {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      const [violation] = playSeed(seed, DriverToJudge).judge.violations;
      if (violation) return { seed, what: violation.what };
    } catch (error) {
      return { seed, what: `it threw: ${error}` };
    }
  }
  return undefined;
}

describe(`a driver with one rule switched off is found within ${SEEDS} seeds`, () => {
  for (const mutation of brokenDrivers.filter(({ unseenBySimulation }) => !unseenBySimulation))
    it(`${mutation.name} (${mutation.rule})`, async () => {
      const { core, dispose } = await load(mutation);
      const found = firstSeed(core.Driver as unknown as DriverClass);
      dispose();
      expect(found).toBeDefined();
      console.log(`${mutation.name}: seed ${found?.seed}, ${found?.what}`);
    });
});
