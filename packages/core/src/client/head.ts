import { HeaderFields, latin1 } from "./header-fields.js";

/** An answer's status line and header fields. */
export class Head {
  /** 100 to 999; 0 for a protocol that has none. */
  readonly status: number;
  #headers: HeaderFields | undefined;
  #read: string | undefined;
  /** As libcurl gave it: status line, fields, empty line. */
  readonly rawBytes: Uint8Array;
  /** Answers of 1xx that came before it, oldest first. */
  readonly informational: readonly Head[];
  /** Answers that led here: redirects that were followed, challenges that were met. Oldest first. */
  readonly previous: readonly Head[];

  constructor(rawBytes: Uint8Array, informational: readonly Head[] = [], previous: readonly Head[] = []) {
    this.rawBytes = rawBytes;
    this.status = statusOf(rawBytes);
    this.informational = informational;
    this.previous = previous;
  }

  get headers(): HeaderFields {
    this.#headers ??= new HeaderFields(this.#text);
    return this.#headers;
  }

  /** "1.0", "1.1", "2", "3". */
  get httpVersion(): string {
    return /^HTTP\/([\d.]+)/.exec(this.#statusLine)?.[1] ?? "";
  }

  /** "Not Found"; empty on HTTP/2 and later. */
  get reason(): string {
    return /^HTTP\/[\d.]+ \d+ ?(.*)/.exec(this.#statusLine)?.[1] ?? "";
  }

  /** A status of 2xx, as in the fetch standard. */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get #statusLine(): string {
    const end = this.#text.indexOf("\r");
    return end < 0 ? this.#text : this.#text.slice(0, end);
  }

  get #text(): string {
    this.#read ??= latin1(this.rawBytes);
    return this.#read;
  }
}

const ZERO = 48;
const SPACE = 32;

/** The number after the first space. */
function statusOf(bytes: Uint8Array): number {
  let status = 0;
  for (let at = bytes.indexOf(SPACE) + 1; at > 0 && at < bytes.length; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) break;
    status = status * 10 + digit;
  }
  return status;
}

const LF = 10;
const CR = 13;

/** Where the block of header lines ends that begins at `start`, behind its empty line; -1 when that is still to come. */
export function endOfBlock(bytes: Uint8Array, start: number): number {
  // An empty line has two bytes of CR and LF at its end, or is the first: so every second byte is looked at.
  for (let at = start; at < bytes.length; at += 2) {
    if ((bytes[at] as number) > CR) continue;
    if (endsEmptyLine(bytes, start, at)) return at + 1;
    if (endsEmptyLine(bytes, start, at + 1)) return at + 2;
  }
  return -1;
}

function endsEmptyLine(bytes: Uint8Array, start: number, at: number): boolean {
  if (bytes[at] !== LF) return false;
  const before = at > start && bytes[at - 1] === CR ? at - 2 : at - 1;
  return before < start || bytes[before] === LF;
}
