/**
 * The callbacks of an easy handle: what users write, and what stands between that and C. Every entry makes the arguments
 * of the user's function from those of native/*.c, and libcurl's answer from what the function answered.
 */
import { MisuseError } from "@curlew/core";
import { CURL_READFUNC_ABORT, CURL_READFUNC_PAUSE } from "./constants.js";
import type { StreamPart } from "./mime.js";
import { checkHeaderLines, typeOf } from "./option-values.js";

/**
 * `bytes` is a copy. Answers how many bytes were taken, which must be all of them, or CURL_WRITEFUNC_PAUSE; nothing means
 * all. A throw ends the transfer with CALLBACK_FAILED and the thrown as `cause`.
 */
export type DataFunction = (bytes: Uint8Array) => number | undefined | void;

/** Answers the next bytes, at most `sizeBytes`; null after the last; CURL_READFUNC_PAUSE or CURL_READFUNC_ABORT. */
export type ReadFunction = (sizeBytes: number) => Uint8Array | number | null;

/** Answers a CURL_SEEKFUNC_ value; nothing means OK. `origin` is 0, from the start. */
export type SeekFunction = (offset: number, origin: number) => number | undefined | void;

/** One of the files that a pattern matched. What the server did not tell is left out. */
export interface FileInfo {
  readonly filename: string;
  /** 0 file, 1 directory, 2 symbolic link, 3 block device, 4 character device, 5 pipe, 6 socket, 7 door, 8 unknown. */
  readonly filetype: number;
  readonly perm?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Bytes. */
  readonly size?: number;
  readonly hardlinks?: number;
  readonly timeText?: string;
  readonly permText?: string;
  readonly user?: string;
  readonly group?: string;
  /** Of a symbolic link. */
  readonly target?: string;
}

/** A host that is to be asked over TLS only. */
export interface HstsEntry {
  readonly name: string;
  readonly includeSubDomains?: boolean;
  /** "YYYYMMDD HH:MM:SS", in UTC; nothing for as long as can be. */
  readonly expire?: string;
}

/** `key` is base64 when libcurl has it as text. `keytype`: 1 RSA1, 2 RSA, 3 DSS, 4 ECDSA, 5 ED25519. */
export interface SshKey {
  readonly key: string | Uint8Array;
  readonly keytype: number;
}

/**
 * The functions, under the names of their options. Where a number is the answer, nothing means 0, which is "go on". A
 * throw aborts the transfer with libcurl's own code for that; it is the `cause` of the failure.
 */
export interface EasyCallbacks {
  WRITEFUNCTION: DataFunction;
  HEADERFUNCTION: DataFunction;
  /** RTP packets, interleaved with RTSP. */
  INTERLEAVEFUNCTION: DataFunction;
  READFUNCTION: ReadFunction;
  SEEKFUNCTION: SeekFunction;
  /** The lines that follow a chunked body, as "Name: value". */
  TRAILERFUNCTION: () => readonly string[];
  /** Bytes; totals are 0 until they are known. Anything but 0 aborts. Also told about once a second when nothing moves. */
  XFERINFOFUNCTION: (dltotal: number, dlnow: number, ultotal: number, ulnow: number) => number | undefined | void;
  /** `type` is a CURLINFO_TEXT ... value. Setting it sets VERBOSE. */
  DEBUGFUNCTION: (type: number, bytes: Uint8Array) => void;
  /** The connection stands, the request is not sent yet. Answers a CURL_PREREQFUNC_ value. */
  PREREQFUNCTION: (
    primaryIp: string,
    localIp: string,
    primaryPort: number,
    localPort: number,
  ) => number | undefined | void;
  /** Between socket() and connect(). `purpose`: 0 for connecting, 1 for an accepted one. A CURL_SOCKOPT_ value. */
  SOCKOPTFUNCTION: (fd: number, purpose: number) => number | undefined | void;
  /** A name is about to be resolved. Anything but 0 aborts. */
  RESOLVER_START_FUNCTION: () => number | undefined | void;
  /** Answers a CURL_CHUNK_BGN_FUNC_ value. */
  CHUNK_BGN_FUNCTION: (file: FileInfo, remaining: number) => number | undefined | void;
  /** Answers a CURL_CHUNK_END_FUNC_ value. */
  CHUNK_END_FUNCTION: () => number | undefined | void;
  /** Answers a CURL_FNMATCHFUNC_ value. */
  FNMATCH_FUNCTION: (pattern: string, name: string) => number;
  /** Called when a transfer begins, until it answers null. */
  HSTSREADFUNCTION: () => HstsEntry | null;
  /** Called for each entry when the handle is cleaned up. Answers a CURLSTS_ value. */
  HSTSWRITEFUNCTION: (
    entry: Required<HstsEntry>,
    index: { readonly index: number; readonly total: number },
  ) => number | undefined | void;
  /** Answers a CURLKHSTAT_ value. `match` is a CURLKHMATCH_ value, 2 for a host that is not known. */
  SSH_KEYFUNCTION: (known: SshKey | undefined, found: SshKey, match: number) => number;
  /** Answers CURLKHMATCH_OK or CURLKHMATCH_MISMATCH. */
  SSH_HOSTKEYFUNCTION: (keytype: number, key: Uint8Array) => number;
}

export type CallbackName = keyof EasyCallbacks;

/** `arguments` are C's, and so is the answer. */
type BridgeTo<F> = (callback: F, ...args: never[]) => unknown;
export type Bridge = BridgeTo<never>;

const bridges: { readonly [K in CallbackName]: BridgeTo<EasyCallbacks[K]> } = {
  WRITEFUNCTION: taken,
  HEADERFUNCTION: taken,
  INTERLEAVEFUNCTION: taken,
  READFUNCTION: (read, sizeBytes: number) => checkRead(read(sizeBytes), sizeBytes),
  SEEKFUNCTION: (seek, offset: number, origin: number) => upTo(2, seek(offset, origin)),
  TRAILERFUNCTION: (trailers) => checkHeaderLines("the TRAILERFUNCTION's answer", trailers()),
  XFERINFOFUNCTION: (progress, ...numbers: [number, number, number, number]) => checkProgress(progress(...numbers)),
  DEBUGFUNCTION: (debug, type: number, bytes: Uint8Array) => {
    debug(type, bytes);
    return 0;
  },
  PREREQFUNCTION: (before, ...args: [string, string, number, number]) => upTo(1, before(...args)),
  SOCKOPTFUNCTION: (sockopt, fd: number, purpose: number) => upTo(1, sockopt(fd, purpose)),
  RESOLVER_START_FUNCTION: (start) => upTo(1, start()),
  CHUNK_BGN_FUNCTION: (begins, file: FileInfo, remaining: number) => upTo(2, begins(file, remaining)),
  CHUNK_END_FUNCTION: (ends) => upTo(1, ends()),
  FNMATCH_FUNCTION: (match, pattern: string, name: string) => upTo(2, match(pattern, name)),
  HSTSREADFUNCTION: (read) => checkHstsEntry(read()),
  HSTSWRITEFUNCTION: (write, name: string, sub: number, expire: string, index: number, total: number) =>
    upTo(2, write({ name, includeSubDomains: sub === 1, expire }, { index, total })),
  SSH_KEYFUNCTION: (
    check,
    match: number,
    key: string | Uint8Array,
    keytype: number,
    known: string | Uint8Array | undefined,
    knownType: number | undefined,
  ) =>
    upTo(4, check(known === undefined ? undefined : { key: known, keytype: knownType ?? 0 }, { key, keytype }, match)),
  SSH_HOSTKEYFUNCTION: (check, keytype: number, key: Uint8Array) => upTo(1, check(keytype, key)),
};

/** What native/mime.c asks of a stream. */
const SEEK = 1;

/** The streams of a MIME body are told apart by their place among them. */
export function readStream(streams: readonly StreamPart[], index: number, what: number, a: number, b: number): unknown {
  const stream = streams[index];
  if (!stream) return undefined;
  return what === SEEK ? upTo(2, stream.seek?.(a, b)) : checkRead(stream.read(a), a);
}

export function bridgeOf(option: string): Bridge {
  return bridges[option as CallbackName] as Bridge;
}

export function isCallback(option: string): option is CallbackName {
  return Object.hasOwn(bridges, option);
}

/** Those in which libcurl allows a transfer to be paused and unpaused. In the others it is in the middle of something. */
export const mayPauseIn: ReadonlySet<string> = new Set([
  "WRITEFUNCTION",
  "HEADERFUNCTION",
  "READFUNCTION",
  "MIMEPOST",
  "XFERINFOFUNCTION",
]);

function taken(callback: DataFunction, bytes: Uint8Array): number {
  const count: unknown = callback(bytes) ?? bytes.length;
  // C makes a size_t of it.
  if (Number.isInteger(count) && (count as number) >= 0 && (count as number) < 2 ** 32) return count as number;
  throw new MisuseError("OUT_OF_RANGE", `the callback answered ${String(count)}, and not how many bytes it took`);
}

const readEnd = new Uint8Array(0);

function checkRead(answer: unknown, sizeBytes: number): Uint8Array | number {
  if (answer === null) return readEnd;
  if (answer instanceof Uint8Array) {
    if (answer.length <= sizeBytes) return answer;
    throw new MisuseError(
      "OUT_OF_RANGE",
      `the callback answered ${answer.length} bytes and was asked for ${sizeBytes}`,
    );
  }
  if (answer === CURL_READFUNC_PAUSE || answer === CURL_READFUNC_ABORT) return answer;
  const what = typeof answer === "number" ? String(answer) : typeOf(answer);
  throw new MisuseError("WRONG_TYPE", `the callback answered ${what}, and not a Uint8Array, or null after the last`);
}

/** A number from 0 to `most`; nothing is 0. */
function upTo(most: number, answer: unknown): number {
  const number = answer ?? 0;
  if (Number.isInteger(number) && (number as number) >= 0 && (number as number) <= most) return number as number;
  const what = typeof number === "number" ? String(number) : typeOf(number);
  throw new MisuseError("OUT_OF_RANGE", `the callback answered ${what}, and not a number from 0 to ${most}`);
}

/** CURL_PROGRESSFUNC_CONTINUE would have libcurl draw a meter on stderr: refused like all that is out of range. */
function checkProgress(answer: unknown): number {
  const number = answer ?? 0;
  if (Number.isInteger(number) && Math.abs(number as number) < 0x10000000) return number as number;
  throw new MisuseError("OUT_OF_RANGE", `the XFERINFOFUNCTION answered ${String(answer)}, and not 0 or what aborts`);
}

const EXPIRE = /^(\d{8} \d\d:\d\d:\d\d)?$/;

function checkHstsEntry(answer: unknown): Required<HstsEntry> | null {
  if (answer === null) return null;
  const { name, includeSubDomains = false, expire = "" } = (answer ?? {}) as Partial<HstsEntry>;
  if (typeof name !== "string" || !/^[^\0\s]{1,255}$/.test(name))
    throw new MisuseError("WRONG_TYPE", "an entry of HSTSREADFUNCTION has no `name` that is a host's");
  if (typeof includeSubDomains !== "boolean" || typeof expire !== "string" || !EXPIRE.test(expire))
    throw new MisuseError("WRONG_TYPE", `the entry for ${name}: expire is not of the form "YYYYMMDD HH:MM:SS"`);
  return { name, includeSubDomains, expire };
}
