import { MisuseError } from "../errors.js";

/** What a client may have at once, and what one answer may be. Each is a whole number above 0, or Infinity. */
export interface Limits {
  /** Transfers under way at once; more wait in a queue. Default 1000. */
  readonly transfers: number;
  /** Of these, transfers to one host and port. Default 250. */
  readonly transfersPerHost: number;
  /** Transfers that wait in the queue; one more fails with QUEUE_FULL. Default 100 000. */
  readonly queued: number;
  /**
   * Bytes of bodies that were received and not read, of all transfers together. Above it no transfer starts: it fails
   * with BUFFERS_FULL. Those under way stop receiving at their own high-water marks. Default 268 435 456 (256 MiB).
   */
  readonly bufferedBytes: number;
  /** What `bytes`, `text` and `json` collect of one body, decompressed; more fails with BODY_TOO_LARGE. Default 268 435 456. */
  readonly bodyBytes: number;
  /** Header bytes of one transfer, with redirects and trailers; more fails with HEADERS_TOO_LARGE. Default 262 144. */
  readonly headerBytes: number;
  /** Redirects of one transfer; one more fails with TOO_MANY_REDIRECTS. Default 20. */
  readonly redirects: number;
}

export const defaultLimits: Limits = {
  transfers: 1000,
  transfersPerHost: 250,
  queued: 100_000,
  bufferedBytes: 268_435_456,
  bodyBytes: 268_435_456,
  headerBytes: 262_144,
  redirects: 20,
};

/** @throws MisuseError UNKNOWN_OPTION, OUT_OF_RANGE */
export function checkLimits(limits: Partial<Limits>, base: Limits = defaultLimits): Limits {
  if (typeof limits !== "object" || limits === null)
    throw new MisuseError("WRONG_TYPE", `limits takes an object, not ${limits === null ? "null" : typeof limits}`);
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultLimits, name))
      throw new MisuseError(
        "UNKNOWN_OPTION",
        `no limit "${name}"; there are: ${Object.keys(defaultLimits).join(", ")}`,
      );
    if (value !== undefined && !isLimit(value))
      throw new MisuseError(
        "OUT_OF_RANGE",
        `limits.${name} is a whole number above 0, or Infinity, not ${String(value)}`,
      );
  }
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}

function isLimit(value: unknown): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) > 0);
}
