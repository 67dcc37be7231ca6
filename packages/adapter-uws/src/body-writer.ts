import { CurlewError } from "@curlew/core";
import type { ResponseHead } from "./head.js";
import type { ResponseState } from "./response-state.js";
import type { UwsResponse } from "./uws.js";

/** What fits into uWS's own buffer together with a chunk's frame. */
const PIECE = 16_000;
const NOTHING = new Uint8Array(0);

/** Where the body comes from. */
export interface Flow {
  pause(): void;
  /** All that came is written. */
  resume(): void;
  /** uWS has, or has copied, all of it. */
  written(chunk: Uint8Array): void;
}

/**
 * Writes a body as uWS wants it, and waits as it says. Of a known size: `tryEnd`, which takes what the socket takes; the rest
 * of the chunk is tried again. Of an unknown one: `write`, which keeps what the socket does not take, so that much is not
 * given before all that came before is out.
 */
export class BodyWriter {
  readonly #state: ResponseState;
  readonly #flow: Flow;
  readonly #head: ResponseHead;
  /** The chunk that is being written, and what is left of it. */
  #chunk: Uint8Array = NOTHING;
  #rest: Uint8Array = NOTHING;
  /** What came all the same while that was waiting: a transfer's user may resume it. */
  readonly #later: Uint8Array[] = [];
  /** uWS may keep something of what was written last. */
  #keeps = false;
  #listening = false;
  /** Of the body, given to uWS. */
  sentBytes = 0;

  constructor(state: ResponseState, flow: Flow, head: ResponseHead) {
    this.#state = state;
    this.#flow = flow;
    this.#head = head;
  }

  /** When not all of it could be written the flow is paused until it was. */
  write(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.#head.bodiless || this.#state.over) return; // tryEnd would end with none
    this.#later.push(chunk);
    if (this.#state.blocked) return;
    const well = this.#push();
    if (this.#state.over) return;
    this.#listen();
    if (well) return;
    this.#state.blocked = true;
    this.#flow.pause();
  }

  /** The body is complete. @throws CurlewError BODY_SIZE_DIFFERS where the answer had promised more */
  end(): void {
    if (this.#state.over) return;
    const { bodiless, sizeBytes } = this.#head;
    if (!bodiless && sizeBytes !== undefined && this.sentBytes < sizeBytes)
      throw new CurlewError("BODY_SIZE_DIFFERS", `the answer has ${this.sentBytes} bytes, and promised ${sizeBytes}`);
    this.#state.answer((res) => {
      this.#begin(res);
      if (bodiless) res.endWithoutBody();
      else res.end();
    });
  }

  /** Answers whether the next chunk may come. */
  #push(): boolean {
    while (!this.#state.over) {
      if (this.#rest.length === 0) this.#rest = this.#chunk = this.#later.shift() ?? NOTHING;
      if (this.#rest.length === 0) return true;
      const well = this.#head.sizeBytes === undefined ? this.#give() : this.#offer(this.#head.sizeBytes);
      if (this.#rest.length === 0) this.#flow.written(this.#chunk);
      if (!well) return false;
    }
    return true;
  }

  /** By `write`. While uWS keeps something, it gets no more than a piece each time that the socket has room for more. */
  #give(): boolean {
    const rest = this.#rest;
    const piece = this.#keeps && rest.length > PIECE ? rest.subarray(0, PIECE) : rest;
    const well = this.#state.corked((res) => {
      this.#begin(res);
      return res.write(piece);
    });
    this.#rest = piece === rest ? NOTHING : rest.subarray(piece.length);
    this.sentBytes += piece.length;
    this.#keeps = well !== true;
    return well === true;
  }

  /** By `tryEnd`. */
  #offer(sizeBytes: number): boolean {
    const rest = this.#rest;
    if (this.sentBytes + rest.length >= sizeBytes) this.#state.body?.unthrottle();
    const taken = this.#state.corked((res) => {
      this.#begin(res);
      const [, hasResponded] = res.tryEnd(rest, sizeBytes);
      if (!hasResponded) return res.getWriteOffset() - this.sentBytes;
      this.#state.finish();
      return rest.length;
    });
    this.#rest = taken === rest.length ? NOTHING : rest.subarray(taken);
    this.sentBytes += taken ?? 0;
    return this.#rest.length === 0;
  }

  #begin(res: UwsResponse): void {
    if (this.#state.begun) return;
    this.#state.begun = true;
    this.#head.write(res);
  }

  /** Always: what did not go out by the end of the cork is not told, and without a handler uWS closes a connection that is idle. */
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#state.touch((res) => res.onWritable(() => this.#writable()));
  }

  /** The answer is uWS's: whether all that was written was taken. */
  #writable(): boolean {
    if (!this.#push()) return false;
    // With a handler uWS leaves what it keeps where it is until something is written; to cork writes it.
    if (!this.#state.over) this.#state.corked(() => {});
    if (!this.#state.blocked) return true;
    this.#state.blocked = false;
    this.#flow.resume(); // which may have something at once
    return !this.#state.blocked;
  }
}
