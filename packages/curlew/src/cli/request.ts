import type { ClientRequestOptions } from "@curlew/core";
import { readNamed } from "./named-file.js";
import type { RequestSettings } from "./options.js";

/** CURL_HTTP_VERSION_2_0: offered in TLS, and as an upgrade without it. */
const HTTP_2 = 3;
/** As many as the program curl follows. */
const REDIRECTS = 50;

/** A request of the client's for each URL, with what one attempt adds to the headers. */
export type MakeRequest = (extra: readonly string[], signal: AbortSignal) => ClientRequestOptions;

/** @throws Failure for a file of -d that cannot be read */
export function requestMaker(settings: RequestSettings, defaultUserAgent: string): MakeRequest {
  const body = settings.data.length > 0 ? bodyOf(settings.data) : undefined;
  const headers = [...settings.headers, ...unsaid(settings.headers, body !== undefined)];
  const curl = curlOptions(settings, defaultUserAgent);
  return (extra, signal) => ({
    // A HEAD is the one word that also changes what is to be waited for.
    method: settings.method === "HEAD" ? "HEAD" : undefined,
    body,
    signal,
    redirect: settings.follows ? "follow" : "manual",
    decompress: false,
    limits: { redirects: REDIRECTS },
    // All lines as curl takes them, "Name:" and "Name;" too.
    curl: { ...curl, HTTPHEADER: [...headers, ...extra] },
  });
}

function curlOptions(settings: RequestSettings, defaultUserAgent: string): Record<string, unknown> {
  const { method, insecure, caFile, http2, userAgent = defaultUserAgent, user, maxTimeMs } = settings;
  return {
    USERAGENT: userAgent,
    ...(method !== undefined && method !== "HEAD" && { CUSTOMREQUEST: method }),
    ...(insecure && { SSL_VERIFYPEER: 0, SSL_VERIFYHOST: 0 }),
    ...(caFile !== undefined && { CAINFO: caFile }),
    ...(http2 && { HTTP_VERSION: HTTP_2 }),
    ...(user !== undefined && { USERPWD: user }),
    ...(maxTimeMs !== undefined && { TIMEOUT_MS: maxTimeMs }),
  };
}

function unsaid(headers: readonly string[], hasBody: boolean): string[] {
  if (!hasBody) return [];
  const lines = ["Content-Type: application/x-www-form-urlencoded", "Expect:"];
  return lines.filter((line) => !headers.some((header) => nameOf(header) === nameOf(line)));
}

function nameOf(line: string): string {
  return (/^[^:;\s]*/.exec(line)?.[0] ?? "").toLowerCase();
}

function bodyOf(data: readonly string[]): Uint8Array {
  const pieces = data.map((one) => (one.startsWith("@") ? withoutLineEnds(readNamed("-d", one)) : Buffer.from(one)));
  const joined = pieces.flatMap((piece, i) => (i === 0 ? [piece] : [Buffer.from("&"), piece]));
  return Buffer.concat(joined);
}

/** Without line ends and NULs, as curl has always sent it. */
function withoutLineEnds(file: Buffer): Buffer {
  return Buffer.from(file.filter((byte) => byte !== 13 && byte !== 10 && byte !== 0));
}
