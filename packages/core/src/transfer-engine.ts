/**
 * The second seam: transfers, whoever moves them. A driver with a MultiEngine and a loop is one TransferEngine; a
 * library that hides its sockets can be another. Everything for users stands on this.
 */

import type { TransferRequest } from "./engine.js";
import { type CurlewError, MisuseError } from "./errors.js";
import type { Observers } from "./observers.js";

/**
 * What a transfer reports, from a fresh stack, in this order: headers, chunks, trailers, and at last, exactly once, the
 * outcome. `drain` and `progress` come in between. Nothing is reported after `cancel`, and nothing but the outcome after an error.
 * A throw of any of them fails the transfer with CALLBACK_FAILED and the thrown as `cause`; a throw of `outcome` itself
 * goes to the port `reportError`.
 */
export interface TransferSink {
  /** False: none of it calls code of a user's, so the context it was started in need not be kept. Default true. */
  readonly inContext?: boolean;
  /** Raw header bytes, whole lines: one block or several (redirects, informational answers), each ended by an empty line. */
  headers?(bytes: Uint8Array): void;
  chunk?(bytes: Uint8Array): void;
  /** Raw header lines that came after the body. */
  trailers?(bytes: Uint8Array): void;
  /** For a streamed request body: it is being sent, and what was queued of it runs low. */
  drain?(): void;
  /** Bytes moved since the last time, at most once a tick. Only for requests that ask for it. */
  progress?(progress: Progress): void;
  outcome(outcome: Outcome): void;
}

/** Bytes of bodies, as they are on the wire. A total is 0 as long as it is not known (CURLOPT_XFERINFOFUNCTION). */
export interface Progress {
  readonly receivedBytes: number;
  readonly receivedTotalBytes: number;
  readonly sentBytes: number;
  readonly sentTotalBytes: number;
}

/** How a transfer ended. */
export interface Outcome {
  /** undefined: success, as libcurl understands it. A status of 404 is one. */
  readonly error: CurlewError | undefined;
  /** An info of the engine by its name, such as "RESPONSE_CODE". Only until `outcome` returns. */
  readonly getinfo: (info: string) => unknown;
  /** Several that are numbers or strings, of a list that stays the same: cheaper, where the engine has a way. Throws nothing. */
  readonly getinfos?: ((infos: readonly string[]) => readonly unknown[]) | undefined;
}

/** A transfer under way. Every call on one that has ended does nothing. */
export interface Transfer {
  /** Nothing is reported until `resume`; what arrives is kept up to the high-water mark, then receiving stops. */
  pause(): void;
  resume(): void;
  /** Ends it at once; nothing more is reported, not even an outcome. */
  cancel(): void;
  /**
   * The body is wanted in one piece: it is told as one chunk once it is complete, or in pieces of at least `mostBytes`. Absent,
   * or for what came before: chunk by chunk.
   */
  receiveWhole?(mostBytes: number): void;
  /** Takes back a chunk that was told, whose memory may be another one's then: it may be empty afterwards. */
  recycle?(chunk: Uint8Array): void;
  /** Before `cancel`, and in an `outcome` that is an error: what has come of such a body and was not told. */
  rest?(): Uint8Array | undefined;
  /**
   * Sends more of a streamed body. The bytes are copied.
   * @returns whether more should follow at once; after `false` wait for `drain`
   * @throws MisuseError HANDLE_CLOSED after `endSending`
   */
  send(bytes: Uint8Array): boolean;
  /** The streamed body is complete. */
  endSending(): void;
  /** An info of the engine by its name, as it is now. Undefined once the transfer has ended. */
  getinfo(info: string): unknown;
}

export interface TransferEngine {
  readonly name: string;
  /** Checks the request at once: a MisuseError, and nothing was sent. All else is told by the outcome. */
  start(request: TransferRequest, sink: TransferSink): Transfer;
  /** Milliseconds on the clock that its timers go by. */
  now(): number;
  /** Tells `observers` what passes between driver and engine, until the returned function is called. Absent: cannot be told. */
  observe?(observers: Observers<unknown>): () => void;
  /** All unfinished transfers end with CLOSED. Resolves when their outcomes are delivered and the loop is let go. */
  close(): Promise<void>;
}

/** @throws MisuseError WRONG_TYPE */
export function checkSink(sink: TransferSink): void {
  if (typeof sink?.outcome !== "function")
    throw new MisuseError("WRONG_TYPE", "a sink needs a function `outcome`: without it nobody would hear of the end");
}
