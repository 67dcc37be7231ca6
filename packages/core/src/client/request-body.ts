import { MisuseError } from "../errors.js";
import { multipart } from "./multipart.js";
import { type BlobLike, type FormLike, isA, type StreamLike, utf8 } from "./runtime.js";

/** What can be sent. A ReadableStream, an AsyncIterable or a BodySource is of bytes; it can be sent once. */
export type RequestBody =
  | BodySource
  | string
  | ArrayBuffer
  | ArrayBufferView
  | URLSearchParamsLike
  | BlobLike
  | FormLike
  | StreamLike
  | AsyncIterable<unknown>;

/**
 * What `new ReadableStream` is made of, the underlying source of the streams standard, without the stream: for those who
 * are told of bytes, by a server or a socket, and would rather pass them on than keep them until they are asked. Known by its `pull`;
 * what can be iterated as well also by its `start`.
 */
export interface BodySource {
  /** The transfer has its slot. It may enqueue at once: that goes out with the request. Nothing is pulled before it has resolved. */
  start?(controller: BodyController): unknown;
  /** The request was sent, and there is room: one call at a time, and again when it has enqueued something and there still is. */
  pull(controller: BodyController): unknown;
  /** Nothing more is wanted: the transfer has ended before the body, or before it had begun. */
  cancel?(): unknown;
}

/** Of a body that is being sent. After the transfer's end all of it does nothing. */
export interface BodyController {
  /** Above 0: there is room for more. Without room what is enqueued is sent all the same, and kept until then. */
  readonly desiredSize: number;
  /** The bytes are copied. @throws MisuseError WRONG_TYPE; HANDLE_CLOSED after `close` */
  enqueue(chunk: Uint8Array): void;
  /** The body is complete. */
  close(): void;
  /** It will never be: the transfer fails with BODY_FAILED. */
  error(reason: unknown): void;
}

interface URLSearchParamsLike {
  toString(): string;
  append(name: string, value: string): void;
}

/** A body as it is sent. */
export interface PreparedBody {
  /** All of it, which can be sent again after a redirect; or a source, which can be used once. */
  readonly content: Uint8Array | BodySource;
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
  const content = sourceOf(body);
  if (content) return { content };
  throw new MisuseError(
    "WRONG_TYPE",
    "body takes a string, bytes, Blob, URLSearchParams, FormData, ReadableStream or AsyncIterable of bytes, or a BodySource",
  );
}

function blob(body: BlobLike): PreparedBody {
  return { content: iterated(() => iterate(body.stream())), sizeBytes: body.size, contentType: body.type || undefined };
}

function sourceOf(body: unknown): BodySource | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { pull, start } = body as Partial<BodySource>;
  const isIterable = Symbol.asyncIterator in body || "getReader" in body;
  if (typeof pull === "function" && (!isIterable || typeof start === "function")) return body as BodySource;
  return isIterable ? iterated(() => iterate(body)) : undefined;
}

/** Asked for the first time when the request was sent, and never for more than one chunk at a time. */
export function iterated(open: () => AsyncIterator<unknown>): BodySource {
  let iterator: AsyncIterator<unknown> | undefined;
  return {
    async pull(controller) {
      iterator ??= open();
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value as Uint8Array); // which checks it
    },
    cancel: () => iterator?.return?.(),
  };
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
