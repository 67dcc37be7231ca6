import { CurlewError, MisuseError, TransferError } from "@curlew/core";

const OPERATION_TIMEDOUT = 28;

/** By what is at fault: the request that came, this server, or (all else) the one behind it. */
const STATUSES: Partial<Record<CurlewError["code"], number>> = {
  FORBIDDEN_CHARACTER: 400,
  URL_TOO_LONG: 414,
  CALLBACK_FAILED: 500,
  BUFFERS_FULL: 503,
  CLOSED: 503,
  QUEUE_FULL: 503,
};

/** What a gateway answers in place of the answer it did not get (RFC 9110 15.6). */
export function statusOf(error: unknown): number {
  if (error instanceof TransferError && error.curlCode === OPERATION_TIMEDOUT) return 504;
  if (!(error instanceof CurlewError || error instanceof MisuseError)) return 500;
  if (error.code === "ABORTED" && (error.cause as Error | undefined)?.name === "TimeoutError") return 504; // AbortSignal.timeout
  return STATUSES[error.code] ?? (error instanceof MisuseError ? 500 : 502);
}
