const PIECE_BYTES = 65_536;
/** 16 MiB. */
const MOST_FREE = 256;
/** Memory that is used again: as garbage, which V8 has to find, it cost a third of a large upload. */
const free: Uint8Array[] = [];

/** Bytes that have to wait, in pieces that are full but for the last one. */
export class WaitingBytes {
  readonly #pieces: Uint8Array[] = [];
  /** How much of the last piece is used. */
  #end = PIECE_BYTES;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Copies them. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#end === PIECE_BYTES) this.#grow();
      const part = bytes.subarray(at, at + PIECE_BYTES - this.#end);
      this.#pieces.at(-1)?.set(part, this.#end);
      this.#end += part.length;
      at += part.length;
    }
    this.#bytes += bytes.length;
  }

  /** Shows the oldest to who does not keep them. Answers how many they were. */
  lend(use: (bytes: Uint8Array) => void): number {
    const taken = this.#shift();
    if (!taken) return 0;
    use(taken);
    giveBack(taken);
    return taken.length;
  }

  /** The oldest, to be kept: few of them do not keep the memory of many. */
  take(): Uint8Array | undefined {
    const taken = this.#shift();
    if (!taken || taken.length >= PIECE_BYTES / 2) return taken;
    const copy = taken.slice();
    giveBack(taken);
    return copy;
  }

  clear(): void {
    while (this.lend(() => {}) > 0);
  }

  #grow(): void {
    this.#pieces.push(free.pop() ?? new Uint8Array(Buffer.allocUnsafeSlow(PIECE_BYTES).buffer));
    this.#end = 0;
  }

  #shift(): Uint8Array | undefined {
    const piece = this.#pieces.shift();
    if (!piece) return undefined;
    const isLast = this.#pieces.length === 0;
    const taken = isLast ? piece.subarray(0, this.#end) : piece;
    if (isLast) this.#end = PIECE_BYTES;
    this.#bytes -= taken.length;
    return taken;
  }
}

function giveBack(taken: Uint8Array): void {
  if (free.length < MOST_FREE) free.push(new Uint8Array(taken.buffer));
}
