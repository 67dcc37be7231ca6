/**
 * What is used of uWebSockets.js, by its own names. The original is not on npm, and there are copies of it: whatever has
 * these methods will do. Nothing of it is imported; a response brings all that is needed.
 */

/** Of HttpResponse. Valid until it was answered whole, or its client left: each of these throws after that. */
export interface UwsResponse {
  /** One handler: another takes its place. Must be there before the route's handler returns, or uWS ends the process. */
  onAborted(handler: () => void): unknown;
  /** Answers whether what it wrote was taken. With a handler, uWS itself sends nothing of what it keeps. */
  onWritable(handler: (offset: number) => boolean): unknown;
  /** The chunk is gone when the handler returns. */
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  /** What is written in there goes out as one. */
  cork(run: () => void): unknown;
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string | Uint8Array): unknown;
  /** All of it is taken; false: some of it is kept, wait for onWritable. */
  write(chunk: Uint8Array): boolean;
  /** Takes what the socket takes, and keeps none: go on from getWriteOffset. An empty chunk ends the response. */
  tryEnd(chunk: Uint8Array, totalSize: number): readonly [ok: boolean, hasResponded: boolean];
  getWriteOffset(): number;
  end(body?: string): unknown;
  /** Says no length by itself. With one, some versions wait for the body that is not coming. */
  endWithoutBody(): unknown;
  /** Cuts the connection. Calls the handler of onAborted. */
  close(): unknown;
}
