import type { Progress } from "@curlew/core";
import { Fifo } from "./fifo.js";
import { CURL_WRITEFUNC_PAUSE } from "./node-libcurl.js";

/** What is told of a transfer before its outcome. */
export type GatheredKind = "headers" | "chunk" | "trailers" | "drain" | "progress";

export interface Gathered {
  readonly kind: GatheredKind;
  /** Header lines come one by one, and are told together. */
  readonly pieces: Uint8Array[];
}

export interface ReceivingOptions {
  readonly highWaterBytes: number;
  readonly headerLimitBytes: number;
  /** file: is read in one go, and fails when its receiver pauses. */
  readonly canPause: boolean;
}

const NONE: Progress = { receivedBytes: 0, receivedTotalBytes: 0, sentBytes: 0, sentTotalBytes: 0 };
const CR = 13;
const LF = 10;

/** What libcurl hands out, kept until it is told: nothing of a user's runs inside libcurl. */
export class Receiving {
  readonly #options: ReceivingOptions;
  readonly #touched: () => void;
  readonly #events = new Fifo<Gathered>();
  #progressWaits = false;
  #bodyBytes = 0;
  #headerBytes = 0;
  #inHead = false;
  #closed = false;
  #moved = NONE;
  /** libcurl was told to wait until there is room. */
  paused = false;
  headersTooLarge = false;

  constructor(options: ReceivingOptions, touched: () => void) {
    this.#options = options;
    this.#touched = touched;
  }

  get empty(): boolean {
    return this.#events.empty;
  }

  /** Nothing has come. */
  get untouched(): boolean {
    return this.#headerBytes === 0 && this.#bodyBytes === 0;
  }

  /** As much waits as may. */
  get full(): boolean {
    return this.#bodyBytes >= this.#options.highWaterBytes;
  }

  /** The latest of it. */
  get moved(): Progress {
    return this.#moved;
  }

  take(): Gathered | undefined {
    const event = this.#events.shift();
    if (event?.kind === "progress") this.#progressWaits = false;
    if (event?.kind === "chunk") for (const piece of event.pieces) this.#bodyBytes -= piece.length;
    return event;
  }

  /** Nobody wants the rest. */
  close(): void {
    this.#closed = true;
    this.#events.clear();
  }

  drain(): void {
    this.#add("drain");
  }

  /** CURLOPT_WRITEFUNCTION. The bytes are a copy that node-libcurl has made. */
  readonly write = (bytes: Buffer): number => {
    if (this.full && this.#options.canPause) {
      this.paused = true;
      this.#touched();
      return CURL_WRITEFUNC_PAUSE;
    }
    this.#bodyBytes += bytes.length;
    if (bytes.length > 0) this.#add("chunk", bytes);
    return bytes.length;
  };

  /** CURLOPT_HEADERFUNCTION: a line. A block begins with a status line, which no trailer can look like. */
  readonly header = (line: Buffer): number => {
    this.#headerBytes += line.length;
    if (this.#headerBytes > this.#options.headerLimitBytes) {
      this.headersTooLarge = true;
      return 0;
    }
    if (line.length >= 5 && line.toString("latin1", 0, 5) === "HTTP/") this.#inHead = true;
    this.#add(this.#inHead ? "headers" : "trailers", line);
    if (line[0] === CR || line[0] === LF) this.#inHead = false;
    return line.length;
  };

  /** CURLOPT_XFERINFOFUNCTION, which is called whether something has moved or not. */
  readonly progress = (dltotal: number, dlnow: number, ultotal: number, ulnow: number): number => {
    const { receivedBytes, receivedTotalBytes, sentBytes, sentTotalBytes } = this.#moved;
    if (dltotal === receivedTotalBytes && dlnow === receivedBytes && ultotal === sentTotalBytes && ulnow === sentBytes)
      return 0;
    this.#moved = {
      receivedBytes: dlnow,
      receivedTotalBytes: dltotal,
      sentBytes: ulnow,
      sentTotalBytes: ultotal,
    };
    if (!this.#progressWaits) this.#add("progress");
    this.#progressWaits = true;
    return 0;
  };

  #add(kind: GatheredKind, piece?: Uint8Array): void {
    if (this.#closed) return;
    const { last } = this.#events;
    if (piece && kind !== "chunk" && last?.kind === kind) last.pieces.push(piece);
    else this.#events.push({ kind, pieces: piece ? [piece] : [] });
    this.#touched();
  }
}
