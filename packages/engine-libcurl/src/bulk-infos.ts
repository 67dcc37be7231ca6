import { native } from "./binding.js";
import type { Easy } from "./easy.js";
import { type InfoName, infos } from "./infos.js";

/** Strings longer than this together are asked for one by one. */
const TEXT_BYTES = 4096;

/** A list of infos, made ready for the addon. */
interface Wanted {
  readonly ids: Int32Array;
  readonly isText: readonly boolean[];
  /** The last string of each: addresses and URLs are mostly those of the transfer before. */
  readonly lastBytes: Uint8Array[];
  readonly last: string[];
}

const wanted = new WeakMap<readonly string[], Wanted>();
const text = Buffer.allocUnsafeSlow(TEXT_BYTES);
let numbers = new Float64Array(32);

/**
 * Infos that are numbers or strings, all in one crossing; undefined for what libcurl has no value of.
 * @param names a list that stays the same, as it is remembered
 */
export function getinfos(easy: Easy, names: readonly InfoName[]): unknown[] {
  const { ids, isText, lastBytes, last } = prepare(names);
  if (ids.length > numbers.length) numbers = new Float64Array(ids.length);
  if (!native().easyGetinfos(easy.id, ids, numbers, text)) return names.map((name) => easy.getinfo(name));
  const values = new Array<unknown>(ids.length);
  let at = 0;
  for (let i = 0; i < ids.length; i++) {
    const value = numbers[i] as number;
    if (Number.isNaN(value)) values[i] = undefined;
    else if (!isText[i]) values[i] = (value | 0) === value ? value | 0 : value;
    else {
      if (!isSame(lastBytes[i], at, value)) {
        lastBytes[i] = Uint8Array.prototype.slice.call(text, at, at + value);
        last[i] = text.toString("utf8", at, at + value);
      }
      values[i] = last[i];
      at += value;
    }
  }
  return values;
}

function prepare(names: readonly InfoName[]): Wanted {
  let ready = wanted.get(names);
  if (!ready) {
    const ids = Int32Array.from(names, (name) => infos[name]);
    ready = { ids, isText: Array.from(ids, (id) => id >> 20 === 1), lastBytes: [], last: [] };
    wanted.set(names, ready);
  }
  return ready;
}

function isSame(bytes: Uint8Array | undefined, at: number, length: number): boolean {
  if (bytes?.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== text[at + i]) return false;
  return true;
}
