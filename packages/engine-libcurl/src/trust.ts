import { existsSync } from "node:fs";
import { isBefore } from "./hazards.js";
import type { Libcurl } from "./library.js";

const known = new WeakMap<Libcurl, boolean>();

/**
 * Whether the file of trusted certificates is to do without the directory of the same ones.
 *
 * libcurl keeps what it has read of the file for the next connections (CURLOPT_CA_CACHE_TIMEOUT, since 7.87), but not when
 * there is a directory, too. Debian builds in both, the file made of the directory: left so, each new TLS connection reads
 * some hundred certificates again, tens of milliseconds in which nothing else runs.
 */
export function trustFileSuffices(library: Libcurl): boolean {
  let suffices = known.get(library);
  if (suffices === undefined) {
    const { cainfo, capath } = library.info;
    suffices = Boolean(cainfo && capath) && !isBefore(library.version, "7.87.0") && existsSync(cainfo as string);
    known.set(library, suffices);
  }
  return suffices;
}
