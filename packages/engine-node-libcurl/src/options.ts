import { CurlewError, MisuseError } from "@curlew/core";
import { checkCharacters, typeOf } from "./characters.js";
import type { Library } from "./library.js";
import type { NodeEasy } from "./node-libcurl.js";

const SINK = "it is how the sink gets its bytes";
const BODY = "it is how the body is sent";
const SIZE = "the body's own size is used: `sizeBytes` of a stream";
const FIELDS = "POSTFIELDS says it, and libcurl would read past its end";

/** What a transfer's sink and body are made of, or what would harm other transfers. */
const ours: Readonly<Record<string, string>> = {
  WRITEFUNCTION: SINK,
  HEADERFUNCTION: "it is how the sink gets its headers",
  READFUNCTION: BODY,
  READDATA: BODY,
  SEEKFUNCTION: BODY,
  XFERINFOFUNCTION: "it is how the sink hears of progress",
  PROGRESSFUNCTION: "it is how the sink hears of progress",
  NOPROGRESS: "`progress` says whether the sink hears of it",
  HEADER: "headers would come as body, too; the sink gets them by themselves",
  INFILESIZE: SIZE,
  INFILESIZE_LARGE: SIZE,
  POSTFIELDSIZE: FIELDS,
  POSTFIELDSIZE_LARGE: FIELDS,
  CONNECT_ONLY: "such a connection is used by raw handles only",
  NOSIGNAL: "a library must not use the process's signals",
  PRIVATE: "it tells node-libcurl whose handle it is",
  ERRORBUFFER: "node-libcurl has no place for it",
  VERBOSE: "DEBUGFUNCTION switches it; without one libcurl writes to stderr, passwords included",
};

/** Functions of the same arguments in both engines; nothing as their answer means 0, which is "go on". */
const functions: ReadonlySet<string> = new Set([
  "DEBUGFUNCTION",
  "PREREQFUNCTION",
  "FNMATCH_FUNCTION",
  "TRAILERFUNCTION",
]);

/** Those node-libcurl takes as 64 bits; it cuts all others to 32. */
const wide: ReadonlySet<string> = new Set([
  "MAXFILESIZE_LARGE",
  "MAX_RECV_SPEED_LARGE",
  "MAX_SEND_SPEED_LARGE",
  "RESUME_FROM_LARGE",
]);

/** Keeps what a function of the user's threw, which is told with the end of the transfer. */
export type Thrown = (option: string, error: unknown) => void;

/**
 * Sets an option of the user's, under libcurl's name, which is node-libcurl's, too.
 * @throws MisuseError UNKNOWN_OPTION, OPTION_IS_OURS, WRONG_TYPE, OUT_OF_RANGE, FORBIDDEN_CHARACTER; CurlewError OPTION_REFUSED,
 * NOT_IN_THIS_LIBCURL
 */
export function setOption(library: Library, easy: NodeEasy, option: string, value: unknown, thrown: Thrown): void {
  const reason = Object.hasOwn(ours, option) ? ours[option] : undefined;
  if (reason !== undefined) throw new MisuseError("OPTION_IS_OURS", `${option} is set by the transfer: ${reason}`);
  const fate = library.fateOf(option);
  if (fate === "known") throw new CurlewError("OPTION_REFUSED", `${option} is not offered by node-libcurl`);
  if (fate === "unknown") throw unknown(library, option);
  library.set(easy, option, checked(library, option, value, thrown));
  if (option === "DEBUGFUNCTION") library.set(easy, "VERBOSE", value === null ? 0 : 1);
}

function checked(library: Library, option: string, value: unknown, thrown: Thrown): unknown {
  if (library.takesIntegers(option)) return integer(option, value);
  if (value === null) return null;
  if (typeof value === "string") return checkCharacters(option, value);
  if (Array.isArray(value)) return option === "HTTPPOST" ? value : list(option, value);
  if (typeof value === "function") return callback(option, value as (...args: unknown[]) => unknown, thrown);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value; // node-libcurl says what it wants: a Share, a CurlMime
}

function integer(option: string, value: unknown): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number" && typeof value !== "bigint")
    throw new MisuseError("WRONG_TYPE", `${option} takes an integer, not ${typeOf(value)}`);
  const number = Number(value);
  const fits = wide.has(option) ? Number.isSafeInteger(number) : (number | 0) === number;
  if (fits) return number;
  const bits = wide.has(option) ? "of 53 bits" : "of 32 bits: node-libcurl cuts it";
  throw new MisuseError("OUT_OF_RANGE", `${option} takes an integer ${bits}, not ${value}`);
}

function list(option: string, lines: readonly unknown[]): string[] {
  return Array.from(lines, (line, i) => {
    const which = `${option}[${i}]`;
    if (typeof line !== "string") throw new MisuseError("WRONG_TYPE", `${which} is not a string, but ${typeOf(line)}`);
    return checkCharacters(option, line, which);
  });
}

function callback(
  option: string,
  call: (...args: unknown[]) => unknown,
  thrown: Thrown,
): (...args: unknown[]) => unknown {
  if (!functions.has(option))
    throw new CurlewError(
      "OPTION_REFUSED",
      `${option} is not offered: node-libcurl's has other arguments than libcurl's`,
    );
  return (...args) => {
    try {
      return call(...args) ?? 0;
    } catch (error) {
      thrown(option, error);
      throw error;
    }
  };
}

function unknown(library: Library, option: string): MisuseError {
  const meant = option.toUpperCase().replace(/^CURLOPT_/, "");
  const hint =
    library.fateOf(meant) === "offered" ? `; did you mean "${meant}"?` : ". Names are libcurl's without CURLOPT_";
  return new MisuseError("UNKNOWN_OPTION", `node-libcurl has no option "${option}"${hint}`);
}
