import { readFileSync } from "node:fs";
import { cases } from "@curlew/conformance";
import { expect, it } from "vitest";

/** Rows of the table of pitfalls that the suite covers; 48, determinism, is the simulation's: same seeds, and traces of real loops. */
const ROWS = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 25, 26, 27, 28, 29, 30, 34, 37,
];
const GROUPS = [
  ...[
    "readiness",
    "timers",
    "ordering",
    "re-entrancy",
    "descriptors",
    "errors",
    "hold",
    "close",
    "fairness",
    "batches",
  ],
  ...["states", "capabilities", "driver"],
];

it("each row of the table of pitfalls has a case that names it", () => {
  const named = new Set(cases.flatMap(({ rule }) => [...rule.matchAll(/\bP (\d+)/g)].map(([, row]) => Number(row))));
  expect(ROWS.filter((row) => !named.has(row))).toEqual([]);
  for (const file of ["sim.test.ts", "replay.test.ts"])
    expect(readFileSync(new URL(file, import.meta.url), "utf8")).toContain("(P 48)");
});

it("each group has cases, and no two cases have one name", () => {
  expect(new Set(cases.map(({ group }) => group))).toEqual(new Set(GROUPS));
  expect(new Set(cases.map(({ group, what, rule }) => `${group} ${what} ${rule}`)).size).toBe(cases.length);
});
