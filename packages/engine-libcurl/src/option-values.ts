import { MisuseError } from "@curlew/core";
import type { Option } from "./options.js";

/** Longer ones are mistakes, or attacks; libcurl itself takes 8 000 000 bytes. */
export const URL_LIMIT_BYTES = 65_536;

/**
 * Nearly every string can become part of a line of some protocol, where a line break would start another line. These are
 * passwords of keys and of TLS, which never do.
 */
const mayHaveLineBreaks = new Set(["KEYPASSWD", "PROXY_KEYPASSWD", "TLSAUTH_PASSWORD", "PROXY_TLSAUTH_PASSWORD"]);

const headerLists = new Set(["HTTPHEADER", "PROXYHEADER"]);

/** A name of tokens' characters, then ":" and a value, ":" alone to leave the header out, or ";" for an empty one. */
const headerLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*:.*|;)$/;

// No message below shows a value: it may be a password, or a header with a token.

/** An integer that fits: long and off_t have 64 bits on the platforms supported. */
export function checkInteger({ name, kind }: Option, value: unknown): number | bigint {
  if (typeof value === "boolean" && kind !== "off_t") return value ? 1 : 0;
  if (typeof value !== "number" && typeof value !== "bigint")
    throw new MisuseError("WRONG_TYPE", `${name} takes an integer, not ${typeOf(value)}`);
  const fits = typeof value === "bigint" ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value);
  if (!fits) throw new MisuseError("OUT_OF_RANGE", `${name} takes an integer of 64 bits, not ${value}`);
  return value;
}

/** A string, or null for libcurl's default. */
export function checkString({ name }: Option, value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== "string")
    throw new MisuseError("WRONG_TYPE", `${name} takes a string or null, not ${typeOf(value)}`);
  checkCharacters(name, value);
  if (name === "URL") checkLength(value);
  return value;
}

/** A string that becomes part of a line, under the name of where it is from. */
export function checkText(where: string, value: unknown): string {
  if (typeof value !== "string") throw new MisuseError("WRONG_TYPE", `${where} takes a string, not ${typeOf(value)}`);
  checkCharacters(where, value);
  return value;
}

/** Lines that become headers. */
export function checkHeaderLines(where: string, value: unknown): readonly string[] {
  if (!Array.isArray(value))
    throw new MisuseError("WRONG_TYPE", `${where} takes an array of strings, not ${typeOf(value)}`);
  return Array.from(value, (line: unknown, i) => {
    const text = checkText(`${where}[${i}]`, line);
    if (headerLine.test(text)) return text;
    throw new MisuseError("FORBIDDEN_CHARACTER", `${where}[${i}] is not of the form "Name: value"`);
  });
}

/** An array of strings, or null for none. */
export function checkList({ name }: Option, value: unknown): readonly string[] | null {
  if (value === null) return null;
  if (!Array.isArray(value))
    throw new MisuseError("WRONG_TYPE", `${name} takes an array of strings or null, not ${typeOf(value)}`);
  const copy: unknown[] = [...value]; // read once: what was checked is what is used
  for (const [i, line] of copy.entries()) {
    const which = `${name}[${i}]`;
    if (typeof line !== "string") throw new MisuseError("WRONG_TYPE", `${which} is not a string, but ${typeOf(line)}`);
    checkCharacters(name, line, which);
    if (headerLists.has(name) && !headerLine.test(line))
      throw new MisuseError("FORBIDDEN_CHARACTER", `${which} is not of the form "Name: value"`);
  }
  return copy as string[];
}

/** Bytes, or null. */
export function checkBytes({ name }: Option, value: unknown): Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  throw new MisuseError("WRONG_TYPE", `${name} takes a Uint8Array or null, not ${typeOf(value)}`);
}

/** Bytes, a string to be sent as UTF-8, or null. */
export function checkBody(option: Option, value: unknown): Uint8Array | null {
  return typeof value === "string" ? Buffer.from(value) : checkBytes(option, value);
}

export function checkFunction<F>({ name }: { readonly name: string }, value: unknown): F | null {
  if (value === null || typeof value === "function") return value as F | null;
  throw new MisuseError("WRONG_TYPE", `${name} takes a function or null, not ${typeOf(value)}`);
}

function checkCharacters(name: string, value: string, which = name): void {
  const forbidden = mayHaveLineBreaks.has(name) ? /\0/ : /[\0\r\n]/;
  const found = forbidden.exec(value);
  if (found === null) return;
  const character = { "\0": "NUL", "\r": "CR", "\n": "LF" }[found[0]];
  throw new MisuseError("FORBIDDEN_CHARACTER", `${which} contains ${character} at position ${found.index}`);
}

function checkLength(url: string): void {
  const bytes = Buffer.byteLength(url);
  if (bytes > URL_LIMIT_BYTES)
    throw new MisuseError(
      "URL_TOO_LONG",
      `the URL has ${bytes} bytes, and ${URL_LIMIT_BYTES} are the most it may have`,
    );
}

/** What kind of thing it is, without showing it. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return `an object of class ${value.constructor?.name ?? "null"}`;
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
