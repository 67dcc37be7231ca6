/** Lines that are remembered are those that would have been made. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeaderLines } from "../../src/client/header-lines.js";
import { scene } from "./scripted-transfers.js";

const names = fc.constantFrom("A", "a", "AB", "A: B", "Expect", "content-type", "Content-Length", "bad name", "");
const values = fc.oneof(
  fc.constantFrom("", " ", "1", "1 ", " 1", "B: 1", ": 1", "\u00a0", "1\n", "x\ry", 1, 0, null, "x".repeat(2000)),
  fc.string({ unit: fc.constantFrom("1", " ", ":", "\t"), maxLength: 4 }),
);

function outcome(lines: HeaderLines, name: string, value: unknown): unknown {
  try {
    return lines.lineOf(name, value);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("header lines of a client", () => {
  it("are what they would be were it the first", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values), { maxLength: 40 }), (fields) => {
        const lines = new HeaderLines();
        for (const [name, value] of fields)
          expect(outcome(lines, name, value)).toEqual(outcome(new HeaderLines(), name, value));
      }),
      { numRuns: 2000 },
    );
  });

  it("are as many names as there may be, and any number beyond", () => {
    const lines = new HeaderLines();
    for (let again = 0; again < 2; again++)
      for (let i = 0; i < 1000; i++) expect(lines.lineOf(`X-${i}`, `${i}`).text).toBe(`X-${i}: ${i}`);
  });

  it("are checked against the body each time", () => {
    const { client } = scene();
    const headers = { "Content-Length": "3" };
    client.request("http://a/", { body: "abc", headers });
    expect(() => client.request("http://a/", { body: "ab", headers })).toThrowError(
      expect.objectContaining({ code: "OUT_OF_RANGE" }),
    );
  });

  it("do not keep what their names were a part of", () => {
    const collectGarbage = (globalThis as { gc?: () => void }).gc;
    const lines = new HeaderLines();
    const block = "x".repeat(1_000_000);
    collectGarbage?.();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 50; i++) {
      const text = `X-Some-Long-Name-${i}: a value of some length, ${block}`.split("").join(""); // a string of its own
      lines.lineOf(text.slice(0, text.indexOf(":")), text.slice(text.indexOf("a value"), text.indexOf(",")));
    }
    collectGarbage?.();
    const grownMB = (process.memoryUsage().heapUsed - before) / 1e6;
    console.log(`${grownMB.toFixed(1)} MB more after 50 blocks of 1 MB`);
    expect(grownMB).toBeLessThan(25);
  });
});
