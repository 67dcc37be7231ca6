import { MisuseError } from "@curlew/core";

/** Longer ones are mistakes, or attacks; libcurl itself takes 8 000 000 bytes. */
const URL_LIMIT_BYTES = 65_536;

/** Passwords of keys and of TLS, and what is sent as it is: no line of a protocol is made of these. */
const mayHaveLineBreaks: ReadonlySet<string> = new Set([
  "KEYPASSWD",
  "PROXY_KEYPASSWD",
  "TLSAUTH_PASSWORD",
  "PROXY_TLSAUTH_PASSWORD",
  "POSTFIELDS",
]);

const headerLists: ReadonlySet<string> = new Set(["HTTPHEADER", "PROXYHEADER"]);

/** A name of tokens' characters, then ":" and a value, ":" alone to leave the header out, or ";" for an empty one. */
const headerLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*:.*|;)$/;

/**
 * The string, if it can be given to libcurl. No message shows it: it may be a password, or a header with a token.
 * @throws MisuseError FORBIDDEN_CHARACTER, URL_TOO_LONG
 */
export function checkCharacters(option: string, value: string, which = option): string {
  const found = (mayHaveLineBreaks.has(option) ? /\0/ : /[\0\r\n]/).exec(value);
  if (found) {
    const character = { "\0": "NUL", "\r": "CR", "\n": "LF" }[found[0]];
    throw new MisuseError("FORBIDDEN_CHARACTER", `${which} contains ${character} at position ${found.index}`);
  }
  if (headerLists.has(option) && !headerLine.test(value))
    throw new MisuseError("FORBIDDEN_CHARACTER", `${which} is not of the form "Name: value"`);
  if (option === "URL" && Buffer.byteLength(value) > URL_LIMIT_BYTES) {
    const message = `the URL has ${Buffer.byteLength(value)} bytes, and ${URL_LIMIT_BYTES} are the most it may have`;
    throw new MisuseError("URL_TOO_LONG", message);
  }
  return value;
}

/** What kind of thing it is, without showing it. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return `an object of class ${value.constructor?.name ?? "null"}`;
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
