import { SeededChoices } from "@curlew/adapter-epoll-sim/kernel";
import { Driver } from "@curlew/core";
import { describe, expect, it } from "vitest";
import { drawScene, play } from "../src/sim/run.js";

describe("random schedules", () => {
  it("keep every rule", () => {
    const t = performance.now();
    let bad = 0;
    const from = Number(process.env.FROM ?? 1), n = Number(process.env.N ?? 300);
    for (let seed = from; seed < from + n; seed++) {
      const run = play(drawScene(seed), new SeededChoices(seed), Driver);
      if (run.judge.violations.length > 0) {
        if (bad++ < 8) console.log(seed, run.profile, run.judge.violations.slice(0, 2), n === 1 ? run.judge.trace.slice(-Number(process.env.L ?? 120)).join("\n") : "");
      }
    }
    console.log("bad", bad, performance.now() - t);
    expect(bad).toBe(0);
  });
});
