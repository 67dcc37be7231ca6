import { contentOf } from "@curlew/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WaitingBytes } from "../src/waiting-bytes.js";

const CONTENT = contentOf("bytes", 4_000_000);
const step = fc.oneof(
  fc.record({ push: fc.oneof(fc.nat(100), fc.integer({ min: 60_000, max: 200_000 })) }),
  fc.constant("take" as const),
  fc.constant("lend" as const),
);

describe("bytes that wait", () => {
  it("come out as they went in, whoever has them; and what was taken is never written over", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.array(step, { maxLength: 20 }), (first, second) => {
        // Two, as they share the memory that is free.
        const both = [first, second].map((steps) => ({
          steps,
          waiting: new WaitingBytes(),
          pushed: 0,
          out: [] as Uint8Array[],
        }));
        for (let i = 0; i < 20; i++)
          for (const one of both) {
            const now = one.steps[i];
            if (typeof now === "object") {
              one.waiting.push(CONTENT.subarray(one.pushed, one.pushed + now.push));
              one.pushed += now.push;
            } else if (now === "take") one.out.push(one.waiting.take() ?? new Uint8Array(0));
            else if (now === "lend") one.waiting.lend((bytes) => one.out.push(bytes.slice()));
          }
        for (const { waiting, pushed, out } of both) {
          const length = out.reduce((sum, bytes) => sum + bytes.length, 0);
          expect(waiting.bytes).toBe(pushed - length);
          for (let left = waiting.take(); left; left = waiting.take()) out.push(left);
          expect(Buffer.concat(out).equals(CONTENT.subarray(0, pushed))).toBe(true);
          expect(waiting.lend(() => {})).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("in small pieces do not keep the memory of large ones", () => {
    const waiting = new WaitingBytes();
    const kept = Array.from({ length: 100 }, () => {
      waiting.push(CONTENT.subarray(0, 10));
      return waiting.take()?.buffer.byteLength ?? 0;
    });
    expect(Math.max(...kept)).toBe(10);
    for (let i = 0; i < 65_536; i++) waiting.push(CONTENT.subarray(i, i + 1));
    const lengths = Array.from({ length: 3 }, () => waiting.take()?.length);
    expect(lengths).toEqual([2048, 65_536 - 2048, undefined]);
  });
});
