/** So many places of keys that have left are kept, or as many as there are keys, if that is more. */
const MOST_VACANT = 32;

interface Place<V> {
  value: V | undefined;
}

/**
 * A Map for keys that leave and come again, time after time, as a handle or a descriptor that is used again does. V8 leaves
 * what is deleted from a Map in the chain of its bucket until the table is rebuilt, and the larger the table, the later: beside
 * 10 000 others one such key was looked for behind thousands of its former selves. So its place stays for a while.
 *
 * What is there is held by its place, not by the table: a table that was rebuilt refers to the one that followed. Once such a
 * chain begins in old space a scavenge takes all of it for alive, with the transfers that each of them had.
 */
export class RecurringMap<K, V extends object> {
  readonly #places = new Map<K, Place<V>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#places.get(key)?.value;
  }

  set(key: K, value: V): void {
    const place = this.#places.get(key);
    if (place?.value === undefined) this.#size++;
    if (place) place.value = value;
    else this.#places.set(key, { value });
  }

  delete(key: K): void {
    const place = this.#places.get(key);
    if (place?.value === undefined) return;
    place.value = undefined;
    this.#size--;
    if (this.#places.size > this.#size + Math.max(MOST_VACANT, this.#size)) this.#sweep();
  }

  *values(): Generator<V> {
    for (const { value } of this.#places.values()) if (value !== undefined) yield value;
  }

  #sweep(): void {
    for (const [key, { value }] of this.#places) if (value === undefined) this.#places.delete(key);
  }
}
