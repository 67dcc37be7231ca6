/**
 * What users assigned to descriptors (curl_multi_assign). libcurl keeps a pointer; a value of JavaScript stays here, and
 * libcurl keeps its index. 0 is its NULL.
 */
export class SocketPointers {
  readonly #values: unknown[] = [undefined];
  readonly #free: number[] = [];
  readonly #indexOf = new Map<number, number>();

  /** The index for a descriptor's value; 0 for undefined. */
  reserve(fd: number, value: unknown): number {
    this.drop(fd);
    if (value === undefined) return 0;
    const index = this.#free.pop() ?? this.#values.length;
    this.#values[index] = value;
    this.#indexOf.set(fd, index);
    return index;
  }

  at(index: number): unknown {
    return this.#values[index];
  }

  /** REMOVE clears the pointer (C 2.7). */
  drop(fd: number): void {
    const index = this.#indexOf.get(fd);
    if (index === undefined) return;
    this.#indexOf.delete(fd);
    this.#values[index] = undefined;
    this.#free.push(index);
  }
}
