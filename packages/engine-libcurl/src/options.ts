import { CurlewError, MisuseError, TransferError } from "@curlew/core";
import { isCallback } from "./callbacks.js";
import { knownOptions } from "./generated/options.js";

/** curl_easytype (curl/options.h), in its order. */
export const optionKinds = [
  "long",
  "values",
  "off_t",
  "object",
  "string",
  "slist",
  "cbptr",
  "blob",
  "function",
] as const;
export type OptionKind = (typeof optionKinds)[number];

export interface Option {
  readonly name: string;
  readonly id: number;
  readonly kind: OptionKind;
}

export type OptionTable = ReadonlyMap<string, Option>;

/** CURLOT_FLAG_ALIAS: an older name for the option of the same id. */
const ALIAS = 1;

/** From name, id, type and flags of each. An alias gets the option it stands for, and what is checked by name with it. */
export function readOptions(flat: readonly (string | number)[]): OptionTable {
  const table = new Map<string, Option>();
  const byId = new Map<number, Option>();
  for (const wanted of [0, ALIAS])
    for (let i = 0; i + 3 < flat.length; i += 4) {
      if ((Number(flat[i + 3]) & ALIAS) !== wanted) continue;
      const [name, id] = [String(flat[i]), Number(flat[i + 1])];
      const option = byId.get(id) ?? { name, id, kind: optionKinds[Number(flat[i + 2])] ?? "object" };
      byId.set(id, option);
      table.set(name, option);
    }
  return table;
}

/** Set by the engine itself, and again after every reset. */
const ours: Readonly<Record<string, string>> = {
  NOSIGNAL: "a library must not use the process's signals",
  QUICK_EXIT: "without it, ending a transfer that is resolving blocks the loop (C 5.11)",
  PRIVATE: "it tells the engine whose handle it is",
  ERRORBUFFER: "its text is in the error's message",
  OPENSOCKETFUNCTION: "the engine opens sockets close-on-exec and keeps count of them",
  CLOSESOCKETFUNCTION: "the loop must stop watching a socket before it is closed",
  POSTFIELDSIZE: "POSTFIELDS says it, and libcurl would read past its end",
  POSTFIELDSIZE_LARGE: "POSTFIELDS says it, and libcurl would read past its end",
  VERBOSE: "DEBUGFUNCTION switches it; without one libcurl writes to stderr, passwords included",
  NOPROGRESS: "XFERINFOFUNCTION switches it; without one libcurl draws a progress meter on stderr",
};

/** Object options that can be set. */
const objects: ReadonlySet<string> = new Set(["POSTFIELDS", "COPYPOSTFIELDS", "MIMEPOST", "SHARE"]);

const EBCDIC = "it was for machines with EBCDIC, and has had no effect since 7.82";
const PRIORITIES =
  "HTTP/2 gave up its tree of priorities (RFC 9113, 5.3), and libcurl keeps pointers between handles that a reset " +
  "forgets; STREAM_WEIGHT can be set";

/** Object and function options that cannot be set, and why. */
const leftOut: Readonly<Record<string, string>> = {
  HTTPPOST: "MIMEPOST took its place in 7.56",
  STDERR: "it takes a FILE of C; a DEBUGFUNCTION gets what would be written there",
  CURLU: "libcurl would keep a bare pointer to a URL it parsed; JavaScript has one: give its href as URL",
  STREAM_DEPENDS: PRIORITIES,
  STREAM_DEPENDS_E: PRIORITIES,
  SSL_CTX_FUNCTION:
    "it hands out OpenSSL's SSL_CTX, a pointer of C; CAINFO_BLOB, SSLCERT_BLOB and SSLKEY_BLOB take PEM",
  PROGRESSFUNCTION: "XFERINFOFUNCTION took its place in 7.32",
  IOCTLFUNCTION: "SEEKFUNCTION took its place in 7.18",
  CONV_FROM_NETWORK_FUNCTION: EBCDIC,
  CONV_TO_NETWORK_FUNCTION: EBCDIC,
  CONV_FROM_UTF8_FUNCTION: EBCDIC,
};

const CALLBACK_DATA = "it is the callback's data in C; a function of JavaScript needs none";

/**
 * What can be changed while a transfer is under way: numbers that libcurl looks at again and again, and the callbacks that
 * it looks up at each call. A function can always take the place of another.
 */
export const settableInFlight: ReadonlySet<string> = new Set([
  "LOW_SPEED_LIMIT",
  "LOW_SPEED_TIME",
  "MAX_RECV_SPEED_LARGE",
  "MAX_SEND_SPEED_LARGE",
  "WRITEFUNCTION",
  "HEADERFUNCTION",
  "XFERINFOFUNCTION",
  "DEBUGFUNCTION",
]);

/** Why users cannot set the option; undefined when they can. */
export function unreachable(option: Option): { code: "OPTION_IS_OURS" | "OPTION_REFUSED"; why: string } | undefined {
  const reason = ours[option.name];
  if (reason !== undefined) return { code: "OPTION_IS_OURS", why: reason };
  if (option.kind === "cbptr") return { code: "OPTION_IS_OURS", why: CALLBACK_DATA };
  const offered = option.kind === "object" ? objects.has(option.name) : isCallback(option.name);
  if ((option.kind !== "object" && option.kind !== "function") || offered) return undefined;
  const why = leftOut[option.name] ?? `it takes a${option.kind === "object" ? "n" : ""} ${option.kind} of C`;
  return { code: "OPTION_REFUSED", why };
}

/**
 * The option of that name, if users may set it.
 * @throws MisuseError UNKNOWN_OPTION, OPTION_IS_OURS; CurlewError NOT_IN_THIS_LIBCURL, OPTION_REFUSED
 */
export function settableOption(table: OptionTable, name: string, version: string): Option {
  const option = table.get(name);
  if (!option) throw unknownOption(name, table, version);
  const reason = unreachable(option);
  if (reason?.code === "OPTION_IS_OURS")
    throw new MisuseError("OPTION_IS_OURS", `${name} is set by the engine: ${reason.why}`);
  if (reason) throw new CurlewError("OPTION_REFUSED", `${name} is not offered: ${reason.why}`);
  return option;
}

function unknownOption(name: string, table: OptionTable, version: string): Error {
  if (knownOptions.has(name))
    return new CurlewError("NOT_IN_THIS_LIBCURL", `libcurl ${version} does not have the option ${name}`);
  const meant = String(name)
    .toUpperCase()
    .replace(/^CURLOPT_/, "");
  const hint = table.has(meant) ? `; did you mean "${meant}"?` : ". Names are libcurl's without CURLOPT_";
  return new MisuseError("UNKNOWN_OPTION", `libcurl has no option "${name}"${hint}`);
}

/** What libcurl said to an option, unless it took it. */
export function checkOption(curlCode: number, name: string, version: string, message: string): void {
  if (curlCode === 0) return;
  if (curlCode === 48 || curlCode === 4)
    throw new CurlewError(
      "NOT_IN_THIS_LIBCURL",
      `libcurl ${version} does not have ${name}: it is too old for it, or was built without`,
    );
  throw new TransferError("OPTION_REFUSED", `libcurl refused this value of ${name}: ${message}`, { curlCode });
}
