import {
  CURLPAUSE_CONT,
  type CurlewError,
  type EasyHandle,
  MisuseError,
  MultiError,
  TransferError,
} from "@curlew/core";
import { forgetEasy, hostOf, keepEasy, native } from "./binding.js";
import type { EasyOptionName, EasyOptions } from "./generated/options.js";
import { type InfoName, type InfoValue, infos } from "./infos.js";
import type { Libcurl } from "./library.js";
import { type EasyListener, Refusal } from "./native.js";
import { checkBody, checkBytes, checkFunction, checkInteger, checkList, checkString } from "./option-values.js";
import { checkOption, type Option, settableInFlight, settableOption } from "./options.js";

/** What a WRITEFUNCTION answers to have these bytes again after the transfer is unpaused. */
export const CURL_WRITEFUNC_PAUSE = 0x10000001;

/** libcurl reads any count but the right one as an error; this one is its own for that since 7.87. */
const CURL_WRITEFUNC_ERROR = 0xffffffff;

const RECURSIVE_API_CALL = 8;
const WRITE_ERROR = 23;
const ABORTED_BY_CALLBACK = 42;
const BAD_FUNCTION_ARGUMENT = 43;

/** What the addon refuses, in words. */
const refusals = {
  [Refusal.HEADERS_TOO_LARGE]: ["HEADERS_TOO_LARGE", "the server sent more header bytes than headerLimitBytes"],
  [Refusal.NO_BODY]: ["NO_BODY", "libcurl asked for a body to send, and there is none: give one, or no POST or UPLOAD"],
  [Refusal.BODY_TOO_SHORT]: ["BODY_SIZE_DIFFERS", "the body ended before the sizeBytes that were promised"],
  [Refusal.BODY_TOO_LONG]: ["BODY_SIZE_DIFFERS", "the body has more bytes than the sizeBytes that were promised"],
} as const;

/**
 * A raw callback. `bytes` is a copy. Answers how many bytes were taken, which must be all of them, or
 * CURL_WRITEFUNC_PAUSE; nothing means all. A throw ends the transfer with CALLBACK_FAILED and the thrown as `cause`.
 */
export type DataFunction = (bytes: Uint8Array) => number | undefined | void;

/** An easy handle: one transfer's options and, afterwards, its infos. Free it with `cleanup`. */
export class Easy implements EasyHandle {
  readonly library: Libcurl;
  #id: number;
  #write: DataFunction | null = null;
  #header: DataFunction | null = null;
  #thrown: { readonly error: unknown } | undefined;
  #rawPause = CURLPAUSE_CONT;
  readonly #listener: EasyListener = {
    easy: this,
    wrote: (bytes) => this.#answer(this.#write, bytes),
    headerLine: (bytes) => this.#answer(this.#header, bytes),
    begins: () => {
      this.#thrown = undefined;
      this.#rawPause = CURLPAUSE_CONT;
    },
    resultOf: (curlCode) => (curlCode === 0 ? this.#failedCode() : curlCode),
  };

  constructor(library: Libcurl) {
    this.library = library;
    this.#id = native().easyInit(library.index);
    if (this.#id === 0) throw new TransferError("LIBCURL_FAILED", "curl_easy_init failed: out of memory");
    keepEasy(this.#id, this.#listener, this);
  }

  /** The addon's number for it, 0 after `cleanup`. */
  get id(): number {
    return this.#id;
  }

  /** Whether it is added to a multi, done or not. */
  get added(): boolean {
    return hostOf(this.#id) !== undefined;
  }

  /**
   * While the handle is added to a multi libcurl reads most options as it goes, memory of theirs included: then only the
   * speed options and the callbacks can be set.
   * @throws MisuseError, CurlewError: see docs/errors.md
   */
  setopt<K extends EasyOptionName>(option: K, value: EasyOptions[K]): void {
    this.#open();
    const { version, options } = this.library;
    const known = settableOption(options, option, version);
    if (!settableInFlight.has(known.name)) this.#notAdded(`given another ${known.name}`);
    const code = this.#set(known, value);
    if (code !== 0) checkOption(code, option, version, this.library.easyError(code));
  }

  #set(option: Option, value: unknown): number {
    const addon = native();
    switch (option.kind) {
      case "long":
      case "values":
        return addon.easySetLong(this.#id, option.id, checkInteger(option, value));
      case "off_t":
        return addon.easySetOffT(this.#id, option.id, checkInteger(option, value));
      case "string":
        return addon.easySetString(this.#id, option.id, checkString(option, value));
      case "slist":
        return addon.easySetList(this.#id, option.id, checkList(option, value));
      case "blob":
        return addon.easySetBlob(this.#id, option.id, checkBytes(option, value));
      case "object":
        return addon.easySetPostFields(this.#id, checkBody(option, value));
      default:
        return this.#setCallback(option, value);
    }
  }

  #setCallback(option: Option, value: unknown): number {
    if (option.name === "WRITEFUNCTION") this.#write = checkFunction<DataFunction>(option, value);
    else this.#header = checkFunction<DataFunction>(option, value);
    return native().easyCallbacks(this.#id, this.#write !== null, this.#header !== null);
  }

  /** @throws CurlewError NOT_IN_THIS_LIBCURL; MisuseError UNKNOWN_OPTION for a name that is no info's */
  getinfo<K extends InfoName>(info: K): InfoValue<K> {
    this.#open();
    if (info === ("PRIVATE" as string)) throw new MisuseError("OPTION_IS_OURS", "PRIVATE is the engine's own");
    if (!Object.hasOwn(infos, info))
      throw new MisuseError("UNKNOWN_OPTION", `libcurl has no info "${info}". Names are libcurl's without CURLINFO_`);
    const value = native().easyGetinfo(this.#id, infos[info], codes);
    checkOption(codes[0] ?? 0, info, this.library.version, this.library.easyError(codes[0] ?? 0));
    return value as InfoValue<K>;
  }

  /**
   * curl_easy_pause. On a transfer that is not under way it does nothing. Unpausing may call the data callbacks; what
   * fails in them is thrown, and libcurl does not tell it again: remove the handle.
   * @throws MultiError RECURSIVE_CALL inside a callback about sockets or timers; CurlewError as `failure`
   */
  pause(bitmask: number): void {
    this.#open();
    if (!Number.isInteger(bitmask) || (bitmask & ~5) !== 0)
      throw new MisuseError("OUT_OF_RANGE", `pause takes a mask of CURLPAUSE_ values, not ${bitmask}`);
    const host = hostOf(this.#id);
    if (!host) return;
    if (host.telling)
      throw new MultiError(
        "RECURSIVE_CALL",
        RECURSIVE_API_CALL,
        "a transfer cannot be paused or unpaused inside a socket or timer callback of its multi: do it afterwards",
      );
    this.#rawPause = bitmask;
    const code = native().easyPause(this.#id, bitmask);
    // 43: not started, or done already (C 11.9).
    if (code !== 0 && code !== BAD_FUNCTION_ARGUMENT) throw this.failure(code);
  }

  get paused(): boolean {
    return this.#rawPause !== CURLPAUSE_CONT || native().gatherPaused(this.#id);
  }

  /** Back to the options of a new handle; connections, caches and cookies stay. */
  reset(): void {
    this.#open();
    this.#notAdded("reset");
    this.#write = this.#header = null;
    this.#thrown = undefined;
    this.#rawPause = CURLPAUSE_CONT;
    native().easyReset(this.#id);
  }

  cleanup(): void {
    if (this.#id === 0) return;
    this.#notAdded("cleaned up");
    const id = this.#id;
    this.#id = 0;
    forgetEasy(id, this);
  }

  failure(curlCode: number): CurlewError {
    if (this.#thrown) {
      const { error } = this.#thrown;
      const why = error instanceof Error ? error.message : String(error);
      return new TransferError("CALLBACK_FAILED", `a callback of the transfer threw: ${why}`, {
        curlCode,
        cause: error,
      });
    }
    const refused = native().gatherRefused(this.#id);
    if (refused !== Refusal.NONE) {
      const [code, why] = refusals[refused];
      return new TransferError(code, why, { curlCode });
    }
    const what = native().easyErrorBuffer(this.#id) || this.library.easyError(curlCode);
    return new TransferError("TRANSFER_FAILED", what, { curlCode });
  }

  /** libcurl goes on after some failures of callbacks, those in an unpause for one; 0 when there was none. */
  #failedCode(): number {
    const refused = native().gatherRefused(this.#id);
    if (this.#thrown || refused === Refusal.HEADERS_TOO_LARGE) return WRITE_ERROR;
    return refused === Refusal.NONE ? 0 : ABORTED_BY_CALLBACK;
  }

  #answer(callback: DataFunction | null, bytes: Uint8Array): number {
    const host = hostOf(this.#id);
    host?.enterCallback();
    try {
      const taken = checkTaken(callback?.(bytes) ?? bytes.length);
      if (taken === CURL_WRITEFUNC_PAUSE) this.#rawPause |= 1;
      return taken;
    } catch (error) {
      this.#thrown ??= { error };
      return CURL_WRITEFUNC_ERROR;
    } finally {
      host?.leaveCallback();
    }
  }

  #open(): void {
    if (this.#id === 0) throw new MisuseError("HANDLE_CLOSED", "this easy handle was cleaned up");
  }

  #notAdded(what: string): void {
    const host = hostOf(this.#id);
    if (!host) return;
    const how = host.inCallback ? "after the callback has returned" : "first";
    throw new MisuseError(
      "HANDLE_IN_USE",
      `an easy handle cannot be ${what} while it is added to a multi: remove it ${how}`,
    );
  }
}

/** C makes a size_t of it. */
function checkTaken(taken: unknown): number {
  if (Number.isInteger(taken) && (taken as number) >= 0 && (taken as number) < 2 ** 32) return taken as number;
  throw new MisuseError("OUT_OF_RANGE", `the callback answered ${String(taken)}, and not how many bytes it took`);
}

const codes = new Int32Array(1);
