/** What kind of value an option of the multi takes in C. "data" is what a callback is given: here, any value. */
export type MultiOptionKind = "long" | "off_t" | "function" | "data" | "strings";

export interface MultiOption {
  /** libcurl's number. */
  readonly id: number;
  readonly kind: MultiOptionKind;
  /** "settable", or why it is not. */
  readonly fate: string;
  /** The first version in which it is safe to set, and what is wrong with those before. */
  readonly since?: { readonly version: string; readonly why: string };
}

const settable = "settable";
const GONE = "no libcurl since 7.62 does anything with it: pipelining of HTTP/1.1 was taken out";

/**
 * In 7.88.1 the pushed handle has no buffer yet when its data comes: a C program of forty lines crashes as well. 8.14.1 is
 * the oldest seen to do it right; those between were not tried.
 */
const PUSHES = { version: "8.14.0", why: "accepting a push crashes those before" };

/** Every option of curl_multi_setopt. libcurl has no introspection for them; its numbers never change (C 13.5). */
export const multiOptions = {
  SOCKETFUNCTION: { id: 20001, kind: "function", fate: settable },
  SOCKETDATA: { id: 10002, kind: "data", fate: settable },
  PIPELINING: { id: 3, kind: "long", fate: settable },
  TIMERFUNCTION: { id: 20004, kind: "function", fate: settable },
  TIMERDATA: { id: 10005, kind: "data", fate: settable },
  MAXCONNECTS: { id: 6, kind: "long", fate: settable },
  MAX_HOST_CONNECTIONS: { id: 7, kind: "long", fate: settable },
  MAX_PIPELINE_LENGTH: { id: 8, kind: "long", fate: settable },
  CONTENT_LENGTH_PENALTY_SIZE: { id: 30009, kind: "off_t", fate: settable },
  CHUNK_LENGTH_PENALTY_SIZE: { id: 30010, kind: "off_t", fate: settable },
  PIPELINING_SITE_BL: { id: 10011, kind: "strings", fate: GONE },
  PIPELINING_SERVER_BL: { id: 10012, kind: "strings", fate: GONE },
  MAX_TOTAL_CONNECTIONS: { id: 13, kind: "long", fate: settable },
  PUSHFUNCTION: { id: 20014, kind: "function", fate: settable, since: PUSHES },
  PUSHDATA: { id: 10015, kind: "data", fate: settable },
  MAX_CONCURRENT_STREAMS: { id: 16, kind: "long", fate: settable },
  NETWORK_CHANGED: { id: 17, kind: "long", fate: settable },
  NOTIFYFUNCTION: { id: 20018, kind: "function", fate: settable },
  NOTIFYDATA: { id: 10019, kind: "data", fate: settable },
  RESOLVE_THREADS_MAX: { id: 20, kind: "long", fate: settable },
  QUICK_EXIT: { id: 21, kind: "long", fate: settable },
} as const satisfies Record<string, MultiOption>;

type Options = typeof multiOptions;

/** Those that take a number. */
export type MultiOptionName = {
  [K in keyof Options]: Options[K]["kind"] extends "long" | "off_t" ? K : never;
}[keyof Options];
