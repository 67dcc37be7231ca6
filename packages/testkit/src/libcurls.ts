import { standBefore } from "./stand-before.js";

/** A name that is being resolved for as long as the process lives. */
export const neverResolved = "never.slow-resolver.test";

/** A name that is 127.0.0.1 once it has been resolved for that long. */
export function resolvedAfter(ms: number): string {
  return `${ms}.slow-resolver.test`;
}

/**
 * The path of a library that is the given libcurl with a getaddrinfo of ours before the system's: see its source for the
 * names it knows.
 */
export function slowResolver(libcurl: string): string {
  return standBefore(libcurl, "slow-resolver");
}

/** The same with the notifications of libcurl 8.17, for a libcurl that has none. */
export function notifyingLibcurl(libcurl: string): string {
  return standBefore(libcurl, "notifying");
}
