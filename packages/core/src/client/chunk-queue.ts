/** Counts what waits to be read in all transfers of a client. */
export class UnreadBytes {
  bytes = 0;
}

/** What one transfer has received and nobody has read. Once it is dropped it counts no more. */
export class ChunkQueue {
  readonly #total: UnreadBytes;
  /** Made when the first one has to wait. */
  #chunks: Uint8Array[] | undefined;
  #bytes = 0;

  constructor(total: UnreadBytes) {
    this.#total = total;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array): void {
    this.#chunks ??= [];
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#total.bytes += chunk.length;
  }

  shift(): Uint8Array | undefined {
    const chunk = this.#chunks?.shift();
    if (chunk) this.#count(-chunk.length);
    return chunk;
  }

  takeAll(): Uint8Array[] {
    this.#count(-this.#bytes);
    return this.#chunks?.splice(0) ?? [];
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }
}
