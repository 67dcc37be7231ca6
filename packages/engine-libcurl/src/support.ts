import { Easy } from "./easy.js";
import { type InfoName, infos } from "./infos.js";
import type { Libcurl } from "./library.js";
import { Multi } from "./multi.js";
import { multiInfos } from "./multi-infos.js";
import { type MultiOption, multiOptions } from "./multi-options.js";
import { unsafeIn } from "./multi-setopt.js";
import { type OptionTable, unreachable } from "./options.js";
import { leftOutOfShares, neverShared, Share, shareKinds, shareOptionNames } from "./share.js";

/** One option or info of libcurl. */
export interface Support {
  readonly of: "easy option" | "info" | "multi option" | "multi info" | "share option" | "share data";
  /** Without CURLOPT_, CURLINFO_, CURLMOPT_, CURLMINFO_, CURLSHOPT_ or CURL_LOCK_DATA_. */
  readonly name: string;
  readonly kind: string;
  /** For an older name: the option it stands for. */
  readonly alias?: string;
  /** Whether the library has it. */
  readonly here: boolean;
  /** Why it cannot be reached; undefined when it can. */
  readonly why: string | undefined;
  /** The first version of libcurl with which it can be reached, where that is not the first that has it. */
  readonly since?: string;
}

const infoKinds = ["", "string", "long", "double", "list or structure", "socket", "off_t"];

/** What of libcurl's options and infos can be reached, by the library that was loaded: docs/options.md is made of it. */
export function supportOf(library: Libcurl): Support[] {
  const ofEasies = [...easyOptions(library.options), ...easyInfos(library)];
  const ofMultis = [...optionsOfMulti(library), ...infosOfMulti(library)];
  return [...ofEasies, ...ofMultis, ...optionsOfShares(), ...dataOfShares(library)];
}

function easyOptions(table: OptionTable): Support[] {
  return [...table].map(([name, option]) => ({
    of: "easy option",
    name,
    kind: option.kind,
    ...(option.name !== name && { alias: option.name }),
    here: true,
    why: unreachable(option)?.why,
  }));
}

function easyInfos(library: Libcurl): Support[] {
  const easy = new Easy(library);
  const rows = Object.entries(infos).map(([name, id]): Support => {
    const here = has(() => easy.getinfo(name as InfoName));
    return { of: "info", name, kind: infoKinds[id >> 20] ?? "", here, why: undefined };
  });
  easy.cleanup();
  const why = "it tells the engine whose handle it is";
  return [...rows, { of: "info", name: "PRIVATE", kind: "string", here: true, why }];
}

function optionsOfMulti(library: Libcurl): Support[] {
  const multi = new Multi(library);
  const set = multi.setopt.bind(multi) as (option: string, value: unknown) => void;
  const values: Record<string, unknown> = { long: 1, off_t: 1, function: null };
  const rows = Object.entries(multiOptions).map(([name, option]: [string, MultiOption]): Support => {
    const { kind, fate, since } = option;
    const left = fate === "settable" ? undefined : fate;
    const here = left !== undefined || has(() => set(name, values[kind]));
    const why = left ?? unsafeIn(option, library.version);
    return { of: "multi option", name, kind, here, why, ...(since && { since: since.version }) };
  });
  multi.cleanup();
  return rows;
}

function infosOfMulti(library: Libcurl): Support[] {
  const here = !library.absent.functions.includes("curl_multi_get_offt");
  return Object.keys(multiInfos).map((name) => ({ of: "multi info", name, kind: "off_t", here, why: undefined }));
}

function optionsOfShares(): Support[] {
  const row = (name: string, kind: string, why?: string): Support => ({
    of: "share option",
    name,
    kind,
    here: true,
    why,
  });
  const kindOf = (name: string): string => (name === "USERDATA" ? "cbptr" : "function");
  return [
    ...shareOptionNames.map((name) => row(name, "values")),
    ...Object.entries(leftOutOfShares).map(([name, why]) => row(name, kindOf(name), why)),
  ];
}

function dataOfShares(library: Libcurl): Support[] {
  const share = new Share(library);
  const row = (name: string, here: boolean, why?: string): Support => ({
    of: "share data",
    name,
    kind: "cache",
    here,
    why,
  });
  const rows = shareKinds.map((name) =>
    row(
      name,
      has(() => share.setopt("SHARE", name)),
    ),
  );
  share.cleanup();
  return [...rows, ...Object.entries(neverShared).map(([name, why]) => row(name, true, why))];
}

function has(ask: () => unknown): boolean {
  try {
    ask();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "NOT_IN_THIS_LIBCURL") return false;
    throw error;
  }
}
