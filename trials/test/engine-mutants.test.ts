import { beforeAll, describe, expect, it } from "vitest";
import { brokenEngines, judgeBrokenEngines } from "../src/mutants/engines.js";
import type { Caught } from "../src/mutants/judge.js";

let caught: Caught[];
beforeAll(async () => {
  caught = await judgeBrokenEngines();
});

describe("the contract's cases catch, by naming the rule, an engine that", () => {
  for (const [i, { name, rule }] of brokenEngines.entries())
    it(`${name} (${rule})`, () => {
      console.log(`${name}: ${caught[i]?.killers[0] ?? `NOBODY; ${caught[i]?.crashed}`}`);
      expect(caught[i]?.killers.length).toBe(1);
    });
});
