import type { Head, HeaderFields, Progress, TransferInfos } from "@curlew/core";

/** What a transfer tells, in this order; progress comes in between. */
export type TransferEvent = Started | Answered | Chunk | Moved | Trailers | Done;

/** It has a slot of the client, and the engine has it. */
export interface Started {
  readonly type: "started";
}

export interface Answered {
  readonly type: "head";
  readonly head: Head;
}

export interface Chunk {
  readonly type: "chunk";
  /** Small ones share their memory with those of other transfers: copy what you keep for long. */
  readonly bytes: Uint8Array;
  /** Where in the body it belongs: behind the chunk before it, unless bytes were dropped. */
  readonly offset: number;
}

/** Only with `progressIntervalMs`. */
export interface Moved {
  readonly type: "progress";
  readonly progress: Progress;
}

export interface Trailers {
  readonly type: "trailers";
  readonly trailers: HeaderFields;
}

/** The last one. */
export interface Done {
  readonly type: "done";
  readonly infos: TransferInfos;
  /** Bytes of the body that a buffer with the policy "drop" had no room for. */
  readonly droppedBytes: number;
}
