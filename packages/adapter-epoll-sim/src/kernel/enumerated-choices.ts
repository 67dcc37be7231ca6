import type { ChoiceKind, Choices } from "./choices.js";

/** At most that many possibilities of each kind; those not named are not varied. */
export type ChoiceLimits = Partial<Record<ChoiceKind, number>>;

/**
 * Every run there is, one after the other, for scenes small enough: the first run answers 0 to everything, each next one
 * changes the last answer that can still be changed.
 *
 * @example for (const all = new EnumeratedChoices({ order: 2 }, 20); all.next(); ) run(all);
 */
export class EnumeratedChoices implements Choices {
  readonly #limits: ChoiceLimits;
  readonly #depth: number;
  #path: { answer: number; readonly count: number }[] = [];
  #at = 0;
  #started = false;

  /** @param depth how many choices of a run are varied; those after it are 0 */
  constructor(limits: ChoiceLimits, depth: number) {
    this.#limits = limits;
    this.#depth = depth;
  }

  /** Begins the next run; false when there is none. */
  next(): boolean {
    this.#at = 0;
    if (!this.#started) {
      this.#started = true;
      return true;
    }
    for (;;) {
      const last = this.#path.at(-1);
      if (!last) return false;
      if (++last.answer < last.count) return true;
      this.#path.pop();
    }
  }

  choose(kind: ChoiceKind, count: number): number {
    const possible = Math.min(count, this.#limits[kind] ?? 1);
    if (possible < 2 || this.#at >= this.#depth) return 0;
    const step = this.#path[this.#at] ?? { answer: 0, count: possible };
    this.#path[this.#at++] = step;
    return step.answer;
  }
}
