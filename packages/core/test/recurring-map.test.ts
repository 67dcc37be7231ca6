/** A Map in all it does, that forgets more slowly and finds faster. */
import { describe, expect, it } from "vitest";
import { RecurringMap } from "../src/recurring-map.js";

/** The same numbers for the same seed. */
function* drawn(seed: number): Generator<number> {
  for (let state = seed; ; state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) yield state >>> 8;
}

/** A scavenge: of what is young only, what is old and dead counts as alive. */
function minor(): void {
  (globalThis as { gc?: (how: { type: "minor" }) => void }).gc?.({ type: "minor" });
}

describe("a map of recurring keys", () => {
  it.each([1, 2, 3, 4, 5])("is a Map, whatever is done to both (seed %i)", (seed) => {
    const [map, model] = [new RecurringMap<number, { n: number }>(), new Map<number, { n: number }>()];
    const numbers = drawn(seed);
    const next = (below: number) => Number(numbers.next().value) % below;
    for (let i = 0; i < 20_000; i++) {
      const key = next(200);
      // Sometimes many come, sometimes many go.
      if (next(1000) < (i % 4000 < 2000 ? 600 : 400)) {
        const value = { n: i };
        map.set(key, value);
        model.set(key, value);
      } else {
        map.delete(key);
        model.delete(key);
      }
      expect(map.size).toBe(model.size);
      expect(map.get(key)).toBe(model.get(key));
      if (i % 100 === 0) expect(new Set(map.values())).toEqual(new Set(model.values()));
    }
  });

  it("keeps few of those that have left for good", async () => {
    const map = new RecurringMap<object, object>();
    const kept: WeakRef<object>[] = [];
    for (let i = 0; i < 1000; i++) {
      const key = {};
      kept.push(new WeakRef(key));
      map.set(key, key);
      map.delete(key);
    }
    await new Promise((resolve) => setTimeout(resolve));
    (globalThis as { gc?: () => void }).gc?.();
    const left = kept.filter((key) => key.deref() !== undefined).length;
    console.log(`of 1000 that have left, ${left} are kept`);
    expect(left).toBeLessThanOrEqual(32);
    expect(map.size).toBe(0);
  });

  /** Its values are young, and nobody else's; a table that they were in is old, and nobody's. */
  it("keeps nothing of those that have left alive through its old tables", () => {
    const map = new RecurringMap<number, readonly number[]>();
    const turn = (): void => {
      for (let key = 0; key < 100; key++) map.set(key, new Array(100).fill(key));
      for (let key = 0; key < 100; key++) map.delete(key);
    };
    const used = (): number => {
      minor();
      minor();
      return process.memoryUsage().heapUsed;
    };
    turn();
    const before = used();
    for (let i = 0; i < 100; i++) turn();
    const grown = used() - before;
    console.log(`after 10 000 values, which are 8 MB, there are ${grown} bytes more`);
    expect(grown).toBeLessThan(2_000_000);
  });

  it("lets its values be looked at while they leave and come", () => {
    const map = new RecurringMap<number, { n: number }>();
    for (let n = 0; n < 100; n++) map.set(n, { n });
    const seen: number[] = [];
    for (const { n } of map.values()) {
      seen.push(n);
      map.delete(n);
      if (n < 3) map.set(n + 1000, { n: n + 1000 });
    }
    expect(seen).toEqual([...Array(100).keys(), 1000, 1001, 1002]);
  });
});
