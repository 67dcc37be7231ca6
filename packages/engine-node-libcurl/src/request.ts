import { CurlewError, MisuseError, type TransferRequest } from "@curlew/core";
import { checkCharacters, typeOf } from "./characters.js";
import type { Library } from "./library.js";
import type { NodeEasy } from "./node-libcurl.js";
import { setOption, type Thrown } from "./options.js";

const HIGH_WATER_BYTES = 524_288;
const HEADER_LIMIT_BYTES = 1_048_576;
const MOST_BYTES = 2 ** 30;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What of a request the transfer itself goes by, checked. */
export interface Marks {
  readonly highWaterBytes: number;
  readonly headerLimitBytes: number;
  /** Of the body, -1 where it is not known. */
  readonly sizeBytes: number;
}

/** @throws MisuseError WRONG_TYPE, OUT_OF_RANGE */
export function marksOf(request: TransferRequest): Marks {
  return {
    highWaterBytes: positive("highWaterBytes", request.highWaterBytes ?? HIGH_WATER_BYTES),
    headerLimitBytes: positive("headerLimitBytes", request.headerLimitBytes ?? HEADER_LIMIT_BYTES),
    sizeBytes: request.body === undefined ? 0 : sizeOf(request.body),
  };
}

const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "DELETE"]);
const SENDING: readonly string[] = ["POST", "POSTFIELDS", "HTTPPOST", "MIMEPOST", "UPLOAD", "CUSTOMREQUEST"];

/** Whether it does no more when it is sent twice than when it is sent once, and has no body. */
export function isIdempotent({ method = "GET", body, curl = {} }: TransferRequest): boolean {
  return body === undefined && IDEMPOTENT.has(method) && !SENDING.some((option) => option in curl);
}

/**
 * Sets the handle up for the request, as engine-libcurl does. Callbacks are the caller's business.
 * @throws MisuseError for what is wrong with the request; CurlewError OPTION_REFUSED, NOT_IN_THIS_LIBCURL
 */
export function configure(
  library: Library,
  easy: NodeEasy,
  request: TransferRequest,
  marks: Marks,
  thrown: Thrown,
): void {
  const { url, body, method, curl = {} } = request;
  if (typeof url !== "string") throw new MisuseError("WRONG_TYPE", `url takes a string, not ${typeOf(url)}`);
  const set = (option: string, value: unknown): void => library.set(easy, option, value);
  set("URL", checkCharacters("URL", url));
  limitProtocols(library, set);
  set("NOSIGNAL", 1);
  // A proxy's answer to CONNECT is not the server's.
  set("SUPPRESS_CONNECT_HEADERS", 1);
  setHeaders(library, set, request, marks.sizeBytes);
  if (body !== undefined) sendBy(set, method === "POST", marks.sizeBytes);
  if (method !== undefined) setMethod(set, method, body !== undefined);
  follow(set, request.redirects ?? 0);
  if (request.decompress === true) set("ACCEPT_ENCODING", "");
  if (request.progress === true) set("NOPROGRESS", 0);
  if (/^https:/i.test(url)) secure(library, set);
  for (const [option, value] of Object.entries(curl)) setOption(library, easy, option, value, thrown);
  if (body !== undefined && marks.sizeBytes < 0) keepApart(library, set, url, curl);
}

type Set = (option: string, value: unknown) => void;

/** http and https only, also across redirects. The names came with 7.85; before there was a mask: 1 http, 2 https. */
function limitProtocols(library: Library, set: Set): void {
  const named = library.fateOf("PROTOCOLS_STR") === "offered";
  for (const option of ["PROTOCOLS", "REDIR_PROTOCOLS"])
    if (named) set(`${option}_STR`, "http,https");
    else set(option, 3);
}

function secure(library: Library, set: Set): void {
  // Many at once to one server share its connection, if it turns out to speak HTTP/2, instead of making one each.
  set("PIPEWAIT", 1);
  if (library.trustFileSuffices) set("CAPATH", null);
}

function setHeaders(library: Library, set: Set, { headers, body, method }: TransferRequest, sizeBytes: number): void {
  if (headers !== undefined && !Array.isArray(headers))
    throw new MisuseError("WRONG_TYPE", `HTTPHEADER takes an array of strings or null, not ${typeOf(headers)}`);
  const lines = [...(headers ?? [])].map((line: unknown, i) => {
    const which = `HTTPHEADER[${i}]`;
    if (typeof line !== "string") throw new MisuseError("WRONG_TYPE", `${which} is not a string, but ${typeOf(line)}`);
    return checkCharacters("HTTPHEADER", line, which);
  });
  if (body !== undefined) {
    const unsaid = [...expectation(library, sizeBytes), ...(method === "POST" ? ["Content-Type:"] : [])];
    lines.push(...unsaid.filter((line) => !lines.some((header) => nameOf(header) === nameOf(line))));
  }
  if (lines.length > 0) set("HTTPHEADER", lines);
}

function nameOf(header: string): string {
  return (/^[^:; \t]*/.exec(header)?.[0] ?? "").toLowerCase();
}

/**
 * Before 8.0 libcurl says "Expect: 100-continue" for a body of any size, and then waits a second for servers that do not
 * know it. As later versions do, that is left for bodies of 1 MiB and more.
 */
function expectation(library: Library, sizeBytes: number): string[] {
  return sizeBytes >= 0 && sizeBytes < 1_048_576 && library.isBefore(8, 0, 0) ? ["Expect:"] : [];
}

/** Of the two ways to send, libcurl turns a POST into a GET where a redirect says so (301, 302, 303). */
function sendBy(set: Set, post: boolean, sizeBytes: number): void {
  set(post ? "POST" : "UPLOAD", 1);
  set(post ? "POSTFIELDSIZE_LARGE" : "INFILESIZE_LARGE", sizeBytes);
}

/** CUSTOMREQUEST changes the word and nothing else; HEAD must also be known to have no body. */
function setMethod(set: Set, method: string, hasBody: boolean): void {
  if (typeof method !== "string" || !TOKEN.test(method))
    throw new MisuseError("FORBIDDEN_CHARACTER", "the method is not one word of letters");
  if (method === "HEAD") {
    if (hasBody)
      throw new MisuseError("OUT_OF_RANGE", "a HEAD request has no body: leave it out, or take another method");
    set("NOBODY", 1);
  } else if (!(hasBody ? ["PUT", "POST"] : ["GET"]).includes(method)) set("CUSTOMREQUEST", method);
}

function follow(set: Set, redirects: number): void {
  if (!Number.isSafeInteger(redirects) || redirects < 0 || redirects > 2 ** 31 - 1)
    throw new MisuseError("OUT_OF_RANGE", `redirects takes a whole number, 0 or more, not ${String(redirects)}`);
  if (redirects === 0) return;
  set("FOLLOWLOCATION", 1);
  set("MAXREDIRS", redirects);
}

/** CURL_HTTP_VERSION_ values that never lead to HTTP/2: 1.0, 1.1, 3 only. */
const NOT_HTTP2: readonly unknown[] = [1, 2, 31];
const HTTP_1_1 = 2;
const PRIOR_KNOWLEDGE = 5;
/** A bit of SSL_OPTIONS that meant nothing to the versions it is for. */
const APART = 0x80;

/**
 * Up to 8.0.1 the end of a body of unknown size harms the other streams of its HTTP/2 connection: it gets one that nobody
 * shares, with TLS options that no other transfer has. Without TLS, or before 7.83.1, which does not compare these options, it
 * goes over HTTP/1.1.
 */
function keepApart(library: Library, set: Set, url: string, curl: NonNullable<TransferRequest["curl"]>): void {
  if (!library.isBefore(8, 1, 0) || NOT_HTTP2.includes(curl.HTTP_VERSION)) return;
  if (/^https:/i.test(url) && !library.isBefore(7, 83, 1)) {
    set("FRESH_CONNECT", 1);
    set("FORBID_REUSE", 1);
    set("SSL_OPTIONS", Number(curl.SSL_OPTIONS ?? 0) | APART);
    return;
  }
  if (curl.HTTP_VERSION === PRIOR_KNOWLEDGE) {
    const why = `libcurl ${library.version} mixes up HTTP/2 streams when a body of unknown size ends`;
    throw new CurlewError("NOT_IN_THIS_LIBCURL", `${why}: say sizeBytes, or use https, HTTP/1.1 or libcurl 8.1`);
  }
  set("HTTP_VERSION", HTTP_1_1);
}

/** Bytes, or -1. */
function sizeOf(body: NonNullable<TransferRequest["body"]>): number {
  if (body instanceof Uint8Array) return body.length;
  if (typeof body !== "object" || body === null || body.stream !== true)
    throw new MisuseError("WRONG_TYPE", `body takes a Uint8Array or { stream: true }, not ${typeOf(body)}`);
  const size = body.sizeBytes ?? -1;
  if (!Number.isSafeInteger(size) || size < -1)
    throw new MisuseError("OUT_OF_RANGE", `sizeBytes takes a number of bytes, not ${size}`);
  return size;
}

function positive(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= MOST_BYTES) return value as number;
  const message = `${name} takes a number of bytes from 1 to ${MOST_BYTES}, not ${String(value)}`;
  throw new MisuseError("OUT_OF_RANGE", message);
}
