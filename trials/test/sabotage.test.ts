/** Random schedules find what is wrong with a driver: each rule is switched off once. */
import { SeededChoices } from "@curlew/adapter-epoll-sim/kernel";
import { type Profile, profiles } from "@curlew/adapter-epoll-sim/model";
import { Driver } from "@curlew/core";
import { describe, expect, it } from "vitest";
import { brokenDrivers } from "../src/mutants/drivers.js";
import { load, type Mutation } from "../src/mutants/mutate.js";
import { content } from "../src/sim/plans.js";
import { type DriverClass, play, type Scene } from "../src/sim/run.js";
import { playSeed } from "../src/sim/tally.js";

/** Most are found in a few; a watch that is refused, among the few that a kept connection needs, is rare. */
const SEEDS = 8000;

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
    it(`${mutation.name} (${mutation.rule})`, { timeout: 120_000 }, async () => {
      const { core, dispose } = await load(mutation);
      const found = firstSeed(core.Driver as unknown as DriverClass);
      dispose();
      expect(found).toBeDefined();
      console.log(`${mutation.name}: seed ${found?.seed}, ${found?.what}`);
    });
});

/**
 * What no libcurl is known to do, so that no seed draws it: 8.10 to 8.11.0, which cannot be kicked, forgetting a transfer as
 * 7.88.1 and 8.14.1 do, and no connect timeout that would remember it. It can only be given up.
 */
function forgottenForGood(): Scene {
  const version = profiles.find(({ earlyTimeoutLosesTimer }) => earlyTimeoutLosesTimer) as Profile;
  const plan = {
    ...{ name: "forgotten", url: "http://many.test/bytes/5", atMs: 0, raw: false, streamed: false },
    ...{ highWaterBytes: 1000, expected: content(5), curl: { CONNECTTIMEOUT_MS: 0 }, allowed: ["ok", "STALLED"] },
  };
  return { profile: { ...version, secondRefusalForgotten: true }, plans: [plan], budget: 512, mostConnections: 0 };
}

describe("a transfer that its engine has forgotten for good", () => {
  const violationsOf = (DriverToJudge: DriverClass, seed: number) =>
    play(forgottenForGood(), new SeededChoices(seed), DriverToJudge).judge.violations;

  it("is given up, under any schedule", () => {
    for (let seed = 1; seed <= 100; seed++) expect(violationsOf(Driver, seed)).toEqual([]);
  });

  it("is not given up by a driver that hangs when nothing is left to try: found (P 20)", async () => {
    const mutation = brokenDrivers.find(({ name }) => name === "hangs when nothing is left to try") as Mutation;
    const { core, dispose } = await load(mutation);
    const seeds = Array.from({ length: 100 }, (_, i) => i + 1);
    const found = seeds.filter((seed) => violationsOf(core.Driver as unknown as DriverClass, seed).length > 0);
    dispose();
    console.log(`found by ${found.length} of 100 schedules`);
    expect(found.length).toBeGreaterThan(0);
  });
});
