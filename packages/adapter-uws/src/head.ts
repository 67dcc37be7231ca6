import { STATUS_CODES } from "node:http";
import { type ClientTransfer, CurlewError, type Head } from "@curlew/core";
import { sift } from "./end-to-end.js";
import { type FieldName, fieldName } from "./field-name.js";
import type { UwsResponse } from "./uws.js";

export type Fields = Iterable<readonly [name: string, value: string]>;
type Writable = readonly [name: string, value: string | Uint8Array];
/** What a user makes of the fields that would be sent. */
export type ChangeFields = (fields: Fields, head: Head) => Fields;

const PLAIN = /^[\t\x20-\x7e]*$/;
const PHRASE = /^[\t\x20-\x7e]+$/;

/** The answer's head, made ready to be written in one go. */
export class ResponseHead {
  readonly status: number;
  /** Bytes of the body as it is read; undefined: nobody knows. Of an answer to HEAD: as they would be. */
  readonly sizeBytes: number | undefined;
  /** There is no body, whatever the size (RFC 9112 6.3). */
  readonly bodiless: boolean;
  readonly #line: string;
  readonly #fields: Writable[];

  /** @throws CurlewError CALLBACK_FAILED */
  constructor(head: Head, transfer: ClientTransfer, change: ChangeFields | undefined) {
    const said: Said = {};
    const kept = sift(head.headers.raw, (name, value) => hear(said, name, value));
    const encoded = transfer.decodes && said.encoding !== undefined;
    const none = head.status === 204 || head.status === 304;
    const unsized = none || encoded || said.transferEncoding !== undefined;
    this.status = head.status || 200; // a protocol without any
    this.bodiless = none || transfer.method === "HEAD";
    this.sizeBytes = unsized ? undefined : sizeOf(said.length);
    this.#line = statusLine(this.status, head.reason);
    const fields = encoded ? kept.filter(([name]) => fieldName(name).lowerCase !== "content-encoding") : kept;
    this.#fields = writable(change ? changed(change, fields, head) : fields);
    // As the body's would be; uWS says the length of those that it sends.
    if (this.bodiless && this.sizeBytes !== undefined) this.#fields.push(["Content-Length", String(this.sizeBytes)]);
  }

  /** To be called inside of a cork. */
  write(res: UwsResponse): void {
    res.writeStatus(this.#line);
    for (const [name, value] of this.#fields) res.writeHeader(name, value);
  }
}

/** uWS wants a phrase; HTTP/2 has none. */
export function statusLine(status: number, reason = ""): string {
  return `${status} ${PHRASE.test(reason) ? reason : (STATUS_CODES[status] ?? "Unknown")}`;
}

/** What is said of the body. */
interface Said {
  length?: string;
  encoding?: string;
  transferEncoding?: string;
}

/** By the first of each. The same more than once is no matter: two lengths are an error to libcurl. */
function hear(said: Said, { lowerCase }: FieldName, value: string): void {
  if (lowerCase === "content-length") said.length ??= value;
  else if (lowerCase === "content-encoding") said.encoding ??= value;
  else if (lowerCase === "transfer-encoding") said.transferEncoding ??= value;
}

function sizeOf(length: string | undefined): number | undefined {
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

function changed(change: ChangeFields, fields: Fields, head: Head): Fields {
  try {
    return [...change(fields, head)].map(checked);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CurlewError("CALLBACK_FAILED", `options.headers threw: ${why}`, cause);
  }
}

function checked(field: readonly [name: string, value: string]): readonly [name: string, value: string] {
  const [name, value] = field;
  if (typeof name === "string" && typeof value === "string") return field;
  throw new TypeError(`a field is a name and a value, both strings: not ${typeof name} and ${typeof value}`);
}

/**
 * uWS writes what it is given: what would end a line, or is no name ("Transfer-Encoding "), would be another answer to some
 * reader. Values are bytes that are shown as Latin-1, and go out as these bytes; uWS writes strings as UTF-8.
 */
function writable(fields: Fields): Writable[] {
  const all: Writable[] = [];
  for (const field of fields) {
    const [name, value] = field;
    if (fieldName(name).isWritable) all.push(PLAIN.test(value) ? field : [name, bytesOf(value)]);
  }
  return all;
}

function bytesOf(value: string): string | Uint8Array {
  const text = value.replace(/[\0\r\n]/g, " "); // RFC 9110 5.5
  return /[^\0-\xff]/.test(text) ? text : Buffer.from(text, "latin1");
}
