import type { GatheredKind, GatherVisitor } from "@curlew/core";
import { easyById, native } from "./binding.js";
import type { Easy } from "./easy.js";

/** Pieces that do not fit into what is left of a slab get a new one, or memory of their own when they are large. */
const SLAB_BYTES = 65_536;
const LARGE_BYTES = 16_384;

/** Bun's engine adds up what it is told of memory, and takes nothing back. */
const HURRIES = process.versions.bun === undefined;
/** V8 is later from Node 24 on: 256 MiB to a slow reader took 150 MiB there, where it takes 117 on 20. */
const HURRY_BYTES = Number.parseInt(process.versions.node, 10) < 24 ? 16_777_216 : 33_554_432;

/** The enum record_kind of native/gather.h. */
const kinds: readonly (GatheredKind | undefined)[] = [
  undefined,
  "headers",
  "body",
  "trailers",
  "full",
  "drain",
  "progress",
  "body",
];
/** A piece of a body in memory that was made for it, and will soon be garbage, as a rule. */
const PIECE = 7;

/** Of memory that a piece has for itself: so that nothing else is taken back. */
const OWN = Symbol("curlew.own");

/** The addon takes no less. */
const LEAST_SPARE_BYTES = 65_536;

const RECORDS = 256;
const RECORD_INTS = 4;
const HEAD_INTS = 2;

/** Where a handle may be found at hand, by the addon's number. */
export interface Handles {
  find(id: number): Easy | undefined;
}

/** Takes what the addon has gathered for the transfers of one multi: everything in one crossing, as a rule. */
export class Collector {
  /** [count, bytes needed for the next piece or 0 or -1, then id, kind, offset or -1 - index in loans, length each]. */
  readonly #records = new Int32Array(HEAD_INTS + RECORDS * RECORD_INTS);
  /** Small pieces are packed one after the other, like Node packs small buffers. */
  #slab: Uint8Array = new Uint8Array(0);
  #used = 0;
  /** Bodies that have come in memory of their own. */
  readonly #loans: Uint8Array[] = [];

  collect(multi: number, handles: Handles, visit: GatherVisitor<Easy>): void {
    for (;;) {
      this.#used = this.#fill(multi, handles, visit, this.#slab, this.#used);
      const needed = this.#records[1] ?? 0;
      if (needed === 0) return;
      if (needed > LARGE_BYTES) {
        this.#fill(multi, handles, visit, owned(Buffer.allocUnsafeSlow(needed)), 0);
        if (HURRIES) native().hurry(HURRY_BYTES);
        if (this.#records[1] === 0) return;
      } else if (needed > 0) {
        this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
        this.#used = 0;
      }
    }
  }

  /** Answers how much of `room` is used now. */
  #fill(multi: number, handles: Handles, visit: GatherVisitor<Easy>, room: Uint8Array, used: number): number {
    const records = this.#records;
    const loans = this.#loans;
    native().collect(multi, room, used, records, loans);
    let end = used;
    for (let i = 0, at = HEAD_INTS; i < (records[0] ?? 0); i++, at += RECORD_INTS) {
      const id = records[at] ?? 0;
      const easy = handles.find(id) ?? (easyById(id)?.easy as Easy | undefined);
      const kind = kinds[records[at + 1] ?? 0];
      const start = records[at + 2] ?? 0;
      const length = records[at + 3] ?? 0;
      if (start >= 0) end = start + length;
      const bytes = start >= 0 ? room.subarray(start, end) : this.#lent(-1 - start, length);
      if (easy && kind && bytes) visit(easy, kind, bytes);
      if (HURRIES && records[at + 1] === PIECE) native().hurry(HURRY_BYTES);
    }
    loans.length = 0;
    return end;
  }

  #lent(index: number, length: number): Uint8Array | undefined {
    const memory = this.#loans[index];
    return memory && owned(memory).subarray(0, length);
  }

  /** @see GatheringEngine.recycle. It changes hands, so that nobody can look into the next piece, or give it away. */
  recycle({ buffer }: Uint8Array): void {
    if (!(OWN in buffer) || buffer.byteLength < LEAST_SPARE_BYTES) return;
    native().gatherSpare(Buffer.from(moved(buffer as ArrayBuffer)));
  }
}

/** The same memory as another object's. `transfer`, which Node 20 has not, takes a tenth of the time. */
function moved(buffer: ArrayBuffer): ArrayBuffer {
  const { transfer } = buffer as { transfer?: () => ArrayBuffer };
  return transfer ? transfer.call(buffer) : structuredClone(buffer, { transfer: [buffer] });
}

function owned(bytes: Uint8Array): Uint8Array {
  (bytes.buffer as { [OWN]?: true })[OWN] = true;
  return bytes;
}
