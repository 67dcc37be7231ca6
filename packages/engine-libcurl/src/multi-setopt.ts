import { CurlewError, MisuseError } from "@curlew/core";
import { isBefore } from "./hazards.js";
import { type MultiOption, multiOptions } from "./multi-options.js";
import { typeOf } from "./option-values.js";

/**
 * Accepting a push crashes 7.88.1, in a C program of forty lines too: the pushed handle has no buffer yet when its data
 * comes. 8.14.1 is the oldest seen to do it right; those between were not tried.
 */
const PUSHES_SINCE = "8.14.0";

/** The option of that name, if it can have that value in that version. */
export function checkMultiOption(name: string, value: unknown, version: string): MultiOption {
  if (!Object.hasOwn(multiOptions, name))
    throw new MisuseError("UNKNOWN_OPTION", `no multi option "${name}". Names are libcurl's without CURLMOPT_`);
  const option: MultiOption = multiOptions[name as keyof typeof multiOptions];
  if (option.fate !== "settable") throw new CurlewError("OPTION_REFUSED", `${name} cannot be set: ${option.fate}`);
  if (option.kind === "function") checkFunction(name, value);
  else if (option.kind !== "data") checkNumber(name, value);
  if (name === "PUSHFUNCTION" && value !== null && isBefore(version, PUSHES_SINCE))
    throw new CurlewError(
      "OPTION_REFUSED",
      `PUSHFUNCTION is safe since libcurl ${PUSHES_SINCE}, and this is ${version}`,
    );
  return option;
}

function checkFunction(name: string, value: unknown): void {
  if (value === null || typeof value === "function") return;
  throw new MisuseError("WRONG_TYPE", `${name} takes a function or null, not ${typeOf(value)}`);
}

function checkNumber(name: string, value: unknown): void {
  if (typeof value !== "number") throw new MisuseError("WRONG_TYPE", `${name} takes an integer, not ${typeOf(value)}`);
  if (!Number.isSafeInteger(value))
    throw new MisuseError("OUT_OF_RANGE", `${name} takes an integer of 53 bits, not ${value}`);
}
