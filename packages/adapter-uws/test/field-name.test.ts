import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { contentOf } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { endToEnd } from "../src/index.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe("names of fields", () => {
  it("are told by their letters, whatever their case, and by what Connection lists", () => {
    const fields = [
      ["Connection", "close, X-Mine,x-other"],
      ["TE", "trailers"],
      ["Keep-Alive", "timeout=5"],
      ["X-MINE", "1"],
      ["x-other", "2"],
      ["X-Another", "3"],
      ["connection", "keep-alive"],
      ["Content-Length", "7"],
    ] as const;
    const kept = [
      ["X-Another", "3"],
      ["Content-Length", "7"],
    ];
    for (let again = 0; again < 3; again++) expect(endToEnd(fields)).toEqual(kept);
  });

  it("are remembered without the blocks they came in", () => {
    const block = contentOf("bytes", 1_000_000).toString("latin1");
    endToEnd([["X-First-Of-All", "1"]]);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 50; i++) {
      const text = `X-Some-Long-Name-${i}: value, ${block}`.split("").join(""); // a string of its own
      endToEnd([[text.slice(0, text.indexOf(":")), "value"]]);
    }
    collectGarbage();
    const grownMB = (process.memoryUsage().heapUsed - before) / 1e6;
    console.log(`${grownMB.toFixed(1)} MB more after 50 blocks of 1 MB`);
    expect(grownMB).toBeLessThan(10);
  });
});
