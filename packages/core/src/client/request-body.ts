import { MisuseError } from "../errors.js";
import { multipart } from "./multipart.js";
import { type BlobLike, type FormLike, isA, type StreamLike, utf8 } from "./runtime.js";

/** What can be sent. A ReadableStream or an AsyncIterable is of bytes; it can be sent once. */
export type RequestBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | URLSearchParamsLike
  | BlobLike
  | FormLike
  | StreamLike
  | AsyncIterable<unknown>;

interface URLSearchParamsLike {
  toString(): string;
  append(name: string, value: string): void;
}

/** A body as it is sent. */
export interface PreparedBody {
  /** All of it, which can be sent again after a redirect; or a source that is asked when there is room, once. */
  readonly content: Uint8Array | (() => AsyncIterator<unknown>);
  /** Bytes of a source; undefined when it does not say. */
  readonly sizeBytes?: number | undefined;
  /** What the fetch standard says of this kind of body. */
  readonly contentType?: string | undefined;
}

/** @throws MisuseError WRONG_TYPE */
export function prepareBody(body: unknown): PreparedBody {
  if (typeof body === "string") return { content: utf8(body), contentType: "text/plain;charset=UTF-8" };
  if (body instanceof Uint8Array) return { content: body };
  if (ArrayBuffer.isView(body)) return { content: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
  if (body instanceof ArrayBuffer) return { content: new Uint8Array(body) };
  if (isA("URLSearchParams", body))
    return { content: utf8(String(body)), contentType: "application/x-www-form-urlencoded;charset=UTF-8" };
  if (isA("Blob", body)) return blob(body as BlobLike);
  if (isA("FormData", body)) return multipart(body as FormLike);
  const stream = streamOf(body);
  if (stream) return { content: stream };
  throw new MisuseError(
    "WRONG_TYPE",
    "body takes a string, bytes, Blob, URLSearchParams, FormData, ReadableStream or AsyncIterable of bytes",
  );
}

function blob(body: BlobLike): PreparedBody {
  const content = (): AsyncIterator<unknown> => iterate(body.stream());
  return { content, sizeBytes: body.size, contentType: body.type || undefined };
}

function streamOf(body: unknown): (() => AsyncIterator<unknown>) | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  if (!(Symbol.asyncIterator in body) && !("getReader" in body)) return undefined;
  return () => iterate(body);
}

/** A stream's chunks; its reader is enough, which every runtime has. */
export function iterate(body: unknown): AsyncIterator<unknown> {
  const iterable = body as Partial<AsyncIterable<unknown>>;
  const iterator = iterable[Symbol.asyncIterator];
  if (iterator) return iterator.call(iterable);
  const reader = (body as StreamLike).getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done: true, value: undefined } : { done: false, value };
    },
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
