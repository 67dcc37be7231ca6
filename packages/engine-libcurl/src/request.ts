import { MisuseError, type TransferRequest } from "@curlew/core";
import { native } from "./binding.js";
import { Easy } from "./easy.js";
import type { EasyOptionName } from "./generated/options.js";
import type { Libcurl } from "./library.js";
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
  native().gather(easy.id, highWater, positive("headerLimitBytes", request.headerLimitBytes ?? HEADER_LIMIT_BYTES));
  if (headers !== undefined) easy.setopt("HTTPHEADER", headers);
  if (body !== undefined) upload(easy, body);
  if (method !== undefined) setMethod(easy, method, body !== undefined);
  for (const [option, value] of Object.entries(curl ?? {})) setRaw(easy, option, value);
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
  if (method === "HEAD") easy.setopt("NOBODY", 1);
  else if (method !== "GET" || hasBody) easy.setopt("CUSTOMREQUEST", method);
}

/** Options by libcurl's names, except the callbacks that gathering itself is made of. */
function setRaw(easy: Easy, option: string, value: unknown): void {
  if (option === "WRITEFUNCTION" || option === "HEADERFUNCTION")
    throw new MisuseError("OPTION_IS_OURS", `${option} is how the transfer's sink gets its bytes`);
  easy.setopt(option as EasyOptionName, value as never);
}

function upload(easy: Easy, body: NonNullable<TransferRequest["body"]>): void {
  if (body instanceof Uint8Array) {
    native().gatherUpload(easy.id, body.length, body);
    return;
  }
  if (typeof body !== "object" || body === null || body.stream !== true)
    throw new MisuseError("WRONG_TYPE", `body takes a Uint8Array or { stream: true }, not ${typeOf(body)}`);
  const size = body.sizeBytes ?? -1;
  if (!Number.isSafeInteger(size) || size < -1)
    throw new MisuseError("OUT_OF_RANGE", `sizeBytes takes a number of bytes, not ${size}`);
  native().gatherUpload(easy.id, size, undefined);
}

function positive(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= MOST_BYTES) return value as number;
  throw new MisuseError(
    "OUT_OF_RANGE",
    `${name} takes a number of bytes from 1 to ${MOST_BYTES}, not ${String(value)}`,
  );
}
