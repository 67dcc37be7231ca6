import { MisuseError } from "@curlew/core";

/**
 * What a scheduler decides. Answer 0 is always the plain one: first come first served, everything at once, on time, nothing
 * spurious, nothing failing.
 *
 * - `order`: which of the ready descriptors a wait reports next
 * - `batch`: at how many it stops
 * - `split`: whether a batch ends in the middle of what a wait found
 * - `late`: how late a timer fires
 * - `read`, `write`: whether a call moves everything or one byte
 * - `spurious`: whether a descriptor is reported that is not ready
 * - `fail`: whether a system call fails
 * - `latency`: how long the network takes
 */
export const choiceKinds = ["order", "batch", "split", "late", "read", "write", "spurious", "fail", "latency"] as const;
export type ChoiceKind = (typeof choiceKinds)[number];

export interface Choices {
  /** One of `count` possibilities: 0 to count - 1. */
  choose(kind: ChoiceKind, count: number): number;
}

/** Always 0. */
export const plainChoices: Choices = { choose: () => 0 };

/** A generator of 32-bit numbers (sfc32): small, fast, and the same everywhere. */
export class Random {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #counter = 1;

  /** @throws MisuseError OUT_OF_RANGE for a seed that is not an integer from 0 to 2^32 - 1 */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
      throw new MisuseError("OUT_OF_RANGE", `a seed is an integer from 0 to 4294967295, not ${seed}`);
    this.#a = seed | 0;
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** 0 to count - 1. */
  below(count: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * count);
  }

  /** true that often, of 1. */
  chance(of1: number): boolean {
    return this.#next() < of1 * 0x1_0000_0000;
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** How often a choice is not the plain one, of 1; drawn for each kind, so that some runs are calm and some are wild. */
const TEMPERS: Readonly<Record<ChoiceKind, readonly number[]>> = {
  order: [0, 0.5, 1],
  batch: [0, 0.3, 1],
  split: [0, 0.3],
  late: [0, 0.2, 0.8],
  read: [0, 0.05, 0.3],
  write: [0, 0.05, 0.3],
  spurious: [0, 0.05, 0.3],
  fail: [0, 0, 0, 0, 0, 0, 0, 0, 0.02],
  latency: [0, 0.5, 1],
};

/** Drawn from a seed. */
export class SeededChoices implements Choices {
  readonly #random: Random;
  readonly #tempers = new Map<ChoiceKind, number>();

  constructor(seed: number) {
    this.#random = new Random(seed);
    for (const kind of choiceKinds) this.#tempers.set(kind, this.#random.pick(TEMPERS[kind]));
  }

  choose(kind: ChoiceKind, count: number): number {
    const random = this.#random;
    if (count < 2 || !random.chance(this.#tempers.get(kind) ?? 0)) return 0;
    return 1 + random.below(count - 1);
  }
}
