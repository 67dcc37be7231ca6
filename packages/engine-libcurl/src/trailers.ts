/**
 * Before 8.7 libcurl forgets to forget that it has sent trailers: what it sends next on the same handle in chunks, be it
 * the same body after a redirect, is written in front of its buffer. So there a handle has trailers once, and what
 * would be sent again must be asked for: of a SEEKFUNCTION, which can fail.
 */
import { CurlewError, MisuseError } from "@curlew/core";
import type { CallbackTable } from "./easy-callbacks.js";
import { isBefore } from "./hazards.js";

const FORGETS = "8.7.0";

/** Refuses a transfer that would write there. */
export function checkTrailers(callbacks: CallbackTable, version: string, rewindsUnasked: boolean): void {
  if (callbacks.size === 0 && !callbacks.sentTrailers) return;
  if (!isBefore(version, FORGETS)) return;
  if (callbacks.sentTrailers)
    throw new MisuseError(
      "HANDLE_IN_USE",
      `libcurl ${version} cannot use a handle again that has sent trailers: go on with one that \`duphandle\` gives`,
    );
  if (rewindsUnasked && callbacks.find("TRAILERFUNCTION"))
    throw new CurlewError("OPTION_REFUSED", `libcurl ${version} can send trailers after a body of a READFUNCTION only`);
}

export function refuseRewind(version: string): void {
  if (!isBefore(version, FORGETS)) return;
  throw new CurlewError("OPTION_REFUSED", `libcurl ${version} cannot send a body again that had trailers`);
}
