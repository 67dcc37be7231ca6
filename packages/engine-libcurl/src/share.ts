import { CurlewError, MisuseError, TransferError } from "@curlew/core";
import { checkLibrary, forgetShare, keepShare, native } from "./binding.js";
import type { Libcurl } from "./library.js";

/** What easies can have in common (curl_lock_data). */
const kinds = { COOKIE: 2, DNS: 3, SSL_SESSION: 4, PSL: 6, HSTS: 7 } as const;
export type ShareKind = keyof typeof kinds;

/** CURLSHoption. */
const options = { SHARE: 1, UNSHARE: 2 } as const;

const LOCKS = "a share is used by one thread, as all handles of JavaScript are, and needs no locks";

/** What cannot be set, and why. */
export const leftOutOfShares: Readonly<Record<string, string>> = {
  LOCKFUNC: LOCKS,
  UNLOCKFUNC: LOCKS,
  USERDATA: LOCKS,
};

/** What cannot be had in common, and why. */
export const neverShared: Readonly<Record<string, string>> = {
  CONNECT:
    "sockets are told to the multi they were opened in, which a shared connection can outlive; a multi's easies share theirs",
};

export const shareOptionNames = Object.keys(options);
export const shareKinds = Object.keys(kinds) as readonly ShareKind[];

const BAD_OPTION = 1;
const IN_USE = 2;
const NO_MEMORY = 4;
const NOT_BUILT_IN = 5;

/**
 * A share handle: caches that several easies have in common, by their option SHARE. An easy keeps its share alive; what is
 * dropped without `cleanup` is freed when no easy has it any more.
 */
export class Share {
  readonly library: Libcurl;
  #id: number;
  #sharesHsts = false;

  constructor(library: Libcurl) {
    checkLibrary(library);
    this.library = library;
    this.#id = native().shareInit(library.index);
    if (this.#id === 0) throw new TransferError("LIBCURL_FAILED", "curl_share_init failed: out of memory");
    keepShare(this.#id, this);
  }

  /** The addon's number for it, 0 after `cleanup`. */
  get id(): number {
    return this.#id;
  }

  /** Whether it has the list of hosts that want TLS. */
  get sharesHsts(): boolean {
    return this.#sharesHsts;
  }

  /**
   * Before the first easy has it. Connections ("CONNECT") cannot be shared.
   *
   * @throws MisuseError HANDLE_IN_USE, HANDLE_CLOSED, UNKNOWN_OPTION; CurlewError NOT_IN_THIS_LIBCURL, OPTION_REFUSED
   */
  setopt(option: keyof typeof options, value: ShareKind): void {
    if (this.#id === 0) throw new MisuseError("HANDLE_CLOSED", "this share handle was cleaned up");
    if (Object.hasOwn(leftOutOfShares, option))
      throw new CurlewError("OPTION_REFUSED", `${option} cannot be set: ${leftOutOfShares[option]}`);
    if (!Object.hasOwn(options, option))
      throw new MisuseError("UNKNOWN_OPTION", `a share has the options SHARE and UNSHARE, and no "${option}"`);
    if (Object.hasOwn(neverShared, value))
      throw new CurlewError("OPTION_REFUSED", `${value} cannot be shared: ${neverShared[value]}`);
    if (!Object.hasOwn(kinds, value))
      throw new MisuseError("UNKNOWN_OPTION", `${option} takes one of ${Object.keys(kinds).join(", ")}`);
    this.#check(native().shareSetopt(this.#id, options[option], kinds[value]), value);
    if (value === "HSTS") this.#sharesHsts = option === "SHARE";
  }

  /** @throws MisuseError HANDLE_IN_USE while an easy has it */
  cleanup(): void {
    if (this.#id === 0) return;
    this.#check(forgetShare(this.#id, this), "cleanup");
    this.#id = 0;
  }

  #check(code: number, what: string): void {
    if (code === 0) return;
    if (code === IN_USE)
      throw new MisuseError("HANDLE_IN_USE", "a share that easies have stays as it is: set their SHARE to null first");
    if (code === NOT_BUILT_IN || code === BAD_OPTION)
      throw new CurlewError("NOT_IN_THIS_LIBCURL", `this libcurl ${this.library.version} cannot share ${what}`);
    const why = code === NO_MEMORY ? "out of memory" : `code ${code}`;
    throw new TransferError("LIBCURL_FAILED", `curl_share failed: ${why}`);
  }
}
