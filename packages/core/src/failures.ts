import type { EasyHandle } from "./engine.js";
import { CurlewError, TransferError } from "./errors.js";

/** The engine's words for it, which must not fail. */
export function failureOf(easy: EasyHandle, result: number): CurlewError {
  try {
    return easy.failure(result);
  } catch (cause) {
    return new TransferError("TRANSFER_FAILED", `the transfer ended with code ${result}`, { curlCode: result, cause });
  }
}

/** What a queued command threw, for the transfer it was about. */
export function asCurlewError(error: unknown): CurlewError {
  if (error instanceof CurlewError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new TransferError("CALLBACK_FAILED", `a queued command failed: ${what}`, { cause: error });
}

/** The error of a transfer whose user threw in the callback of that name. */
export function callbackFailed(name: string, cause: unknown): CurlewError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new TransferError("CALLBACK_FAILED", `the transfer's ${name} callback threw: ${what}`, { cause });
}
