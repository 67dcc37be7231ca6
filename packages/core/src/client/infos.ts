import type { TransferPhase } from "../errors.js";
import type { Outcome } from "../transfer-engine.js";

/** What is known of a transfer that has ended. Times are in ms since the engine was given it, 0 for what did not happen. */
export interface TransferInfos {
  /** The URL that was fetched last, after redirects. */
  readonly url: string;
  readonly status: number;
  /** "1.0", "1.1", "2", "3"; empty when there was no answer. */
  readonly httpVersion: string;
  readonly redirects: number;
  readonly timings: {
    /** How long it waited for a slot of the client before that. */
    readonly queuedMs: number;
    readonly nameLookupMs: number;
    readonly connectMs: number;
    /** TLS, and what else there is below the protocol. */
    readonly appConnectMs: number;
    /** The request was about to be sent. */
    readonly preTransferMs: number;
    /** The first byte of the answer was there. */
    readonly startTransferMs: number;
    /** All redirects, before the last request. */
    readonly redirectMs: number;
    readonly totalMs: number;
  };
  readonly connection: {
    /** How many connections were made for it; 0: one was used again. */
    readonly opened: number;
    readonly remoteAddress: string;
    readonly remotePort: number;
    readonly localAddress: string;
    readonly localPort: number;
  };
  /** Bytes on the wire: compressed bodies, all header blocks. */
  readonly sizes: {
    readonly requestBytes: number;
    readonly sentBodyBytes: number;
    readonly headerBytes: number;
    readonly receivedBodyBytes: number;
  };
}

type Getinfo = (info: string) => unknown;

const VERSIONS: Readonly<Record<number, string>> = { 1: "1.0", 2: "1.1", 3: "2", 30: "3" };

/** What TransferInfos is made of, in this order. */
const NAMES = [
  "EFFECTIVE_URL",
  "PRIMARY_IP",
  "LOCAL_IP",
  "RESPONSE_CODE",
  "HTTP_VERSION",
  "REDIRECT_COUNT",
  "NAMELOOKUP_TIME_T",
  "CONNECT_TIME_T",
  "APPCONNECT_TIME_T",
  "PRETRANSFER_TIME_T",
  "STARTTRANSFER_TIME_T",
  "REDIRECT_TIME_T",
  "TOTAL_TIME_T",
  "NUM_CONNECTS",
  "PRIMARY_PORT",
  "LOCAL_PORT",
  "REQUEST_SIZE",
  "SIZE_UPLOAD_T",
  "HEADER_SIZE",
  "SIZE_DOWNLOAD_T",
] as const;

/** What there is to know, as long as the handle is there. An engine need not know all of it. */
export function readInfos(outcome: Outcome): readonly unknown[] {
  const { getinfos } = outcome;
  return getinfos ? getinfos(NAMES) : NAMES.map((name) => tolerant(outcome.getinfo, name));
}

/** In words. Few ask for them, so it is not done before somebody does. */
export function infosOf(values: readonly unknown[], queuedMs: number): TransferInfos {
  const of = (name: (typeof NAMES)[number]): unknown => values[NAMES.indexOf(name)];
  const number = (name: (typeof NAMES)[number]): number => Number(of(name) ?? 0);
  const text = (name: (typeof NAMES)[number]): string => String(of(name) ?? "");
  const ms = (name: (typeof NAMES)[number]): number => number(name) / 1000;
  return {
    url: text("EFFECTIVE_URL"),
    status: number("RESPONSE_CODE"),
    httpVersion: VERSIONS[number("HTTP_VERSION")] ?? "",
    redirects: number("REDIRECT_COUNT"),
    timings: {
      queuedMs,
      nameLookupMs: ms("NAMELOOKUP_TIME_T"),
      connectMs: ms("CONNECT_TIME_T"),
      appConnectMs: ms("APPCONNECT_TIME_T"),
      preTransferMs: ms("PRETRANSFER_TIME_T"),
      startTransferMs: ms("STARTTRANSFER_TIME_T"),
      redirectMs: ms("REDIRECT_TIME_T"),
      totalMs: ms("TOTAL_TIME_T"),
    },
    connection: {
      opened: number("NUM_CONNECTS"),
      remoteAddress: text("PRIMARY_IP"),
      remotePort: number("PRIMARY_PORT"),
      localAddress: text("LOCAL_IP"),
      localPort: number("LOCAL_PORT"),
    },
    sizes: {
      requestBytes: number("REQUEST_SIZE"),
      sentBodyBytes: number("SIZE_UPLOAD_T"),
      headerBytes: number("HEADER_SIZE"),
      receivedBodyBytes: number("SIZE_DOWNLOAD_T"),
    },
  };
}

function tolerant(getinfo: Getinfo, info: string): unknown {
  try {
    return getinfo(info);
  } catch {
    return undefined;
  }
}

/** CURLcodes that only TLS ends with: SSL_CONNECT_ERROR, PEER_FAILED_VERIFICATION, SSL_CACERT_BADFILE, ... */
const TLS_CODES = new Set([35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98]);

/**
 * Where a transfer stands, by what libcurl has noted of it. A connection that is used again has its first three phases
 * behind it at once. Some versions (8.14.1) note nothing between the begin of connecting and the end of the handshake:
 * then "connecting" is both, unless the error is one of TLS.
 */
export function phaseOf(
  getinfo: (info: string) => unknown,
  { secure, sending, curlCode = 0 }: { secure: boolean; sending: boolean; curlCode?: number | undefined },
): TransferPhase {
  const reached = (info: string): boolean => Number(tolerant(getinfo, info) ?? 0) > 0;
  if (reached("STARTTRANSFER_TIME_T") && reached("RESPONSE_CODE")) return "receiving";
  if (reached("PRETRANSFER_TIME_T")) return sending ? "sending" : "waiting";
  if (TLS_CODES.has(curlCode)) return "tls";
  if (secure && (reached("CONNECT_TIME_T") || reached("LOCAL_PORT"))) return "tls";
  return reached("NAMELOOKUP_TIME_T") ? "connecting" : "resolving";
}
