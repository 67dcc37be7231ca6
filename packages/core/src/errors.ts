/** Every code an error of Curlew can have. Codes are stable; messages are not. docs/errors.md has a section on each. */
export const errorCodes = [
  "ABORTED",
  "BODY_FAILED",
  "BODY_SIZE_DIFFERS",
  "BODY_TOO_LARGE",
  "BODY_USED",
  "BUFFERS_FULL",
  "CALLBACK_FAILED",
  "CLOSED",
  "CORRUPT_TRACE",
  "ENGINE_NOT_BUILT",
  "FORBIDDEN_CHARACTER",
  "HANDLE_CLOSED",
  "HANDLE_IN_USE",
  "HEADERS_TOO_LARGE",
  "LIBCURL_FAILED",
  "LIBCURL_TOO_OLD",
  "LOOP_FAILED",
  "LOOP_REFUSED",
  "LOOP_UNAVAILABLE",
  "MULTI_DEAD",
  "MULTI_FAILED",
  "NOT_IN_THIS_LIBCURL",
  "NOT_IN_THIS_RUNTIME",
  "NOT_JSON",
  "NOT_LIBCURL",
  "NOT_OBSERVABLE",
  "NO_BODY",
  "NO_LIBCURL",
  "NO_LOOP",
  "NO_NODE_LIBCURL",
  "NO_UWS",
  "OPTION_IS_OURS",
  "OPTION_REFUSED",
  "OUT_OF_RANGE",
  "QUEUE_FULL",
  "RECURSIVE_CALL",
  "RESPONSE_ABORTED",
  "RESPONSE_USED",
  "STALLED",
  "SYSCALL_FAILED",
  "TOO_MANY_REDIRECTS",
  "TRANSFER_FAILED",
  "UNKNOWN_OPTION",
  "URL_TOO_LONG",
  "WRONG_TYPE",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** How far a transfer had come when it ended without success. */
export type TransferPhase = "queued" | "resolving" | "connecting" | "tls" | "sending" | "waiting" | "receiving";

/**
 * Two copies of a package, ESM and CJS, have two copies of each class, so `instanceof` goes by a registered symbol.
 */
function branded(value: unknown, brand: symbol): boolean {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

const anyError = Symbol.for("curlew.CurlewError");
const misuse = Symbol.for("curlew.MisuseError");
const loop = Symbol.for("curlew.LoopError");
const multi = Symbol.for("curlew.MultiError");
const transfer = Symbol.for("curlew.TransferError");

/** What all operational errors of Curlew are. */
export class CurlewError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
  }

  /** How far the transfer had come, where the error is a client's. */
  declare phase?: TransferPhase;
  /** What was received of the body and not read, where the error ended `bytes`, `text` or `json`. */
  declare partialBody?: Uint8Array;

  get [anyError](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, anyError);
  }
}

/** A mistake of the caller's: nothing was done. A TypeError, with a code all the same. */
export class MisuseError extends TypeError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
  }

  get [misuse](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, misuse);
  }
}

/** The loop would not, or could not go on. */
export class LoopError extends CurlewError {
  /** The name of the system's error, "EPERM", where there was one. */
  readonly errno: string | undefined;

  constructor(
    code: "LOOP_FAILED" | "LOOP_REFUSED" | "LOOP_UNAVAILABLE",
    message: string,
    options: { errno?: string; cause?: unknown } = {},
  ) {
    super(code, message, options.cause);
    this.errno = options.errno;
  }

  get [loop](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, loop);
  }
}

/** A call on a multi handle did not answer CURLM_OK. */
export class MultiError extends CurlewError {
  /** libcurl's CURLMcode (man libcurl-errors). */
  readonly multiCode: number;

  constructor(code: ErrorCode, multiCode: number, message: string, cause?: unknown) {
    super(code, message, cause);
    this.multiCode = multiCode;
  }

  get [multi](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, multi);
  }
}

/** A transfer ended without success. */
export class TransferError extends CurlewError {
  /** libcurl's CURLcode; undefined when libcurl had no say in it (CLOSED, STALLED, MULTI_DEAD, ...). */
  readonly curlCode: number | undefined;

  constructor(code: ErrorCode, message: string, options: { curlCode?: number; cause?: unknown } = {}) {
    super(code, message, options.cause);
    this.curlCode = options.curlCode;
  }

  get [transfer](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, transfer);
  }
}
