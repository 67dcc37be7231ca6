import { CurlewError, MisuseError } from "@curlew/core";
import { isBefore } from "./hazards.js";
import { type MultiOption, multiOptions } from "./multi-options.js";
import { typeOf } from "./option-values.js";

/** The option of that name, if it can have that value in that version. */
export function checkMultiOption(name: string, value: unknown, version: string): MultiOption {
  if (!Object.hasOwn(multiOptions, name))
    throw new MisuseError("UNKNOWN_OPTION", `no multi option "${name}". Names are libcurl's without CURLMOPT_`);
  const option: MultiOption = multiOptions[name as keyof typeof multiOptions];
  if (option.fate !== "settable") throw new CurlewError("OPTION_REFUSED", `${name} cannot be set: ${option.fate}`);
  if (option.kind === "function") checkFunction(name, value);
  else if (option.kind !== "data") checkNumber(name, value);
  const tooOld = value === null ? undefined : unsafeIn(option, version);
  if (tooOld) throw new CurlewError("OPTION_REFUSED", `${name} cannot be set in libcurl ${version}: ${tooOld}`);
  return option;
}

/** Why that version is not let do what the option is for; undefined when it is. */
export function unsafeIn({ since }: MultiOption, version: string): string | undefined {
  return since && isBefore(version, since.version) ? `since ${since.version}: ${since.why}` : undefined;
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
