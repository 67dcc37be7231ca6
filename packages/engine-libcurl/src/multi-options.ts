/** Multi options that take a number, with libcurl's numbers: it has no introspection for them (C 13.5). */
export const multiOptions = {
  PIPELINING: 3,
  MAXCONNECTS: 6,
  MAX_HOST_CONNECTIONS: 7,
  MAX_PIPELINE_LENGTH: 8,
  MAX_TOTAL_CONNECTIONS: 13,
  MAX_CONCURRENT_STREAMS: 16,
  NETWORK_CHANGED: 17,
  RESOLVE_THREADS_MAX: 20,
  QUICK_EXIT: 21,
} as const;

export type MultiOptionName = keyof typeof multiOptions;
