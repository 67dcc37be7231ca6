import { applicable, nameOf } from "@curlew/conformance";
import { beforeAll, describe, expect, it } from "vitest";
import { type Caught, FEW, judgeAll } from "../src/mutants/judge.js";

let caught: Caught[];
beforeAll(async () => {
  caught = await judgeAll();
}, 900_000);

describe("the conformance suite", () => {
  it("catches every mutant, by an assertion that names the rule", () => {
    for (const { mutation, killers, crashed } of caught)
      console.log(
        `${mutation.name} (${mutation.rule}): ${killers.length} ${killers[0] ?? `NOBODY; crashed: ${crashed.length} ${crashed[0]}`}`,
      );
    expect(caught.length).toBeGreaterThanOrEqual(30);
    expect(caught.filter(({ killers }) => killers.length === 0).map(({ mutation }) => mutation.name)).toEqual([]);
  });

  it(`has for every case a mutant that only it and few others catch: ${FEW} at most`, () => {
    const telling = new Set(caught.filter(({ killers }) => killers.length <= FEW).flatMap(({ killers }) => killers));
    const dull = applicable()
      .map(nameOf)
      .filter((name) => !telling.has(name));
    expect(dull).toEqual([]);
  });
});
