import { HeaderFields, latin1 } from "./header-fields.js";

/** An answer's status line and header fields. */
export class Head {
  /** 100 to 999; 0 for a protocol that has none. */
  readonly status: number;
  readonly headers: HeaderFields;
  /** As libcurl gave it: status line, fields, empty line. */
  readonly rawBytes: Uint8Array;
  /** Answers of 1xx that came before it, oldest first. */
  readonly informational: readonly Head[];
  /** Answers that led here: redirects that were followed, challenges that were met. Oldest first. */
  readonly previous: readonly Head[];

  constructor(rawBytes: Uint8Array, informational: readonly Head[] = [], previous: readonly Head[] = []) {
    this.rawBytes = rawBytes;
    this.status = statusOf(rawBytes);
    this.headers = new HeaderFields(rawBytes);
    this.informational = informational;
    this.previous = previous;
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
    const end = this.rawBytes.indexOf(13);
    return latin1(end < 0 ? this.rawBytes : this.rawBytes.subarray(0, end));
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

/** Blocks of header lines, each up to its empty line. */
export function* blocksOf(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    const empty = at - start <= 1 || bytes[at - 1] === 10 || (bytes[at - 1] === 13 && bytes[at - 2] === 10);
    if (!empty) continue;
    yield bytes.subarray(start, at + 1);
    start = at + 1;
  }
  if (start < bytes.length) yield bytes.subarray(start);
}
