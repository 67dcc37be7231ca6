const PIECE_BYTES = 65_536;
/** What little there is waits in one of these: a thousand small bodies are not 64 MiB. */
const SMALL_BYTES = 2048;
/** 16 MiB. */
const MOST_FREE = 256;
/** Memory that is used again: as garbage, which V8 has to find, it cost a third of a large upload. */
const free: Uint8Array[] = [];

/** Bytes that have to wait, in pieces that are full but for the last one. */
export class WaitingBytes {
  readonly #pieces: Uint8Array[] = [];
  /** How much of the last piece is not used. */
  #room = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Copies them. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#room === 0) this.#grow(bytes.length);
      const part = bytes.subarray(at, at + this.#room);
      const last = this.#pieces.at(-1) as Uint8Array;
      last.set(part, last.length - this.#room);
      this.#room -= part.length;
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
    if (!taken || taken.length >= taken.buffer.byteLength / 2) return taken;
    const copy = taken.slice();
    giveBack(taken);
    return copy;
  }

  clear(): void {
    while (this.lend(() => {}) > 0);
  }

  #grow(wanted: number): void {
    const small = wanted <= SMALL_BYTES && this.#pieces.length === 0;
    const piece = small ? new Uint8Array(SMALL_BYTES) : (free.pop() ?? unfilled());
    this.#pieces.push(piece);
    this.#room = piece.length;
  }

  #shift(): Uint8Array | undefined {
    const piece = this.#pieces.shift();
    if (!piece) return undefined;
    const isLast = this.#pieces.length === 0;
    const taken = isLast ? piece.subarray(0, piece.length - this.#room) : piece;
    if (isLast) this.#room = 0;
    this.#bytes -= taken.length;
    return taken;
  }
}

/** No part of a pool, and no Buffer, whose `slice` is none. */
function unfilled(): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(PIECE_BYTES).buffer);
}

function giveBack(taken: Uint8Array): void {
  const { buffer } = taken;
  if (buffer.byteLength === PIECE_BYTES && free.length < MOST_FREE) free.push(new Uint8Array(buffer));
}
