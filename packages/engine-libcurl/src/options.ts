import { CurlewError, MisuseError, TransferError } from "@curlew/core";
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
  VERBOSE: "without a DEBUGFUNCTION libcurl writes to stderr, passwords included",
  NOPROGRESS: "without an XFERINFOFUNCTION libcurl draws a progress meter on stderr",
};

/** Object and function options that can be set; the others of these kinds cannot, yet. */
const reachable = new Set(["POSTFIELDS", "COPYPOSTFIELDS", "WRITEFUNCTION", "HEADERFUNCTION"]);

/** What libcurl allows to be changed while a transfer is under way: numbers it looks at again and again, and what is ours. */
export const settableInFlight: ReadonlySet<string> = new Set([
  "LOW_SPEED_LIMIT",
  "LOW_SPEED_TIME",
  "MAX_RECV_SPEED_LARGE",
  "MAX_SEND_SPEED_LARGE",
  "WRITEFUNCTION",
  "HEADERFUNCTION",
]);

/**
 * The option of that name, if users may set it.
 * @throws MisuseError UNKNOWN_OPTION, OPTION_IS_OURS; CurlewError NOT_IN_THIS_LIBCURL, OPTION_REFUSED
 */
export function settableOption(table: OptionTable, name: string, version: string): Option {
  const option = table.get(name);
  if (!option) throw unknownOption(name, table, version);
  const reason = ours[option.name];
  if (reason !== undefined) throw new MisuseError("OPTION_IS_OURS", `${name} is set by the engine: ${reason}`);
  if (option.kind === "cbptr")
    throw new MisuseError("OPTION_IS_OURS", `${name} is the callback's data in C; a function of JavaScript needs none`);
  if ((option.kind === "object" || option.kind === "function") && !reachable.has(option.name))
    throw new CurlewError("OPTION_REFUSED", `${name} takes a ${option.kind} that this engine does not offer`);
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
    throw new CurlewError("NOT_IN_THIS_LIBCURL", `this libcurl ${version} was built without ${name}`);
  throw new TransferError("OPTION_REFUSED", `libcurl refused this value of ${name}: ${message}`, { curlCode });
}
