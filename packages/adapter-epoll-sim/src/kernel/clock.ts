import { MisuseError } from "@curlew/core";

/** Something that will happen. */
export interface Alarm {
  readonly atMs: number;
  cancel(): void;
}

interface Entry extends Alarm {
  readonly order: number;
  run: (() => void) | undefined;
}

/** Time that passes only when it is told to. */
export class Clock {
  #nowMs = 0;
  #order = 0;
  /** A heap: nothing is before its parent. */
  readonly #heap: Entry[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next alarm is due; Infinity when there is none. */
  get nextMs(): number {
    this.#dropCancelled();
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** @throws MisuseError OUT_OF_RANGE for a delay that is negative or no number */
  after(delayMs: number, run: () => void): Alarm {
    if (!(delayMs >= 0) || delayMs === Number.POSITIVE_INFINITY)
      throw new MisuseError("OUT_OF_RANGE", `a delay is 0 ms or more, not ${delayMs}`);
    const entry: Entry = {
      atMs: this.#nowMs + delayMs,
      order: this.#order++,
      run,
      cancel() {
        entry.run = undefined;
      },
    };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /**
   * Lets everything happen that is due until then, in order.
   * @throws MisuseError OUT_OF_RANGE for a moment that is past
   */
  advanceTo(ms: number): void {
    if (!(ms >= this.#nowMs)) throw new MisuseError("OUT_OF_RANGE", `it is ${this.#nowMs} ms, ${ms} ms is past`);
    while (this.nextMs <= ms) {
      const entry = this.#takeFirst();
      this.#nowMs = Math.max(this.#nowMs, entry.atMs);
      entry.run?.();
    }
    this.#nowMs = ms;
  }

  /** Time passes and nobody looks, as while a call blocks: what was due meanwhile happens late, at the next `advanceTo`. */
  block(untilMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #dropCancelled(): void {
    while (this.#heap[0] && !this.#heap[0].run) this.#takeFirst();
  }

  #takeFirst(): Entry {
    const heap = this.#heap;
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      const left = at * 2 + 1;
      if (left >= this.#heap.length) return;
      const child = left + 1 < this.#heap.length && this.#before(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #before(a: number, b: number): boolean {
    const first = this.#heap[a] as Entry;
    const second = this.#heap[b] as Entry;
    return first.atMs < second.atMs || (first.atMs === second.atMs && first.order < second.order);
  }

  #swapIfBefore(child: number, parent: number): boolean {
    if (!this.#before(child, parent)) return false;
    const heap = this.#heap;
    [heap[child], heap[parent]] = [heap[parent] as Entry, heap[child] as Entry];
    return true;
  }
}
