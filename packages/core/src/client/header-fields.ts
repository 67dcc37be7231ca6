import { runtime } from "./runtime.js";

/**
 * The header fields of an answer, read when first looked at. Names and answers are those of the fetch standard's Headers;
 * `raw` has them as they came.
 */
export class HeaderFields implements Iterable<[name: string, value: string]> {
  readonly #block: Uint8Array | string;
  #raw: readonly (readonly [string, string])[] | undefined;
  #combined: Map<string, string> | undefined;

  /** @param block lines as libcurl gives them, with or without a status line; as text: bytes read as Latin-1 */
  constructor(block: Uint8Array | string) {
    this.#block = block;
  }

  /** Name and value as they came, one for each line, in order; bytes are read as Latin-1, values without space around. */
  get raw(): readonly (readonly [name: string, value: string])[] {
    this.#raw ??= fieldsOf(typeof this.#block === "string" ? this.#block : latin1(this.#block));
    return this.#raw;
  }

  /** All values of that name, whatever its case, joined by ", ". */
  get(name: string): string | null {
    return this.#all().get(name.toLowerCase()) ?? null;
  }

  has(name: string): boolean {
    return this.#all().has(name.toLowerCase());
  }

  /** Each Set-Cookie by itself: the one field that cannot be joined (RFC 9110 5.3). */
  getSetCookie(): string[] {
    return this.raw.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => value);
  }

  /** Names in lower case, with what `get` answers. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    yield* this.#all();
  }

  #all(): Map<string, string> {
    if (this.#combined) return this.#combined;
    const combined = new Map<string, string>();
    for (const [name, value] of this.raw) {
      const key = name.toLowerCase();
      const before = combined.get(key);
      combined.set(key, before === undefined ? value : `${before}, ${value}`);
    }
    this.#combined = combined;
    return combined;
  }
}

/** Without the space around it. HTTP knows no more than these; String.trim takes the byte 0xa0 for one, too. */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (start < end && isSpace(text.charCodeAt(end - 1))) end--;
  return end - start === text.length ? text : text.slice(start, end);
}

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF;
}

const PIECE = 4096;

/** What TextDecoder calls latin1 is windows-1252, which has other letters at 0x80 to 0x9f. A Buffer, where there is one, is ten times as fast. */
export function latin1(bytes: Uint8Array): string {
  const { buffer, byteOffset, length } = bytes;
  const made = runtime.Buffer?.from?.(buffer, byteOffset, length).toString("latin1");
  if (made !== undefined) return made;
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE)
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + PIECE) as unknown as number[]);
  return text;
}

/** Line by line, by looking for their ends: a regular expression for each costs more than all the rest of a small answer's head. */
function fieldsOf(text: string): (readonly [string, string])[] {
  const fields: [string, string][] = [];
  let colon = text.indexOf(":");
  for (let start = 0; start < text.length; ) {
    const lf = text.indexOf("\n", start);
    const end = lf < 0 ? text.length : lf;
    const first = text.charCodeAt(start);
    if (first === SPACE || first === TAB) {
      fold(fields.at(-1), trimmed(text.slice(start, end)));
    } else {
      if (colon >= 0 && colon < start) colon = text.indexOf(":", start); // once each, however many lines have none
      if (colon > start && colon < end && !text.startsWith("HTTP/", start))
        fields.push([text.slice(start, colon), trimmed(text.slice(colon + 1, end))]);
    }
    start = end + 1;
  }
  return fields;
}

/** A line that goes on with the one before (RFC 9112 5.2). Both are trimmed already: to look at the whole each time would square it. */
function fold(field: [string, string] | undefined, more: string): void {
  if (field && more !== "") field[1] = field[1] === "" ? more : `${field[1]} ${more}`;
}
