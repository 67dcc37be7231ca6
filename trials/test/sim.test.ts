import { readFileSync } from "node:fs";
import { EnumeratedChoices, RecordedChoices, RecordingChoices, SeededChoices } from "@curlew/adapter-epoll-sim/kernel";
import { Driver } from "@curlew/core";
import { describe, expect, it } from "vitest";
import { drawScene, play } from "../src/sim/run.js";
import { playSeed } from "../src/sim/tally.js";

const regressions = JSON.parse(readFileSync(new URL("../regressions.json", import.meta.url), "utf8")) as {
  seed: number;
  found: string;
}[];

describe("seeds that once failed", () => {
  for (const { seed, found } of regressions)
    it(`${seed}: ${found}`, () => expect(playSeed(seed, Driver).judge.violations).toEqual([]));
});

describe("a seed", () => {
  it("gives the same trace, 1000 times (P 48)", () => {
    for (const seed of [1, 17, 4711]) {
      const first = playSeed(seed, Driver).judge.trace.join("\n");
      expect(first.length).toBeGreaterThan(100);
      for (let i = 0; i < 334; i++) expect(playSeed(seed, Driver).judge.trace.join("\n") === first).toBe(true);
    }
  });

  it("gives the same trace from its recorded choices", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const recording = new RecordingChoices(new SeededChoices(seed));
      const original = play(drawScene(seed), recording, Driver).judge.trace;
      const written = JSON.parse(JSON.stringify(recording.made)) as unknown;
      expect(play(drawScene(seed), new RecordedChoices(written), Driver).judge.trace).toEqual(original);
    }
  });
});

describe("recorded choices", () => {
  it("that are corrupt, or of another scene, are refused with what is wrong", () => {
    const corrupt = { code: "CORRUPT_TRACE" };
    for (const recorded of [
      null,
      {},
      ["order"],
      [["order", 2]],
      [["colour", 2, 0]],
      [["order", 2, 2]],
      [["order", 2, -1]],
    ])
      expect(() => new RecordedChoices(recorded)).toThrow(expect.objectContaining(corrupt));
    const other = new RecordedChoices([["read", 2, 1]]);
    expect(() => other.choose("order", 2)).toThrow(expect.objectContaining(corrupt));
    expect(() => new RecordedChoices([]).choose("order", 2)).toThrow(expect.objectContaining(corrupt));
  });
});

describe("a small scene, enumerated", () => {
  it("keeps every rule in each of its states: two sockets, one timer, short I/O, lateness", () => {
    const one = (name: string, url: string) => ({
      ...{ name, url, atMs: 0, raw: false, streamed: false, highWaterBytes: 1000, allowed: ["ok"] },
      expected: new Uint8Array([0, 31, 62, 93, 124]),
      curl: { TIMEOUT_MS: 9000 },
    });
    const base = drawScene(1);
    const scene = {
      ...{ profile: base.profile, budget: 512, mostConnections: 0 },
      plans: [one("a", "http://one.test/bytes/5"), one("b", "http://named.test/bytes/5")],
    };
    const limits = { order: 2, read: 2, write: 2, late: 2, batch: 2 };
    let states = 0;
    for (const all = new EnumeratedChoices(limits, 13); all.next(); states++)
      expect(play(scene, all, Driver).judge.violations).toEqual([]);
    console.log(`${states} states`);
    expect(states).toBeGreaterThan(1000);
  });
});
