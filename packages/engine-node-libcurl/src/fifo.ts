/** A queue: `Array.shift` moves all that is left of a long array each time. */
export class Fifo<T> {
  #items: T[] = [];
  #at = 0;

  get empty(): boolean {
    return this.#at === this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[this.#at];
  }

  get last(): T | undefined {
    return this.empty ? undefined : this.#items.at(-1);
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Puts another in the first one's place. */
  replaceFirst(item: T): void {
    this.#items[this.#at] = item;
  }

  shift(): T | undefined {
    if (this.empty) return undefined;
    const item = this.#items[this.#at++];
    // What was taken is let go when it is half of the array: each item is moved once at most, on average.
    if (this.#at * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#at);
      this.#at = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#at = 0;
  }
}
