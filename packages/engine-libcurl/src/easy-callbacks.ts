import { TransferError } from "@curlew/core";
import { type Bridge, bridgeOf, mayPauseIn, readStream } from "./callbacks.js";
import { CURL_READFUNC_PAUSE } from "./constants.js";
import type { StreamPart } from "./mime.js";
import type { Host } from "./native.js";
import type { Option } from "./options.js";
import { refuseRewind } from "./trailers.js";

const WRITE_ERROR = 23;
const ABORTED_BY_CALLBACK = 42;
/** The number of the option, by which the addon calls the streams of a MIME body. */
const MIMEPOST = 10269;
const PAUSE_RECEIVING = 1;
const PAUSE_SENDING = 4;

interface Entry {
  readonly option: Option;
  readonly callback: unknown;
  readonly run: Bridge;
}

const noStreams: readonly StreamPart[] = [];
const none: Map<number, Entry> = new Map();

/** The functions of one easy that libcurl calls, and what came of the calls. */
export class CallbackTable {
  readonly #version: string;
  /** Most handles are those of transfers, whose callbacks are in C: no map is made for them. */
  #entries: Map<number, Entry> = none;
  #streams = noStreams;
  #sentTrailers = false;
  /** A stream of the MIME body answered PAUSE and was not asked since. */
  #streamWaits = false;
  #depth = 0;
  #thrown: { readonly error: unknown; readonly option: string } | undefined;
  /** CURLPAUSE_ bits that callbacks have answered, or `pause` has set. */
  pausedBits = 0;

  constructor(version: string) {
    this.#version = version;
  }

  /** In a direction that a callback or `pause` has paused. */
  get paused(): boolean {
    return this.pausedBits !== 0 || this.#streamWaits;
  }

  /** How many of them there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether one of them is on the stack. */
  get running(): boolean {
    return this.#depth > 0;
  }

  has(option: Option): boolean {
    return this.#entries.has(option.id);
  }

  find(name: string): Option | undefined {
    for (const { option } of this.#entries.values()) if (option.name === name) return option;
    return undefined;
  }

  set(option: Option, callback: unknown): void {
    if (this.#entries === none) this.#entries = new Map();
    if (callback === null) this.#entries.delete(option.id);
    else this.#entries.set(option.id, { option, callback, run: bridgeOf(option.name) });
  }

  /** Those of the MIME body. */
  stream(streams: readonly StreamPart[]): void {
    this.#streams = streams;
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  clear(): void {
    this.#entries = none;
    this.#streams = noStreams;
    this.begin();
  }

  /** Whether a TRAILERFUNCTION was ever called; a reset does not change that. */
  get sentTrailers(): boolean {
    return this.#sentTrailers;
  }

  /** A new transfer. */
  begin(): void {
    this.#thrown = undefined;
    this.#streamWaits = false;
    this.pausedBits = 0;
  }

  /** What the addon answers to libcurl; undefined for "abort". Nothing that users throw goes further than here (C 10.7). */
  run(host: Host | undefined, option: number, args: readonly unknown[]): unknown {
    if (option === MIMEPOST) return this.#call(host, "MIMEPOST", readStream, this.#streams, args);
    const entry = this.#entries.get(option);
    return entry && this.#call(host, entry.option.name, entry.run, entry.callback, args);
  }

  #call(host: Host | undefined, name: string, run: Bridge, callback: unknown, args: readonly unknown[]): unknown {
    const mayPause = mayPauseIn.has(name);
    this.#sentTrailers ||= name === "TRAILERFUNCTION";
    this.#depth++;
    if (mayPause) host?.enterCallback();
    else host?.enterTelling();
    try {
      if (name === "SEEKFUNCTION" && this.#sentTrailers) refuseRewind(this.#version);
      const answer = run(callback as never, ...(args as never[]));
      const pauses = mayPause && answer === CURL_READFUNC_PAUSE;
      if (name === "MIMEPOST") this.#streamWaits = pauses;
      else if (pauses) this.pausedBits |= directionOf(name);
      return answer;
    } catch (error) {
      this.#thrown ??= { error, option: name };
      return undefined;
    } finally {
      if (mayPause) host?.leaveCallback();
      else host?.leaveTelling();
      this.#depth--;
    }
  }

  /** What a transfer ends with for which libcurl says 0 though a callback threw; 0 when none did. */
  get failedCode(): number {
    if (!this.#thrown) return 0;
    return directionOf(this.#thrown.option) === PAUSE_RECEIVING ? WRITE_ERROR : ABORTED_BY_CALLBACK;
  }

  /** What a callback threw. */
  failure(curlCode: number): TransferError | undefined {
    if (!this.#thrown) return undefined;
    const { error, option } = this.#thrown;
    const why = error instanceof Error ? error.message : String(error);
    return new TransferError("CALLBACK_FAILED", `the ${option} of the transfer threw: ${why}`, {
      curlCode,
      cause: error,
    });
  }

  /** Makes a call that is no part of a transfer, and throws what a callback threw in it. */
  surface<T>(call: () => T): T {
    const before = this.#thrown;
    this.#thrown = undefined;
    const result = call();
    const failure = this.failure(this.failedCode);
    this.#thrown = before;
    if (failure) throw failure;
    return result;
  }
}

/** PAUSE is one number for both: it depends on who answers it. */
function directionOf(option: string): number {
  if (option === "READFUNCTION" || option === "MIMEPOST") return PAUSE_SENDING;
  return option === "WRITEFUNCTION" || option === "HEADERFUNCTION" || option === "INTERLEAVEFUNCTION"
    ? PAUSE_RECEIVING
    : 0;
}
