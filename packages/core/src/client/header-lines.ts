import { MisuseError } from "../errors.js";
import { trimmed } from "./header-fields.js";

/** A header field as the engine wants it. */
export interface HeaderLine {
  readonly text: string;
  /** In lower case, of those that the client has to know; undefined for all others. */
  readonly known: "content-length" | "content-type" | "expect" | undefined;
}

/** So many names, no line longer than that: whoever asks chooses them. With one more, it begins anew. */
const MOST_NAMES = 256;
const MOST_LENGTH = 1024;

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const LINE_END = /[\0\r\n]/;

/**
 * Lines of a client's requests, each of which is remembered until there is another of its name. From one request to the next
 * most are the same: they are then checked and joined already, and being the same string they are found so without being
 * read, where an engine compares them with those that a handle has. So the last value of each name stays as long as the client.
 */
export class HeaderLines {
  readonly #last = new Map<string, HeaderLine>();

  /** @throws MisuseError FORBIDDEN_CHARACTER, WRONG_TYPE. Values are not shown: they may be secrets */
  lineOf(name: string, value: unknown): HeaderLine {
    const last = this.#last.get(name);
    if (last && typeof value === "string" && isSame(last.text, name, value)) return last;
    const line = { text: read(name, value), known: knownAs(name) };
    if (line.text.length <= MOST_LENGTH) this.#remember(name, line);
    return line;
  }

  /** By a name that is a part of the line: as it was given it may be one of something large, all of which V8 would keep. */
  #remember(name: string, line: HeaderLine): void {
    if (this.#last.size >= MOST_NAMES && !this.#last.has(name)) this.#last.clear();
    this.#last.set(line.text.slice(0, name.length), line);
  }
}

function isSame(text: string, name: string, value: string): boolean {
  return text.length === name.length + 2 + value.length && text.endsWith(value);
}

function read(name: string, value: unknown): string {
  if (!NAME.test(name))
    throw new MisuseError(
      "FORBIDDEN_CHARACTER",
      `${JSON.stringify(name)} is not a name for a header: letters, digits, "-"`,
    );
  if (typeof value !== "string" && typeof value !== "number")
    throw new MisuseError(
      "WRONG_TYPE",
      `the header ${name} takes a string, not ${value === null ? "null" : typeof value}`,
    );
  const content = trimmed(String(value));
  const text = content === "" ? `${name};` : `${name}: ${content}`;
  // All of the line is looked at: V8 then makes it one string, which refers to none of those that it was put together of.
  if (LINE_END.test(text))
    throw new MisuseError("FORBIDDEN_CHARACTER", `the value of the header ${name} has a CR, LF or NUL in it`);
  return text;
}

/** Most names differ in their length from those: they are not made lower case. */
function knownAs(name: string): HeaderLine["known"] {
  if (is(name, "content-length")) return "content-length";
  if (is(name, "content-type")) return "content-type";
  return is(name, "expect") ? "expect" : undefined;
}

function is(name: string, lowerCase: string): boolean {
  return name.length === lowerCase.length && name.toLowerCase() === lowerCase;
}
