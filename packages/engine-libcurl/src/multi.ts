import {
  type GatheringEngine,
  type GatherVisitor,
  type Message,
  MisuseError,
  type MultiCallbacks,
  MultiError,
  type PollAction,
  type SocketLife,
  type TransferRequest,
} from "@curlew/core";
import { easyById, forgetMulti, hostOf, keepMulti, native, setHost } from "./binding.js";
import { getinfos } from "./bulk-infos.js";
import { CallbackDepth } from "./callback-depth.js";
import type { Easy } from "./easy.js";
import { EasyPool } from "./easy-pool.js";
import { Collector } from "./gather.js";
import type { InfoName } from "./infos.js";
import type { Libcurl } from "./library.js";
import { type MultiOptionName, multiOptions } from "./multi-options.js";
import { CLOSE_IS_TOLD, type MultiListener } from "./native.js";
import { typeOf } from "./option-values.js";
import { SocketPointers } from "./socket-pointers.js";

/** socketAction answers -1000 - CURLMcode on failure (native/multi.c). */
const FAILED = -1000;
const ABORTED_BY_CALLBACK = 11;
const RECURSIVE_API_CALL = 8;
const UNKNOWN_OPTION = 6;

/**
 * A multi handle: libcurl's own interface, for those who bring their own loop; with a Driver, Curlew's.
 *
 * A throw of the socket or timer callback, or an answer that is not 0, never reaches libcurl, which would kill the multi
 * for it (C 2.9, 4.11): libcurl gets 0, and the call that was under way throws CALLBACK_FAILED.
 */
export class Multi implements GatheringEngine<Easy> {
  readonly name = "libcurl";
  readonly library: Libcurl;
  #id: number;
  readonly #callbacks: MultiCallbacks<Easy> = {
    SOCKETFUNCTION: null,
    SOCKETDATA: undefined,
    TIMERFUNCTION: null,
    TIMERDATA: undefined,
  };
  #life: SocketLife | null = null;
  readonly #pointers = new SocketPointers();
  readonly #closeIsTold = new Set<number>();
  readonly #added = new Set<Easy>();
  readonly #collector = new Collector();
  readonly #pool: EasyPool;
  readonly #depth = new CallbackDepth();
  readonly #listener: MultiListener = {
    socketTold: (easy, fd, what, index) => this.#socketTold(easy, fd, what, index),
    timerTold: (timeoutMs) => this.#timerTold(timeoutMs),
    socketOpened: (fd) => this.#socketOpened(fd),
    socketClosing: (fd) => this.#socketClosing(fd),
  };
  #failure: unknown;

  constructor(library: Libcurl) {
    this.library = library;
    this.#pool = new EasyPool(library);
    this.#id = native().multiInit(library.index);
    if (this.#id === 0) throw new MultiError("MULTI_FAILED", 3, "curl_multi_init failed: out of memory");
    keepMulti(this.#id, this.#listener, this);
    // Ends with cleanup() instead of waiting for resolver threads; not there before 8.20.
    native().multiSetLong(this.#id, multiOptions.QUICK_EXIT, 1);
  }

  get hazards() {
    return this.library.hazards;
  }

  setopt<K extends keyof MultiCallbacks<Easy>>(option: K, value: MultiCallbacks<Easy>[K]): void;
  setopt(option: MultiOptionName, value: number): void;
  setopt(option: string, value: unknown): void {
    this.#enter();
    if (Object.hasOwn(this.#callbacks, option)) return this.#setCallback(option as keyof MultiCallbacks<Easy>, value);
    if (!Object.hasOwn(multiOptions, option))
      throw new MisuseError("UNKNOWN_OPTION", `no multi option "${option}". Names are libcurl's without CURLMOPT_`);
    if (typeof value !== "number" || !Number.isInteger(value))
      throw new MisuseError("WRONG_TYPE", `${option} takes an integer, not ${typeOf(value)}`);
    this.#check(native().multiSetLong(this.#id, multiOptions[option as MultiOptionName], value), option);
  }

  #setCallback(option: keyof MultiCallbacks<Easy>, value: unknown): void {
    if (option.endsWith("FUNCTION") && value !== null && typeof value !== "function")
      throw new MisuseError("WRONG_TYPE", `${option} takes a function or null, not ${typeOf(value)}`);
    (this.#callbacks as unknown as Record<string, unknown>)[option] = value;
    this.#applyCallbacks();
  }

  watchSockets(life: SocketLife | null): void {
    this.#life = life;
    this.#applyCallbacks();
  }

  #applyCallbacks(): void {
    const { SOCKETFUNCTION, TIMERFUNCTION } = this.#callbacks;
    const code = native().multiCallbacks(
      this.#id,
      SOCKETFUNCTION !== null,
      TIMERFUNCTION !== null,
      this.#life !== null,
    );
    this.#check(code, "setopt");
  }

  announcesClose(fd: number): boolean {
    return this.#closeIsTold.has(fd);
  }

  addHandle(easy: Easy): void {
    this.#enter();
    if (easy.id === 0) throw new MisuseError("HANDLE_CLOSED", "this easy handle was cleaned up");
    const host = hostOf(easy.id);
    if (host !== undefined && host !== this.#depth)
      throw new MisuseError("HANDLE_IN_USE", "this easy handle is added to another multi: remove it there first");
    // By number: the ESM and the CJS copy of this package have their own objects for one library.
    if (easy.library.index !== this.library.index)
      throw new MisuseError("HANDLE_IN_USE", "this easy handle is of another libcurl than the multi");
    if (host === undefined) easyById(easy.id)?.begins();
    setHost(easy.id, this.#depth); // before, because callbacks may ask
    const code = native().multiAddHandle(this.#id, easy.id);
    if (code === 0) this.#added.add(easy);
    else setHost(easy.id, host);
    this.#finish(code, "curl_multi_add_handle");
  }

  /** Also of a handle that is done. Its unread message goes with it (C 9.4). */
  removeHandle(easy: Easy): void {
    this.#enter();
    if (hostOf(easy.id) !== this.#depth)
      throw new MisuseError("HANDLE_IN_USE", "this easy handle is not added to this multi");
    const code = native().multiRemoveHandle(this.#id, easy.id);
    if (code === 0) {
      setHost(easy.id, undefined);
      this.#added.delete(easy);
    }
    this.#finish(code, "curl_multi_remove_handle");
  }

  socketAction(fd: number, bits: number): number {
    this.#enter();
    checkDescriptor(fd, -1);
    if (!Number.isInteger(bits) || (bits & ~7) !== 0)
      throw new MisuseError("OUT_OF_RANGE", `a mask of CURL_CSELECT_ values is wanted, not ${bits}`);
    return this.#running(native().multiSocketAction(this.#id, fd, bits), "curl_multi_socket_action");
  }

  /** The older form: looks at every transfer. Right for taking over a multi whose callbacks were set late (C 8.2). */
  socketAll(): number {
    this.#enter();
    return this.#running(native().multiSocketAll(this.#id), "curl_multi_socket_all");
  }

  timeout(): number {
    this.#enter();
    const ms = native().multiTimeout(this.#id);
    if (ms <= FAILED) this.#check(FAILED - ms, "curl_multi_timeout");
    return ms;
  }

  /** @throws MultiError with multiCode 5 for a descriptor that is not registered (C 3.2) */
  assign(fd: number, socketp: unknown): void {
    this.#open();
    checkDescriptor(fd, 0);
    const index = this.#pointers.reserve(fd, socketp);
    const code = native().multiAssign(this.#id, fd, index);
    if (code !== 0) this.#pointers.drop(fd);
    this.#check(code, "curl_multi_assign");
  }

  infoRead(): Message<Easy> | undefined {
    this.#open();
    for (;;) {
      const id = native().multiInfoRead(this.#id, message);
      if (id < 0) return undefined;
      const listener = easyById(id);
      if (!listener) continue;
      const result = listener.resultOf(message[0] ?? 0);
      return { easy: listener.easy as Easy, result, queued: message[1] ?? 0 };
    }
  }

  cleanup(): void {
    if (this.#id === 0) return;
    this.#enter();
    // The number stays valid for callbacks until the addon has let go of it (C 6.7).
    forgetMulti(this.#id, this);
    this.#id = 0;
    for (const easy of this.#added) setHost(easy.id, undefined);
    this.#added.clear();
    this.#pool.clear();
    this.#finish(0, "curl_multi_cleanup");
  }

  bytesMoved(): number {
    let bytes = 0;
    for (const easy of this.#added)
      for (const info of ["SIZE_DOWNLOAD_T", "SIZE_UPLOAD_T", "HEADER_SIZE", "REQUEST_SIZE"] as const)
        bytes += easy.getinfo(info);
    return bytes;
  }

  // --- collected mode -----------------------------------------------------------------------------------------------

  prepare(request: TransferRequest): Easy {
    this.#open();
    return this.#pool.take(request);
  }

  release(easy: Easy, well: boolean): void {
    if (this.#id === 0) easy.cleanup();
    else this.#pool.giveBack(easy, well);
  }

  collect(visit: GatherVisitor<Easy>): void {
    this.#collector.collect(this.#id, visit);
  }

  getinfos(easy: Easy, infos: readonly string[]): unknown[] {
    return getinfos(easy, infos as readonly InfoName[]);
  }

  hold(easy: Easy, held: boolean): void {
    native().gatherHold(easy.id, held);
  }

  proceed(easy: Easy): number {
    this.#enter();
    const code = native().gatherContinue(easy.id);
    this.#finish(0, "curl_easy_pause");
    return code;
  }

  send(easy: Easy, bytes: Uint8Array | null): number {
    if (bytes !== null && !(bytes instanceof Uint8Array))
      throw new MisuseError("WRONG_TYPE", `a body is sent as Uint8Array, not as ${typeof bytes}`);
    const queued = native().gatherSend(easy.id, bytes);
    if (queued < 0) throw new MultiError("MULTI_FAILED", 3, "out of memory for the body to be sent");
    return queued;
  }

  // --- what the addon tells -----------------------------------------------------------------------------------------

  #socketTold(easyId: number, fd: number, what: number, index: number): void {
    const action = (what & ~CLOSE_IS_TOLD) as PollAction;
    if (what & CLOSE_IS_TOLD) this.#closeIsTold.add(fd);
    else this.#closeIsTold.delete(fd);
    const easy = easyById(easyId)?.easy as Easy | undefined;
    const { SOCKETFUNCTION, SOCKETDATA } = this.#callbacks;
    this.#callBack("socket", () => SOCKETFUNCTION?.(easy, fd, action, SOCKETDATA, this.#pointers.at(index)));
    if (action === 4) this.#pointers.drop(fd);
  }

  #timerTold(timeoutMs: number): void {
    const { TIMERFUNCTION, TIMERDATA } = this.#callbacks;
    this.#callBack("timer", () => TIMERFUNCTION?.(timeoutMs, TIMERDATA));
  }

  #socketOpened(fd: number): void {
    this.#closeIsTold.delete(fd);
    this.#callBack("open-socket", () => this.#life?.opened(fd));
  }

  #socketClosing(fd: number): void {
    this.#closeIsTold.delete(fd);
    this.#callBack("close-socket", () => this.#life?.closing(fd));
  }

  #callBack(name: string, run: () => number | undefined | void): void {
    this.#depth.enterTelling();
    try {
      const answer = run() ?? 0;
      if (answer !== 0)
        this.#failure ??= new MultiError(
          "CALLBACK_FAILED",
          ABORTED_BY_CALLBACK,
          `the ${name} callback answered ${answer}`,
        );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const told = `the ${name} callback threw: ${why}`;
      this.#failure ??= new MultiError("CALLBACK_FAILED", ABORTED_BY_CALLBACK, told, error);
    } finally {
      this.#depth.leaveTelling();
    }
  }

  // --- checks -------------------------------------------------------------------------------------------------------

  #open(): void {
    if (this.#id === 0) throw new MisuseError("HANDLE_CLOSED", "this multi handle was cleaned up");
  }

  /** Refuses before libcurl does: up to 8.3 it forgets to, after a nested callback (C 10.4). */
  #enter(): void {
    this.#open();
    if (this.#depth.inCallback)
      throw new MultiError(
        "RECURSIVE_CALL",
        RECURSIVE_API_CALL,
        "this call cannot be made inside a callback of the same multi: make it after the callback has returned",
      );
  }

  #running(answer: number, call: string): number {
    this.#finish(answer > FAILED ? 0 : FAILED - answer, call);
    return answer;
  }

  /** Throws what a callback left behind during the call, else what libcurl answered. */
  #finish(code: number, call: string): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    this.#check(code, call);
  }

  #check(code: number, call: string): void {
    if (code === 0) return;
    const kind =
      code === RECURSIVE_API_CALL ? "RECURSIVE_CALL" : code === UNKNOWN_OPTION ? "NOT_IN_THIS_LIBCURL" : "MULTI_FAILED";
    throw new MultiError(kind, code, `${call}: ${this.library.multiError(code)}`);
  }
}

/** C gets an int: what is no int must not become one. */
function checkDescriptor(fd: number, lowest: -1 | 0): void {
  if (Number.isInteger(fd) && fd >= lowest && fd < 2 ** 31) return;
  const wanted = lowest === 0 ? "a descriptor" : "a descriptor, or CURL_SOCKET_TIMEOUT,";
  throw new MisuseError("OUT_OF_RANGE", `${wanted} is wanted, not ${String(fd)}`);
}

const message = new Int32Array(2);
