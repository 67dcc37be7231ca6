import type { TransferRequest } from "../engine.js";
import { MisuseError } from "../errors.js";
import type { HeaderLines } from "./header-lines.js";
import { checkLimits, type Limits } from "./limits.js";
import { type BodySource, type PreparedBody, prepareBody, type RequestBody } from "./request-body.js";
import { type RequestHeaders, requestHeaders } from "./request-headers.js";
import type { SignalLike } from "./runtime.js";

/** What a request may say besides its URL. */
export interface RequestOptions {
  /** Default: GET, or POST when there is a body. Sent as it is written. */
  readonly method?: string | undefined;
  readonly headers?: RequestHeaders | undefined;
  /** Bytes, strings and URLSearchParams are sent again where a redirect wants that; what is streamed is BODY_FAILED then. */
  readonly body?: RequestBody | null | undefined;
  /** How many bytes a streamed body has, where it cannot tell. Without it HTTP/1.1 sends it in chunks. */
  readonly bodySizeBytes?: number | undefined;
  /** Aborts the transfer, in whatever phase it is: its error is ABORTED, with the signal's reason as `cause`. */
  readonly signal?: SignalLike | null | undefined;
  /**
   * "follow": up to `limits.redirects` of them; a POST becomes a GET where the HTTP standard says so. Methods other than GET,
   * HEAD, POST and PUT are not followed, because libcurl up to 8.15 repeats their method where HTTP wants a GET (CURLOPT_CUSTOMREQUEST(3)).
   * "manual": a redirect is an answer like others. Default "follow".
   */
  readonly redirect?: "follow" | "manual" | undefined;
  /** Whether to ask for encodings that libcurl can decode, and decode them. Default true. */
  readonly decompress?: boolean | undefined;
  /** Bytes received and not read at which receiving pauses: at most that and one read of the socket wait. Default 1 048 576. */
  readonly highWaterBytes?: number | undefined;
  /** Bytes of a streamed body taken from its source and not sent at which the source is not asked. Default 524 288. */
  readonly sendHighWaterBytes?: number | undefined;
  /** `observer.progress` is told at most that often, ms. Default: never. */
  readonly progressIntervalMs?: number | undefined;
  /** Of this transfer. */
  readonly limits?: Partial<Pick<Limits, "bodyBytes" | "headerBytes" | "redirects">> | undefined;
  /** Options of the engine by its own names, without the prefix: { TIMEOUT_MS: 500 }. Applied last. */
  readonly curl?: Readonly<Record<string, unknown>> | undefined;
}

/** A request that was found right, for the engine and for the client. */
export interface PreparedRequest {
  readonly request: TransferRequest;
  readonly host: string;
  readonly limits: Limits;
  /** What the body is taken from, when it is streamed. */
  readonly source: BodySource | undefined;
  /** An answer of 3xx with a Location may be followed by another. */
  readonly follows: boolean;
  /** One of 401 or 407 may. */
  readonly authenticates: boolean;
  /** What is encoded comes decoded. */
  readonly decodes: boolean;
  readonly signal: SignalLike | undefined;
  readonly progressIntervalMs: number | undefined;
}

const HIGH_WATER_BYTES = 1_048_576;
const FOLLOWED = new Set(["GET", "HEAD", "POST", "PUT"]);
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);
const NOTHING: PreparedBody = { content: new Uint8Array(0) };

/** What a client's requests have in common. */
export interface RequestDefaults {
  readonly limits: Limits;
  readonly lines: HeaderLines;
}

/** @throws MisuseError for whatever can be seen to be wrong; nothing was sent */
export function prepareRequest(
  url: string | URLLike,
  options: RequestOptions,
  { limits: defaults, lines }: RequestDefaults,
): PreparedRequest {
  checkObject("a request's options", options);
  const limits = options.limits === undefined ? defaults : checkLimits(options.limits, defaults);
  const { signal, curl, method: given, decompress = true, redirect = "follow", progressIntervalMs } = options;
  const href = checkUrl(url);
  if (signal) checkSignal(signal);
  if (curl !== undefined) checkObject("curl", curl);
  if (progressIntervalMs !== undefined) checkBytes("progressIntervalMs", progressIntervalMs);
  if (redirect !== "follow" && redirect !== "manual")
    throw new MisuseError("OUT_OF_RANGE", `redirect is "follow" or "manual", not ${String(redirect)}`);
  const body = options.body === undefined || options.body === null ? undefined : prepareBody(options.body);
  const method = given ?? (body ? "POST" : "GET");
  if (method === "TRACE" || method === "CONNECT")
    throw new MisuseError(
      "OUT_OF_RANGE",
      `${method} is not a request for a resource (the fetch standard forbids it, too)`,
    );
  const sent = sized(body ?? (WITH_BODY.has(method) ? NOTHING : undefined), options.bodySizeBytes);
  const follows = redirect === "follow" && FOLLOWED.has(method);
  const highWaterBytes = checkBytes("highWaterBytes", options.highWaterBytes ?? HIGH_WATER_BYTES);
  const request: Mutable<TransferRequest> = {
    url: href,
    method,
    headers: requestHeaders(options.headers, sent, lines),
    // A third each: for what waits in the engine, what is on its way, and what waits to be read.
    highWaterBytes: Math.ceil(highWaterBytes / 3),
    headerLimitBytes: Math.min(limits.headerBytes, 2 ** 30),
    redirects: follows ? Math.min(limits.redirects, 2 ** 31 - 1) : 0,
    decompress,
    progress: progressIntervalMs !== undefined,
  };
  if (options.sendHighWaterBytes !== undefined)
    request.sendHighWaterBytes = checkBytes("sendHighWaterBytes", options.sendHighWaterBytes);
  if (sent) request.body = bodyOf(sent);
  if (curl !== undefined) request.curl = curl;
  return {
    request,
    host: hostOf(href),
    limits,
    source: sent && !(sent.content instanceof Uint8Array) ? sent.content : undefined,
    follows: follows || Boolean(curl?.FOLLOWLOCATION),
    authenticates: curl !== undefined && authenticates(curl),
    decodes: decodes(decompress, curl),
    signal: signal ?? undefined,
    progressIntervalMs,
  };
}

const CREDENTIALS = /AUTH|USERPWD|USERNAME|NETRC/;

function authenticates(curl: NonNullable<RequestOptions["curl"]>): boolean {
  for (const name in curl) if (CREDENTIALS.test(name)) return true;
  return false;
}

/** As the engine will: its own options are applied last (CURLOPT_ACCEPT_ENCODING, CURLOPT_HTTP_CONTENT_DECODING). */
function decodes(decompress: boolean, curl: RequestOptions["curl"] = {}): boolean {
  const { ACCEPT_ENCODING: asked = decompress ? "" : null, HTTP_CONTENT_DECODING: wanted = 1 } = curl;
  return asked !== null && Boolean(wanted);
}

/** A URL object, of whatever realm. */
export interface URLLike {
  readonly href: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A stream has the size that its user says. */
function sized(body: PreparedBody | undefined, sizeBytes: number | undefined): PreparedBody | undefined {
  if (sizeBytes === undefined) return body;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
    throw new MisuseError("OUT_OF_RANGE", `bodySizeBytes takes a whole number, 0 or more, not ${String(sizeBytes)}`);
  return !body || body.content instanceof Uint8Array ? body : { ...body, sizeBytes };
}

function bodyOf({ content, sizeBytes }: PreparedBody): NonNullable<TransferRequest["body"]> {
  if (content instanceof Uint8Array) return content;
  return sizeBytes === undefined ? { stream: true } : { stream: true, sizeBytes };
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value === "object" && value !== null) return;
  throw new MisuseError("WRONG_TYPE", `${name}: an object is wanted, not ${value === null ? "null" : typeof value}`);
}

function checkUrl(url: unknown): string {
  if (typeof url === "string") return url;
  const href = typeof url === "object" && url !== null ? (url as { href?: unknown }).href : undefined;
  if (typeof href === "string") return href;
  throw new MisuseError("WRONG_TYPE", "url takes a string or a URL");
}

function checkSignal(signal: SignalLike): void {
  if (typeof signal.addEventListener === "function" && typeof signal.aborted === "boolean") return;
  throw new MisuseError("WRONG_TYPE", "signal takes an AbortSignal");
}

function checkBytes(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new MisuseError("OUT_OF_RANGE", `${name} takes a whole number above 0, not ${String(value)}`);
}

let lastUrl = "";
let lastHost = "";

/**
 * Scheme, host and port: what connections are counted by. The user's name and password are not of it. Many requests in a row
 * are for one URL: its host is then the same string, which tables find without reading it.
 */
function hostOf(url: string): string {
  if (url !== lastUrl) {
    lastHost = readHost(url);
    lastUrl = url;
  }
  return lastHost;
}

function readHost(url: string): string {
  const authority = /^[^:/?#]+:\/\/[^/?#]*/.exec(url)?.[0] ?? url;
  return (authority.includes("@") ? authority.replace(/\/\/.*@/, "//") : authority).toLowerCase();
}
