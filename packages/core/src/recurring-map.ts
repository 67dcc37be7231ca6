/** So many places of keys that have left are kept, or as many as there are keys, if that is more. */
const MOST_VACANT = 32;

/**
 * A Map for keys that leave and come again, time after time, as a handle or a descriptor that is used again does. V8 leaves
 * what is deleted from a Map in the chain of its bucket until the table is rebuilt, and the larger the table, the later: beside
 * 10 000 others one such key was looked for behind thousands of its former selves. So its place stays for a while.
 */
export class RecurringMap<K, V extends object> {
  readonly #places = new Map<K, V | undefined>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#places.get(key);
  }

  set(key: K, value: V): void {
    if (this.#places.get(key) === undefined) this.#size++;
    this.#places.set(key, value);
  }

  delete(key: K): void {
    if (this.#places.get(key) === undefined) return;
    this.#places.set(key, undefined);
    this.#size--;
    if (this.#places.size > this.#size + Math.max(MOST_VACANT, this.#size)) this.#sweep();
  }

  *values(): Generator<V> {
    for (const value of this.#places.values()) if (value !== undefined) yield value;
  }

  #sweep(): void {
    for (const [key, value] of this.#places) if (value === undefined) this.#places.delete(key);
  }
}
