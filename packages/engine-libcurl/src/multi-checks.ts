import { CurlewError, MisuseError, MultiError } from "@curlew/core";
import type { Libcurl } from "./library.js";

const UNKNOWN_OPTION = 6;
const RECURSIVE_API_CALL = 8;

/** libcurl's answer as an error. `call` is what was called or set. */
export function multiFailure(library: Libcurl, multiCode: number, call: string): MultiError {
  const why = `${call}: ${library.multiError(multiCode)}`;
  switch (multiCode) {
    case RECURSIVE_API_CALL:
      return new MultiError("RECURSIVE_CALL", multiCode, why);
    case UNKNOWN_OPTION:
      return new MultiError("NOT_IN_THIS_LIBCURL", multiCode, `${why} (this is libcurl ${library.version})`);
    default:
      return new MultiError("MULTI_FAILED", multiCode, why);
  }
}

export function recursiveCall(call: string): MultiError {
  return new MultiError(
    "RECURSIVE_CALL",
    RECURSIVE_API_CALL,
    `${call} cannot be called inside a callback of the same multi: call it after the callback has returned`,
  );
}

export function spoiled({ version }: Libcurl): MisuseError {
  return new MisuseError(
    "HANDLE_IN_USE",
    `libcurl ${version} may have bytes left in this handle, whose transfer ended while it was paused over HTTP/2, and ` +
      "would give them to the next one: go on with a handle that `duphandle` gives",
  );
}

/** @throws CurlewError NOT_IN_THIS_LIBCURL */
export function needFunction(library: Libcurl, name: string, since: string): void {
  if (!library.absent.functions.includes(name)) return;
  const why = `libcurl ${library.version} has no ${name}: it came with ${since}`;
  throw new CurlewError("NOT_IN_THIS_LIBCURL", why);
}

/** @throws CurlewError NOT_IN_THIS_LIBCURL */
export function needOption(library: Libcurl, option: string): void {
  if (library.absent.multiOptions.includes(option)) throw multiFailure(library, UNKNOWN_OPTION, option);
}

/** C gets an int: what is no int must not become one. */
export function checkDescriptor(fd: number, lowest: -1 | 0): void {
  if (Number.isInteger(fd) && fd >= lowest && fd < 2 ** 31) return;
  const wanted = lowest === 0 ? "a descriptor" : "a descriptor, or CURL_SOCKET_TIMEOUT,";
  throw new MisuseError("OUT_OF_RANGE", `${wanted} is wanted, not ${String(fd)}`);
}
