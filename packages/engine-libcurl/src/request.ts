import { CurlewError, MisuseError, TransferError, type TransferRequest } from "@curlew/core";
import { native } from "./binding.js";
import { Easy } from "./easy.js";
import type { EasyOptionName } from "./generated/options.js";
import { isBefore, mixesUpStreams } from "./hazards.js";
import type { Libcurl } from "./library.js";
import { type Mime, withoutPauses } from "./mime.js";
import { typeOf } from "./option-values.js";
import { trustFileSuffices } from "./trust.js";

const HIGH_WATER_BYTES = 524_288;
const HEADER_LIMIT_BYTES = 1_048_576;
/** What is gathered is handed over in one piece, whose size has 31 bits. */
const MOST_BYTES = 2 ** 30;
/**
 * libcurl's 16 KiB are a record of TLS. What is not encrypted can be read in larger pieces, each of which is a call of the
 * system; but a mark is passed by a piece, so that one that is low is left with small ones.
 */
const PLAIN_BUFFER_BYTES = 65_536;
const NONE: readonly string[] = [];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Handles for transfers, gathering. Everything about the request is checked before anything is sent. `again`: the handle
 * will be prepared again for requests that differ in URL, header lines and the length of a streamed body only.
 */
export function prepare(library: Libcurl, request: TransferRequest, again = false): Easy {
  const easy = new Easy(library);
  try {
    if (again) native().easyNote(easy.id);
    configure(easy, request);
    return easy;
  } catch (error) {
    easy.cleanup();
    throw error;
  }
}

/**
 * Set up as it was, for that URL; undefined: the same; and for that body, of the same kind. libcurl begins each transfer of a handle with what its options say. What
 * one of several requests has left in it is forgotten by a reset and setting all anew, which costs a tenth of a small transfer:
 * libcurl up to 8.16 counts how often it sent a request again on a new connection, because the kept one was closed, over all
 * transfers of a handle, and gives up at the sixth (5e463184).
 */
export function prepareAgain(easy: Easy, url: string | undefined, request: TransferRequest): void {
  if (url !== undefined) easy.setopt("URL", url); // which checks it
  if (easy.leavesBehind) checkCode(easy, native().easyAgain(easy.id));
  else easy.rest();
  if (request.body !== undefined) upload(easy, request.body, request);
}

function configure(easy: Easy, request: TransferRequest): void {
  const { url, body, method, curl } = request;
  if (typeof url !== "string") throw new MisuseError("WRONG_TYPE", `url takes a string, not ${typeOf(url)}`);
  easy.setopt("URL", url);
  limitProtocols(easy);
  const highWater = positive("highWaterBytes", request.highWaterBytes ?? HIGH_WATER_BYTES);
  const headerLimit = positive("headerLimitBytes", request.headerLimitBytes ?? HEADER_LIMIT_BYTES);
  checkCode(easy, native().gather(easy.id, highWater, headerLimit));
  // A proxy's answer to CONNECT is not the server's.
  easy.setopt("SUPPRESS_CONNECT_HEADERS", 1);
  const lines = headerLines(easy.library, request);
  if (lines !== NONE) easy.setopt("HTTPHEADER", lines);
  if (body !== undefined) upload(easy, body, request);
  if (method !== undefined) setMethod(easy, method, body !== undefined);
  follow(easy, request.redirects ?? 0);
  if (request.decompress === true) easy.setopt("ACCEPT_ENCODING", "");
  if (request.progress === true) checkCode(easy, native().gatherProgress(easy.id));
  if (/^https:/i.test(url)) secure(easy);
  else if (highWater >= 4 * PLAIN_BUFFER_BYTES) easy.setopt("BUFFERSIZE", PLAIN_BUFFER_BYTES);
  for (const [option, value] of Object.entries(curl ?? {})) setRaw(easy, option, value, body !== undefined);
  if (body !== undefined && sizeOf(body) < 0) keepApart(easy, url, curl);
}

/**
 * http and https only, also across redirects: a mask, 1 http, 2 https. Since 7.85 there are names for it, too, which libcurl
 * reads each time they are set; those are for a version that has lost the mask.
 */
function limitProtocols(easy: Easy): void {
  if (easy.library.options.has("PROTOCOLS")) {
    easy.setopt("PROTOCOLS", 3);
    easy.setopt("REDIR_PROTOCOLS", 3);
  } else {
    easy.setopt("PROTOCOLS_STR", "http,https");
    easy.setopt("REDIR_PROTOCOLS_STR", "http,https");
  }
}

function secure(easy: Easy): void {
  // Many at once to one server share its connection, if it turns out to speak HTTP/2, instead of making one each.
  easy.setopt("PIPEWAIT", 1);
  if (trustFileSuffices(easy.library)) easy.setopt("CAPATH", null);
}

function follow(easy: Easy, redirects: number): void {
  if (!Number.isSafeInteger(redirects) || redirects < 0 || redirects > 2 ** 31 - 1)
    throw new MisuseError("OUT_OF_RANGE", `redirects takes a whole number, 0 or more, not ${String(redirects)}`);
  if (redirects === 0) return;
  easy.setopt("FOLLOWLOCATION", 1);
  easy.setopt("MAXREDIRS", redirects);
}

/** CUSTOMREQUEST changes the word and nothing else; HEAD must also be known to have no body. */
function setMethod(easy: Easy, method: string, hasBody: boolean): void {
  if (typeof method !== "string" || !TOKEN.test(method))
    throw new MisuseError("FORBIDDEN_CHARACTER", "the method is not one word of letters");
  if (method === "HEAD") {
    if (hasBody)
      throw new MisuseError("OUT_OF_RANGE", "a HEAD request has no body: leave it out, or take another method");
    easy.setopt("NOBODY", 1);
  } else if (!(hasBody ? ["PUT", "POST"] : ["GET"]).includes(method)) easy.setopt("CUSTOMREQUEST", method);
}

/** What a transfer's sink and body are made of. */
const ours: Readonly<Record<string, string>> = {
  URL: "`url` is what its limits and its safety go by",
  WRITEFUNCTION: "it is how the sink gets its bytes",
  READFUNCTION: "it is how the body is sent",
  SEEKFUNCTION: "it is how the body is sent",
  HEADERFUNCTION: "it is how the sink gets its headers",
  XFERINFOFUNCTION: "it is how the sink hears of progress",
  NOPROGRESS: "`progress` says whether the sink hears of it",
  HEADER: "headers would come as body, too; the sink gets them by themselves",
  INFILESIZE: "the body's own size is used: `sizeBytes` of a stream",
  INFILESIZE_LARGE: "the body's own size is used: `sizeBytes` of a stream",
  CONNECT_ONLY: "such a connection is used by raw handles only",
};

/** Options by libcurl's names. */
function setRaw(easy: Easy, option: string, value: unknown, hasBody: boolean): void {
  const reason = ours[option];
  if (reason !== undefined) throw new MisuseError("OPTION_IS_OURS", `${option} is set by the transfer: ${reason}`);
  if (option !== "MIMEPOST" || value === null) return easy.setopt(option as EasyOptionName, value as never);
  if (hasBody) throw new MisuseError("OUT_OF_RANGE", "a request has one body: `body` or MIMEPOST");
  easy.setopt("MIMEPOST", withoutPauses(value as Mime));
}

/** With those that go without saying, and are left out, where there is a body. */
export function headerLines(library: Libcurl, { headers = NONE, body, method }: TransferRequest): readonly string[] {
  if (body === undefined) return headers;
  const unsaid = [...expectation(library, sizeOf(body)), ...(method === "POST" ? ["Content-Type:"] : [])];
  const left = unsaid.filter((line) => !headers.some((header) => nameOf(header) === nameOf(line)));
  return left.length > 0 ? [...headers, ...left] : headers;
}

function upload(easy: Easy, body: NonNullable<TransferRequest["body"]>, request: TransferRequest): void {
  const bytes = body instanceof Uint8Array ? body : undefined;
  const mostQueuedBytes = request.sendHighWaterBytes ?? HIGH_WATER_BYTES;
  checkCode(easy, native().gatherUpload(easy.id, sizeOf(body), bytes, request.method === "POST", mostQueuedBytes));
}

function nameOf(header: string): string {
  return (/^[^:; \t]*/.exec(header)?.[0] ?? "").toLowerCase();
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

/**
 * Before 8.0 libcurl says "Expect: 100-continue" for a body of any size, and then waits a second for servers that do not
 * know it. As later versions do, that is left for bodies of 1 MiB and more.
 */
function expectation(library: Libcurl, sizeBytes: number): string[] {
  const small = sizeBytes >= 0 && sizeBytes < 1_048_576;
  return small && isBefore(library.version, "8.0.0") ? ["Expect:"] : [];
}

/** CURL_HTTP_VERSION_ values that never lead to HTTP/2: 1.0, 1.1, 3 only. */
const NOT_HTTP2: readonly unknown[] = [1, 2, 31];
const HTTP_1_1 = 2;
const PRIOR_KNOWLEDGE = 5;
/** A bit of SSL_OPTIONS that meant nothing to the versions it is for. */
const APART = 0x80;

/**
 * Where the end of a body of unknown size harms the other streams of its connection, it gets a connection that nobody
 * shares: a new one, which has no later use, with TLS options that no other transfer has, so that none joins it. Without
 * TLS, or before 7.83.1, which does not compare these options, it goes over HTTP/1.1.
 */
function keepApart(easy: Easy, url: string, curl: TransferRequest["curl"] = {}): void {
  const { version } = easy.library;
  if (!mixesUpStreams(version) || NOT_HTTP2.includes(curl.HTTP_VERSION)) return;
  if (/^https:/i.test(url) && !isBefore(version, "7.83.1")) {
    easy.setopt("FRESH_CONNECT", 1);
    easy.setopt("FORBID_REUSE", 1);
    easy.setopt("SSL_OPTIONS", Number(curl.SSL_OPTIONS ?? 0) | APART);
    return;
  }
  if (curl.HTTP_VERSION === PRIOR_KNOWLEDGE) {
    const why = `libcurl ${version} mixes up HTTP/2 streams when a body of unknown size ends`;
    throw new CurlewError("NOT_IN_THIS_LIBCURL", `${why}: say sizeBytes, or use https, HTTP/1.1 or libcurl 8.1`);
  }
  easy.setopt("HTTP_VERSION", HTTP_1_1);
}

function checkCode(easy: Easy, code: number): void {
  if (code !== 0) throw new TransferError("LIBCURL_FAILED", easy.library.easyError(code), { curlCode: code });
}

function positive(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= MOST_BYTES) return value as number;
  throw new MisuseError(
    "OUT_OF_RANGE",
    `${name} takes a number of bytes from 1 to ${MOST_BYTES}, not ${String(value)}`,
  );
}
