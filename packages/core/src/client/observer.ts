import type { CurlewError, MisuseError } from "../errors.js";
import type { Progress } from "../transfer-engine.js";
import type { Head } from "./head.js";
import type { HeaderFields } from "./header-fields.js";
import type { TransferInfos } from "./infos.js";

/**
 * Hears of a transfer, each from a fresh stack, in this order: `started`, any number of `informational` and `redirect`,
 * `head`, chunks, `trailers`, and at last, exactly once, `done` or `error`. `progress` comes in between. Whatever it does in
 * there is legal: start, pause, abort others or this one, close the client. A throw fails the transfer with
 * CALLBACK_FAILED; a throw of `done` or `error` goes to the port `reportError`.
 */
export interface TransferObserver {
  /** It has a slot of the client, and the engine has it. */
  started?(): void;
  /** An answer of 1xx. */
  informational?(head: Head): void;
  /** An answer that is followed by another request. */
  redirect?(head: Head): void;
  /** The answer. */
  head?(head: Head): void;
  chunk?(bytes: Uint8Array): void;
  progress?(progress: Progress): void;
  trailers?(fields: HeaderFields): void;
  done?(infos: TransferInfos): void;
  error?(error: CurlewError | MisuseError): void;
}

/** A transfer that is told to an observer. Every call on one that has ended does nothing. */
export interface TransferControl {
  /** Nothing is told until `resume`, but for errors of ours; what arrives fills up to the high-water mark. */
  pause(): void;
  resume(): void;
  /** Ends it at once; nothing more is told, neither `done` nor `error`. */
  cancel(): void;
}
