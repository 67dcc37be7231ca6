import { type CurlewError, type EasyHandle, MisuseError, MultiError, TransferError } from "@curlew/core";
import { checkLibrary, forgetEasy, isShare, keepEasy, native, releaseEasy } from "./binding.js";
import * as connection from "./connection.js";
import { CallbackTable } from "./easy-callbacks.js";
import type { EasyOptionName, EasyOptions } from "./generated/options.js";
import { findHeader, listHeaders } from "./headers.js";
import { type InfoName, type InfoValue, infos } from "./infos.js";
import type { Libcurl } from "./library.js";
import { type MimeBody, readMime } from "./mime.js";
import { type EasyListener, type Header, Refusal } from "./native.js";
import { checkBody, checkBytes, checkFunction, checkInteger, checkList, checkString, typeOf } from "./option-values.js";
import { checkOption, type Option, settableInFlight, settableOption } from "./options.js";
import type { Share } from "./share.js";
import { checkTrailers } from "./trailers.js";

const RECURSIVE_API_CALL = 8;
const WRITE_ERROR = 23;
const ABORTED_BY_CALLBACK = 42;
const BAD_FUNCTION_ARGUMENT = 43;

/** What the addon refuses, in words. */
const refusals = {
  [Refusal.HEADERS_TOO_LARGE]: ["HEADERS_TOO_LARGE", "the server sent more header bytes than it may"],
  [Refusal.NO_BODY]: ["NO_BODY", "libcurl asked for a body to send, and there is none: give one, or no POST or UPLOAD"],
  [Refusal.BODY_TOO_SHORT]: ["BODY_SIZE_DIFFERS", "the body ended before the sizeBytes that were promised"],
  [Refusal.BODY_TOO_LONG]: ["BODY_SIZE_DIFFERS", "the body has more bytes than the sizeBytes that were promised"],
} as const;

/** An easy handle: one transfer's options and, afterwards, its infos. Free it with `cleanup`. */
export class Easy implements EasyHandle {
  readonly library: Libcurl;
  #id: number;
  readonly #callbacks: CallbackTable;
  #share: Share | null = null;
  #mime: MimeBody | null = null;
  #postFields = false;
  /** @internal How the engine reaches it, whichever copy of the package has made it. */
  readonly listener: EasyListener;
  /** Its infos are those of the transfer before, until its multi has run more often than `#runs`. */
  #resting = false;
  #runs = Number.POSITIVE_INFINITY;
  /** Whether something of its last transfer may be left in it. */
  leavesBehind = false;

  /** `from`: whose options to copy, as `duphandle` says; or the addon's number of a handle that a server pushed. */
  constructor(library: Libcurl, from?: Easy | number) {
    checkLibrary(library);
    this.library = library;
    this.#callbacks = new CallbackTable(library.version);
    const id =
      typeof from === "number" ? from : from ? native().easyDuphandle(from.id) : native().easyInit(library.index);
    if (id < 0)
      throw new MisuseError("HANDLE_IN_USE", "the handle of a transfer cannot be copied: it has the engine's sink");
    if (id === 0) throw new TransferError("LIBCURL_FAILED", "libcurl gave no easy handle: out of memory");
    this.#id = id;
    this.listener = {
      easy: this,
      host: undefined,
      callBack: (option, args) => this.#callbacks.run(this.listener.host, option, args),
      begins: (runs) => this.#begins(runs),
      resultOf: (curlCode, refused, leavesBehind) => this.#resultOf(curlCode, refused, leavesBehind),
    };
    keepEasy(id, this.listener, this);
  }

  /** The addon's number for it, 0 after `cleanup`. */
  get id(): number {
    return this.#id;
  }

  /** Whether it is added to a multi, done or not. */
  get added(): boolean {
    return this.listener.host !== undefined;
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
    const replaces = value !== null && known.kind === "function" && this.#callbacks.has(known);
    if (!replaces && !settableInFlight.has(known.name)) this.#idle(`given another ${known.name}`);
    const mayCallBack = this.#callbacks.size > 0 && !this.added;
    const code = mayCallBack ? this.#callbacks.surface(() => this.#set(known, value)) : this.#set(known, value);
    if (code !== 0) checkOption(code, option, version, this.library.easyError(code));
  }

  #set(option: Option, value: unknown): number {
    const addon = native();
    switch (option.kind) {
      case "long":
      case "values":
        return addon.easySetLong(this.#id, option.id, this.#checkNumber(option, value));
      case "off_t":
        return addon.easySetOffT(this.#id, option.id, checkInteger(option, value));
      case "string":
        return addon.easySetString(this.#id, option.id, checkString(option, value));
      case "slist":
        return addon.easySetList(this.#id, option.id, checkList(option, value));
      case "blob":
        return addon.easySetBlob(this.#id, option.id, checkBytes(option, value));
      case "object":
        return this.#setObject(option, value);
      default:
        return this.#setCallback(option, checkFunction(option, value));
    }
  }

  #setCallback(option: Option, callback: unknown): number {
    if (callback !== null && this.#callbacks.has(option)) {
      this.#callbacks.set(option, callback);
      return 0;
    }
    const code = native().easySetCallback(this.#id, option.id, callback !== null);
    if (code === 0) this.#callbacks.set(option, callback);
    return code;
  }

  #setObject(option: Option, value: unknown): number {
    if (option.name === "MIMEPOST") return this.#applyMime(value === null ? null : readMime(value));
    if (option.name === "SHARE") return this.#setShare(value);
    const body = checkBody(option, value);
    this.#postFields = body !== null;
    return native().easySetPostFields(this.#id, body);
  }

  #applyMime(mime: MimeBody | null): number {
    const code = native().easySetMime(this.#id, mime?.parts ?? null);
    if (code !== 0) return code;
    this.#mime = mime;
    this.#callbacks.stream(mime?.streams ?? []);
    return 0;
  }

  #setShare(value: unknown): number {
    if (value !== null && !isShare(value))
      throw new MisuseError("WRONG_TYPE", `SHARE takes a Share or null, not ${typeOf(value)}`);
    const share = value as Share | null;
    if (share?.id === 0) throw new MisuseError("HANDLE_CLOSED", "this share handle was cleaned up");
    if (share && share.library.index !== this.library.index)
      throw new MisuseError("HANDLE_IN_USE", "this share handle is of another libcurl than the easy");
    const code = native().easySetShare(this.#id, share?.id ?? 0);
    if (code === 0) this.#share = share;
    return code;
  }

  /** HSTS_CTRL without its enabling bit frees the list, also when it is a share's, and others have it, too. */
  #checkNumber(option: Option, value: unknown): number | bigint {
    const number = checkInteger(option, value);
    if (option.name === "HSTS_CTRL" && (BigInt(number) & 1n) === 0n && this.#share?.sharesHsts)
      throw new MisuseError("HANDLE_IN_USE", "HSTS cannot be switched off on a handle whose share has it");
    return number;
  }

  /** @throws CurlewError NOT_IN_THIS_LIBCURL; MisuseError UNKNOWN_OPTION for a name that is no info's */
  getinfo<K extends InfoName>(info: K): InfoValue<K> {
    this.#open();
    if (info === ("PRIVATE" as string)) throw new MisuseError("OPTION_IS_OURS", "PRIVATE is the engine's own");
    if (!Object.hasOwn(infos, info))
      throw new MisuseError("UNKNOWN_OPTION", `libcurl has no info "${info}". Names are libcurl's without CURLINFO_`);
    if (this.#rests && info !== "EFFECTIVE_URL") return undefined as InfoValue<K>;
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
    const { host } = this.listener;
    if (!host) return;
    if (host.telling)
      throw new MultiError(
        "RECURSIVE_CALL",
        RECURSIVE_API_CALL,
        "a transfer cannot be paused or unpaused inside a socket or timer callback of its multi: do it afterwards",
      );
    const before = this.#callbacks.pausedBits;
    this.#callbacks.pausedBits = bitmask;
    const code = native().easyPause(this.#id, bitmask);
    // Not started, or done already (C 11.9).
    if (code === BAD_FUNCTION_ARGUMENT) this.#callbacks.pausedBits = before;
    else if (code !== 0) throw this.failure(code);
  }

  get paused(): boolean {
    return this.#callbacks.paused || native().gatherPaused(this.#id);
  }

  /** Back to the options of a new handle; connections, caches, cookies and the share stay. */
  reset(): void {
    this.#open();
    this.#idle("reset");
    native().easyReset(this.#id);
    this.#callbacks.clear();
    this.#mime = null;
    this.#postFields = false;
  }

  /**
   * A new handle with the same options, callbacks and MIME body; without connections, cookies and share (man
   * curl_easy_duphandle).
   * @throws TransferError LIBCURL_FAILED
   */
  duphandle(): Easy {
    this.#open();
    const copy = this.#callbacks.surface(() => new Easy(this.library, this));
    copy.#postFields = this.#postFields;
    const codes = [...this.#callbacks.entries()].map(({ option, callback }) => copy.#setCallback(option, callback));
    if (this.#mime) codes.push(copy.#applyMime(this.#mime));
    if (codes.every((code) => code === 0)) return copy;
    copy.cleanup();
    throw new TransferError("LIBCURL_FAILED", "the copy of an easy handle did not take its callbacks: out of memory");
  }

  /** Frees it. HSTSWRITEFUNCTION is called before this returns; what it throws is thrown here, and the handle is gone. */
  cleanup(): void {
    if (this.#id === 0) return;
    this.#idle("cleaned up");
    const id = this.#id;
    this.#id = 0;
    this.#share = null;
    if (this.#callbacks.size === 0) forgetEasy(id, this);
    else this.#callbacks.surface(() => forgetEasy(id, this));
  }

  /** Of a pushed handle that is not wanted: libcurl frees it itself. */
  release(): void {
    const id = this.#id;
    this.#id = 0;
    this.listener.host = undefined;
    releaseEasy(id, this);
  }

  // --- the connection, with CONNECT_ONLY: 1 for send and recv, 2 for WebSocket ----------------------------------------

  /**
   * curl_easy_send. Answers how many bytes were sent; undefined when none can be now: then wait until the socket, the info
   * ACTIVESOCKET, is writable. The handle has to stay added, although its transfer is done.
   * @throws TransferError TRANSFER_FAILED, RECURSIVE_CALL
   */
  send(bytes: Uint8Array): number | undefined {
    this.#outside("send");
    return this.#callbacks.surface(() => connection.send(this, bytes));
  }

  /** curl_easy_recv: fills `room`. Answers how many bytes, 0 at the end; undefined when there are none now. */
  recv(room: Uint8Array): number | undefined {
    this.#outside("recv");
    return this.#callbacks.surface(() => connection.recv(this, room));
  }

  /**
   * curl_ws_send. `flags` are CURLWS_ bits; `fragmentSize` is for CURLWS_OFFSET. As libcurl, it may be called in a
   * WRITEFUNCTION, and then waits until all is sent. Answers as `send`.
   */
  wsSend(bytes: Uint8Array | string, flags: number, fragmentSize = 0): number | undefined {
    this.#open();
    if (this.listener.host?.telling) throw connection.recursive("wsSend");
    return this.#callbacks.surface(() => connection.wsSend(this, bytes, flags, fragmentSize));
  }

  /** curl_ws_recv: a piece of a frame, in `room`; undefined when there is none now. */
  wsRecv(room: Uint8Array): (connection.WsFrame & { bytes: number }) | undefined {
    this.#outside("wsRecv");
    return this.#callbacks.surface(() => connection.wsRecv(this, room));
  }

  /** curl_ws_meta: the frame that a WRITEFUNCTION, in which this is called, got bytes of. */
  wsMeta(): connection.WsFrame | undefined {
    this.#open();
    return connection.wsMeta(this);
  }

  /** curl_easy_upkeep: keeps idle connections alive, where the protocol has something for that. */
  upkeep(): void {
    this.#outside("upkeep");
    const code = this.#callbacks.surface(() => native().easyUpkeep(this.#id));
    if (code !== 0) throw this.failure(code);
  }

  // --- headers ------------------------------------------------------------------------------------------------------

  /**
   * curl_easy_header: the header of that name; undefined when there is none. `index` tells those of one name apart,
   * `origin` takes CURLH_ bits, `request` counts redirects from 0, -1 for the last.
   * @throws CurlewError NOT_IN_THIS_LIBCURL before 7.83
   */
  header(name: string, index = 0, origin = 1, request = -1): Header | undefined {
    this.#open();
    return findHeader(this, name, index, origin, request);
  }

  /** All of them, in their order, by curl_easy_nextheader. */
  headers(origin = 1, request = -1): Header[] {
    this.#open();
    return listHeaders(this, origin, request);
  }

  failure(curlCode: number): CurlewError {
    const thrown = this.#callbacks.failure(curlCode);
    if (thrown) return thrown;
    const refused = native().gatherRefused(this.#id);
    if (refused !== Refusal.NONE) {
      const [code, why] = refusals[refused];
      return new TransferError(code, why, { curlCode });
    }
    const what = native().easyErrorBuffer(this.#id) || this.library.easyError(curlCode);
    return new TransferError("TRANSFER_FAILED", what, { curlCode });
  }

  get #rests(): boolean {
    return this.#resting && (this.listener.host?.runs ?? 0) <= this.#runs;
  }

  /** It serves another transfer as it is: nothing is known of that before it has begun. */
  rest(): void {
    this.#resting = true;
    this.#runs = Number.POSITIVE_INFINITY;
  }

  #resultOf(curlCode: number, refused: Refusal, leavesBehind: boolean): number {
    this.#resting = false;
    this.leavesBehind = leavesBehind;
    return curlCode === 0 ? this.#failedCode(refused) : curlCode;
  }

  /** libcurl goes on after some failures of callbacks, those in an unpause for one; 0 when there was none. */
  #failedCode(refused: Refusal): number {
    if (this.#callbacks.failedCode !== 0) return this.#callbacks.failedCode;
    if (refused === Refusal.HEADERS_TOO_LARGE) return WRITE_ERROR;
    return refused === Refusal.NONE ? 0 : ABORTED_BY_CALLBACK;
  }

  #begins(runs: number): void {
    this.#runs = runs;
    if (this.#callbacks.running) throw connection.recursive("addHandle of a handle");
    checkTrailers(this.#callbacks, this.library.version, this.#mime !== null || this.#postFields);
    this.#callbacks.begin();
    if (this.#callbacks.size === 0) return;
    native().easyBegins(this.#id);
    // libcurl forgets this one when it has called it.
    const trailers = this.#callbacks.find("TRAILERFUNCTION");
    if (trailers) native().easySetCallback(this.#id, trailers.id, true);
  }

  #open(): void {
    if (this.#id === 0) throw new MisuseError("HANDLE_CLOSED", "this easy handle was cleaned up");
  }

  /** libcurl must have nothing to do with it: not be asked to transfer, and not be calling back. */
  #idle(what: string): void {
    const { host } = this.listener;
    if (!host && !this.#callbacks.running) return;
    const why = host ? "while it is added to a multi: remove it" : "inside a callback of its own: do it";
    const when = host && !host.inCallback ? "first" : "after the callback has returned";
    throw new MisuseError("HANDLE_IN_USE", `an easy handle cannot be ${what} ${why} ${when}`);
  }

  /** For calls that libcurl answers with 93 in callbacks. */
  #outside(call: string): void {
    this.#open();
    if (this.#callbacks.running || this.listener.host?.inCallback) throw connection.recursive(call);
  }
}

const codes = new Int32Array(1);
