import { CurlewError, MisuseError, TransferError } from "@curlew/core";

/** A call that is not understood. */
export class UsageError extends Error {}

/** curl's exit codes that are ours to give (man curl, EXIT CODES). */
export const EXIT = { usage: 2, partialFile: 18, httpError: 22, writeError: 23, readError: 26, timedOut: 28 } as const;

/** Why a URL was not got. */
export class Failure extends Error {
  /** An error code of Curlew's, or one of HTTP_RETURNED_ERROR, PARTIAL_FILE, READ_ERROR, WRITE_ERROR: libcurl's names. */
  readonly code: string;
  /** libcurl's CURLcode; undefined where there is none for it. */
  readonly curlCode: number | undefined;

  constructor(code: string, curlCode: number | undefined, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.curlCode = curlCode;
  }

  /** The exit code for it. What is wrong with the call itself is found out here at the latest, and is a 2 as elsewhere. */
  get exitCode(): number {
    return this.curlCode ?? (this.code === "STALLED" ? EXIT.timedOut : EXIT.usage);
  }
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  // Aborted by what happened to another URL.
  if (error instanceof CurlewError && error.code === "ABORTED" && error.cause instanceof Failure) return error.cause;
  const message = error instanceof Error ? error.message : String(error);
  const curlCode = error instanceof TransferError ? error.curlCode : undefined;
  const code = error instanceof CurlewError || error instanceof MisuseError ? error.code : "UNEXPECTED";
  return new Failure(code, curlCode, message, error);
}

/** Runs what touches a file: its error is one of writing. @throws Failure */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeFailure(path, error);
  }
}

export function writeFailure(path: string, error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error);
  return new Failure("WRITE_ERROR", EXIT.writeError, `${path} cannot be written: ${why}`, error);
}

/** Bytes of others, on a terminal: no escape sequences, one line. */
export function printable(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, "?");
}
