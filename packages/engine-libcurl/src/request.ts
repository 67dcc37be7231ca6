import { MisuseError, TransferError, type TransferRequest } from "@curlew/core";
import { native } from "./binding.js";
import { Easy } from "./easy.js";
import type { EasyOptionName } from "./generated/options.js";
import { isBefore } from "./hazards.js";
import type { Libcurl } from "./library.js";
import { type Mime, withoutPauses } from "./mime.js";
import { typeOf } from "./option-values.js";

const HIGH_WATER_BYTES = 524_288;
const HEADER_LIMIT_BYTES = 1_048_576;
/** What is gathered is handed over in one piece, whose size has 31 bits. */
const MOST_BYTES = 2 ** 30;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Handles for transfers, gathering. Everything about the request is checked before anything is sent. */
export function prepare(library: Libcurl, request: TransferRequest): Easy {
  const easy = new Easy(library);
  try {
    configure(easy, request);
    return easy;
  } catch (error) {
    easy.cleanup();
    throw error;
  }
}

function configure(easy: Easy, request: TransferRequest): void {
  const { url, headers, body, method, curl } = request;
  if (typeof url !== "string") throw new MisuseError("WRONG_TYPE", `url takes a string, not ${typeOf(url)}`);
  easy.setopt("URL", url);
  limitProtocols(easy);
  const highWater = positive("highWaterBytes", request.highWaterBytes ?? HIGH_WATER_BYTES);
  const headerLimit = positive("headerLimitBytes", request.headerLimitBytes ?? HEADER_LIMIT_BYTES);
  checkCode(easy, native().gather(easy.id, highWater, headerLimit));
  // A proxy's answer to CONNECT is not the server's.
  easy.setopt("SUPPRESS_CONNECT_HEADERS", 1);
  if (headers !== undefined) easy.setopt("HTTPHEADER", headers);
  if (body !== undefined) upload(easy, body, headers ?? []);
  if (method !== undefined) setMethod(easy, method, body !== undefined);
  for (const [option, value] of Object.entries(curl ?? {})) setRaw(easy, option, value, body !== undefined);
}

/** http and https only, also across redirects. The names came with 7.85; before there was a mask: 1 http, 2 https. */
function limitProtocols(easy: Easy): void {
  if (easy.library.options.has("PROTOCOLS_STR")) {
    easy.setopt("PROTOCOLS_STR", "http,https");
    easy.setopt("REDIR_PROTOCOLS_STR", "http,https");
  } else {
    easy.setopt("PROTOCOLS", 3);
    easy.setopt("REDIR_PROTOCOLS", 3);
  }
}

/** CUSTOMREQUEST changes the word and nothing else; HEAD must also be known to have no body. */
function setMethod(easy: Easy, method: string, hasBody: boolean): void {
  if (typeof method !== "string" || !TOKEN.test(method))
    throw new MisuseError("FORBIDDEN_CHARACTER", "the method is not one word of letters");
  if (method === "HEAD") {
    if (hasBody)
      throw new MisuseError("OUT_OF_RANGE", "a HEAD request has no body: leave it out, or take another method");
    easy.setopt("NOBODY", 1);
  } else if (method !== "GET" || hasBody) easy.setopt("CUSTOMREQUEST", method);
}

/** What a transfer's sink and body are made of. */
const ours: Readonly<Record<string, string>> = {
  WRITEFUNCTION: "it is how the sink gets its bytes",
  READFUNCTION: "it is how the body is sent",
  SEEKFUNCTION: "it is how the body is sent",
  HEADERFUNCTION: "it is how the sink gets its headers",
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

function upload(easy: Easy, body: NonNullable<TransferRequest["body"]>, headers: readonly string[]): void {
  const size = sizeOf(body);
  expectNothing(easy, size, headers);
  checkCode(easy, native().gatherUpload(easy.id, size, body instanceof Uint8Array ? body : undefined));
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
function expectNothing(easy: Easy, sizeBytes: number, headers: readonly string[]): void {
  const small = sizeBytes >= 0 && sizeBytes < 1_048_576;
  if (!small || !isBefore(easy.library.version, "8.0.0") || headers.some((line) => /^expect\s*[:;]/i.test(line)))
    return;
  easy.setopt("HTTPHEADER", [...headers, "Expect:"]);
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
