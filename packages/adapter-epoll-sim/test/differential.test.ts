import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calls, difference, type Step } from "./two-kernels.js";

const SCRIPTS = 4000;

const step: fc.Arbitrary<Step> = fc.record({
  call: fc.constantFrom(...calls),
  a: fc.nat(31),
  n: fc.nat(143),
});

const calling = (call: Step["call"], a: number): Step => ({ call, a, n: 0 });

describe("the simulated kernel and Linux's epoll", () => {
  it(`answer alike, call by call, in ${SCRIPTS} random scripts: errno, masks and ready sets`, () => {
    let steps = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (script) => {
        steps += script.length;
        expect(difference([{ call: "pair", a: 0, n: 0 }, ...script])).toBeUndefined();
      }),
      { numRuns: SCRIPTS },
    );
    console.log(`${SCRIPTS} scripts, ${steps} calls on each kernel`);
  });

  it("are not asked how much room a read makes, though a drain of a closed descriptor came between", () => {
    const readOnce = [calling("dup", 1), calling("write", 0), calling("fill", 0), calling("read", 2)];
    const drainOfNothing = [calling("close", 1), calling("drain", 1)];
    expect(difference([calling("pair", 0), ...readOnce, ...drainOfNothing, calling("write", 0)])).toBeUndefined();
  });
});
