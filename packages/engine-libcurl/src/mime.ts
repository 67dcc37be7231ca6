import { MisuseError } from "@curlew/core";
import type { ReadFunction, SeekFunction } from "./callbacks.js";
import { CURL_READFUNC_PAUSE } from "./constants.js";
import { checkFunction, checkHeaderLines, checkText, typeOf } from "./option-values.js";

/**
 * A part that is read while it is sent. When `read` has nothing yet and pauses, unpause until it is asked again, which
 * `Easy.paused` tells: an unpause before libcurl has sent what goes before the part is lost on it (seen in 7.88.1).
 */
export interface StreamPart {
  readonly read: ReadFunction;
  /** Needed where a body may have to be sent again: redirects, authentication. */
  readonly seek?: SeekFunction;
  /** Without it the whole body is sent in chunks. */
  readonly sizeBytes?: number | undefined;
}

/**
 * One part of a MIME body, under the names of curl_mime_ functions. It has one content at most: `data`, which is copied;
 * `filedata`, a file that libcurl reads while it sends; `subparts`; or `stream`.
 */
export interface MimePart {
  readonly name?: string;
  /** What the receiver is to call the file; for `filedata` its own name when left out. */
  readonly filename?: string;
  readonly type?: string;
  readonly encoder?: "binary" | "8bit" | "7bit" | "base64" | "quoted-printable";
  readonly headers?: readonly string[];
  readonly data?: string | Uint8Array;
  readonly filedata?: string;
  readonly subparts?: Mime;
  readonly stream?: StreamPart;
}

/**
 * A MIME body: a description that libcurl's is made of when the option is set. It may be given to any number of handles,
 * one after the other or at once, as far as its streams can be read so.
 */
export type Mime = readonly MimePart[];

/** The numbers of native/mime.c. */
enum Kind {
  EMPTY,
  DATA,
  FILE_DATA,
  STREAM,
  SUBPARTS,
}

const contents = { data: Kind.DATA, filedata: Kind.FILE_DATA, stream: Kind.STREAM, subparts: Kind.SUBPARTS } as const;
const texts = ["name", "filename", "type", "encoder"] as const;
const fields: ReadonlySet<string> = new Set([...texts, ...Object.keys(contents), "headers"]);

/** Deeper ones are mistakes, parts that contain themselves for one. */
const MOST_LEVELS = 16;

/** What native/mime.c takes, and the streams by the numbers it has for them. */
export interface MimeBody {
  readonly parts: readonly unknown[];
  readonly streams: readonly StreamPart[];
}

export function readMime(value: unknown): MimeBody {
  const streams: StreamPart[] = [];
  return { parts: readParts(value, "MIMEPOST", streams, 1), streams };
}

function readParts(value: unknown, where: string, streams: StreamPart[], level: number): unknown[] {
  if (!Array.isArray(value))
    throw new MisuseError("WRONG_TYPE", `${where} takes an array of parts, not ${typeOf(value)}`);
  if (level > MOST_LEVELS)
    throw new MisuseError("OUT_OF_RANGE", `${where}: parts are nested in more than ${MOST_LEVELS} levels`);
  return Array.from(value, (part: unknown, i) => readPart(part, `${where}[${i}]`, streams, level));
}

function readPart(value: unknown, where: string, streams: StreamPart[], level: number): unknown[] {
  if (typeof value !== "object" || value === null)
    throw new MisuseError("WRONG_TYPE", `${where} is not a part, but ${typeOf(value)}`);
  const part = { ...value } as Record<string, unknown>; // read once: what was checked is what is used
  for (const field of Object.keys(part)) {
    if (part[field] === undefined) delete part[field];
    else if (!fields.has(field)) throw new MisuseError("UNKNOWN_OPTION", `${where} has a field "${field}"`);
  }
  const given = Object.keys(part).filter((field): field is keyof typeof contents => field in contents);
  if (given.length > 1) throw new MisuseError("OUT_OF_RANGE", `${where} has two contents: ${given.join(" and ")}`);
  const [name, filename, type, encoder] = texts.map((field) =>
    part[field] === undefined ? null : checkText(`${where}.${field}`, part[field]),
  );
  const headers = part.headers === undefined ? null : checkHeaderLines(`${where}.headers`, part.headers);
  const content = given[0];
  if (content === undefined) return [name, filename, type, encoder, headers, Kind.EMPTY, null, null];
  const [read, size] = readContent(content, part[content], `${where}.${content}`, streams, level);
  return [name, filename, type, encoder, headers, contents[content], read, size];
}

/** The content, and of a stream its size and whether it can be sought. */
function readContent(
  content: keyof typeof contents,
  value: unknown,
  where: string,
  streams: StreamPart[],
  level: number,
): [content: unknown, size: [number, boolean] | null] {
  switch (content) {
    case "data":
      return [checkData(where, value), null];
    case "filedata":
      return [checkFile(where, value), null];
    case "subparts":
      return [readParts(value, where, streams, level + 1), null];
    default: {
      const stream = checkStream(where, value);
      streams.push(stream);
      return [streams.length - 1, [stream.sizeBytes ?? -1, stream.seek !== undefined]];
    }
  }
}

function checkData(where: string, value: unknown): Uint8Array {
  if (typeof value === "string") return Buffer.from(value);
  if (value instanceof Uint8Array) return value;
  throw new MisuseError("WRONG_TYPE", `${where} takes a string or a Uint8Array, not ${typeOf(value)}`);
}

function checkFile(where: string, value: unknown): string {
  const file = checkText(where, value);
  if (file !== "-") return file;
  throw new MisuseError("OUT_OF_RANGE", `${where}: libcurl takes "-" for stdin, which would stop the loop; say "./-"`);
}

/** The object itself is kept: its functions may be methods. */
function checkStream(where: string, value: unknown): StreamPart {
  if (typeof value !== "object" || value === null)
    throw new MisuseError("WRONG_TYPE", `${where} takes { read, seek, sizeBytes }, not ${typeOf(value)}`);
  const { read, seek, sizeBytes } = value as Partial<StreamPart>;
  if (typeof read !== "function") throw new MisuseError("WRONG_TYPE", `${where}.read is not a function`);
  if (seek !== undefined) checkFunction({ name: `${where}.seek` }, seek);
  if (sizeBytes !== undefined && (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0))
    throw new MisuseError("OUT_OF_RANGE", `${where}.sizeBytes takes a number of bytes, not ${sizeBytes}`);
  return value as StreamPart;
}

/** The same body for a transfer that nobody could unpause: a stream that wants to pause fails it instead of hanging it. */
export function withoutPauses(mime: Mime): Mime {
  if (!Array.isArray(mime)) return mime;
  return mime.map((part: MimePart) => {
    if (part?.subparts) return { ...part, subparts: withoutPauses(part.subparts) };
    const stream = part?.stream;
    if (typeof stream?.read !== "function") return part;
    const read: ReadFunction = (sizeBytes) => {
      const answer = stream.read(sizeBytes);
      if (answer !== CURL_READFUNC_PAUSE) return answer;
      throw new MisuseError(
        "OUT_OF_RANGE",
        "a stream of a request's MIMEPOST cannot pause: give a body { stream: true }",
      );
    };
    const seek: SeekFunction = (offset, origin) => stream.seek?.(offset, origin);
    return { ...part, stream: { read, ...(stream.seek && { seek }), sizeBytes: stream.sizeBytes } };
  });
}
