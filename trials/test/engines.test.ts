import { profiles } from "@curlew/adapter-epoll-sim/model";
import { judgeEngine } from "@curlew/conformance";
import { describe, expect, it } from "vitest";
import { tableOf } from "../src/engines/judge.js";
import { judgeLibcurl } from "../src/engines/libcurl.js";
import { modelBench } from "../src/engines/model.js";

/** Of the contract's list, at least so many must run. */
const LEAST = 30;

describe("engines keep the contract", () => {
  for (const profile of profiles)
    it(`the model as ${profile.name}`, async () => {
      const { failed, passed } = tableOf(profile.name, await judgeEngine(() => modelBench(profile)));
      expect(failed).toBe(0);
      expect(passed).toBeGreaterThanOrEqual(LEAST);
    });

  it("libcurl", async () => {
    const { name, results } = await judgeLibcurl();
    const { failed, passed, skipped } = tableOf(name, results);
    console.log(`${name}: ${passed} passed, ${skipped} skipped`);
    expect(failed).toBe(0);
    expect(passed).toBeGreaterThanOrEqual(LEAST);
  }, 300_000);
});
