import {
  type GatheringEngine,
  type GatherVisitor,
  type Message,
  MisuseError,
  MultiError,
  type SocketLife,
  type TransferRequest,
} from "@curlew/core";
import { activate, checkEasy, easyById, forgetMulti, native } from "./binding.js";
import { getinfos } from "./bulk-infos.js";
import type { Easy } from "./easy.js";
import { EasyPool } from "./easy-pool.js";
import { Collector } from "./gather.js";
import type { InfoName } from "./infos.js";
import { KeptConnections } from "./kept-connections.js";
import type { Libcurl } from "./library.js";
import type { MultiValues } from "./multi-callbacks.js";
import { checkDescriptor, needFunction, needOption, spoiled } from "./multi-checks.js";
import { type MultiInfoName, multiInfos } from "./multi-infos.js";
import { type MultiOptionName, multiOptions } from "./multi-options.js";
import { SelectedMulti } from "./multi-select.js";
import { checkMultiOption } from "./multi-setopt.js";
import { SPOILED } from "./native.js";

/**
 * A multi handle: libcurl's own interface, for those who bring their own loop; with a Driver, Curlew's.
 *
 * Inside a callback of the multi, or of one of its easies, libcurl allows `assign`, `wakeup`, `getHandles`, `getOfft`,
 * `notifyEnable` and `notifyDisable`, and in a NOTIFYFUNCTION all but the calls that run transfers, and `cleanup` (C 10.2, 10.3). The rest
 * throws RECURSIVE_CALL, whatever the version at hand would have done. Another multi may be driven from there.
 *
 * A throw of a callback, or an answer that is not 0, never reaches libcurl, which would kill the multi for it (C 2.9,
 * 4.11): libcurl gets 0, and the call that was under way throws CALLBACK_FAILED.
 */
export class Multi extends SelectedMulti implements GatheringEngine<Easy> {
  readonly name = "libcurl";
  readonly #collector = new Collector();
  readonly #pool: EasyPool;
  readonly #connections = new KeptConnections();

  constructor(library: Libcurl) {
    super(library);
    this.#pool = new EasyPool(library);
  }

  get hazards() {
    return this.library.hazards;
  }

  /**
   * curl_multi_setopt, by libcurl's names without CURLMOPT_. Functions take null to be taken away again; data takes any
   * value; numbers are integers. Set the functions before the first `addHandle`: what runs already is told by `socketAll`
   * only (C 2.14).
   * @throws MisuseError UNKNOWN_OPTION, WRONG_TYPE, OUT_OF_RANGE; MultiError NOT_IN_THIS_LIBCURL, MULTI_FAILED; CurlewError OPTION_REFUSED
   */
  setopt<K extends keyof MultiValues>(option: K, value: MultiValues[K]): void;
  setopt(option: MultiOptionName, value: number): void;
  setopt(option: string, value: unknown): void {
    this.enter("curl_multi_setopt", true);
    const { id, kind } = checkMultiOption(option, value, this.library.version);
    if (kind === "data") needOption(this.library, option);
    else if (kind === "function") this.finish(native().multiCallback(this.id, id, value !== null), option);
    // NETWORK_CHANGED may close connections, and tell it (C 2.6).
    else this.finish(native().multiSetLong(this.id, id, value as number), option);
    if (option === "MAXCONNECTS") this.#connections.chosen();
    if (Object.hasOwn(this.callbacks.values, option)) Object.assign(this.callbacks.values, { [option]: value });
  }

  /**
   * Whom to tell of the sockets that libcurl opens and closes through the engine. As long as there is somebody, what SOCKETFUNCTION
   * and TIMERFUNCTION are told in `addHandle`, `removeHandle` and `socketAction` may come when libcurl has returned: in its
   * order, before any other callback, and of sockets only whose close would be told first. Not inside a callback: the memory
   * that what waits is in would be taken away under the call that is under way.
   */
  watchSockets(life: SocketLife | null): void {
    this.enter("watchSockets");
    this.callbacks.life = life;
    native().multiTellSockets(this.id, this.callbacks.keep(life !== null));
  }

  announcesClose(fd: number): boolean {
    return this.callbacks.closeIsTold[fd] ?? false;
  }

  // --- transfers ----------------------------------------------------------------------------------------------------

  /** curl_multi_add_handle. The timer callback is told 0; nothing else happens yet (C 5.1). */
  addHandle(easy: Easy): void {
    this.enter("curl_multi_add_handle", true);
    checkEasy(easy);
    if (easy.id === 0) throw new MisuseError("HANDLE_CLOSED", "this easy handle was cleaned up");
    const { depth, added } = this.callbacks;
    const { listener } = easy;
    const { host } = listener;
    if (host !== undefined && host !== depth)
      throw new MisuseError("HANDLE_IN_USE", "this easy handle is added to another multi: remove it there first");
    // By number: the ESM and the CJS copy of this package have their own objects for one library.
    if (easy.library.index !== this.library.index)
      throw new MisuseError("HANDLE_IN_USE", "this easy handle is of another libcurl than the multi");
    if (host === undefined) listener.begins(depth.runs);
    listener.host = depth; // before, because callbacks may ask
    const code = this.#active(native().multiAddHandle, easy.id);
    if (code === 0) added[easy.id] = listener;
    else listener.host = host;
    if (code === SPOILED) throw spoiled(this.library);
    this.finish(code, "curl_multi_add_handle");
  }

  /** curl_multi_remove_handle. Also of a handle that is done. Its unread message goes with it (C 9.4). */
  removeHandle(easy: Easy): void {
    this.enter("curl_multi_remove_handle", true);
    checkEasy(easy);
    const { listener } = easy;
    if (listener.host !== this.callbacks.depth)
      throw new MisuseError("HANDLE_IN_USE", "this easy handle is not added to this multi");
    const code = this.#active(native().multiRemoveHandle, easy.id);
    if (code === 0) {
      listener.host = undefined;
      this.callbacks.added[easy.id] = undefined;
    }
    this.finish(code, "curl_multi_remove_handle");
  }

  /**
   * curl_multi_get_handles, without those of libcurl's own.
   * @throws CurlewError NOT_IN_THIS_LIBCURL before 8.4
   */
  getHandles(): Easy[] {
    this.open();
    needFunction(this.library, "curl_multi_get_handles", "8.4.0");
    const ids = native().multiGetHandles(this.id) ?? [];
    return ids.flatMap((id) => (easyById(id)?.easy as Easy | undefined) ?? []);
  }

  /**
   * curl_multi_get_offt: a count of transfers.
   * @throws CurlewError NOT_IN_THIS_LIBCURL before 8.16; MisuseError UNKNOWN_OPTION for a name that is no info's
   */
  getOfft(info: MultiInfoName): number {
    this.open();
    if (!Object.hasOwn(multiInfos, info))
      throw new MisuseError("UNKNOWN_OPTION", `no multi info "${info}". Names are libcurl's without CURLMINFO_`);
    needFunction(this.library, "curl_multi_get_offt", "8.16.0");
    return this.count(native().multiGetOfft(this.id, multiInfos[info]), "curl_multi_get_offt");
  }

  /** curl_multi_info_read. */
  infoRead(): Message<Easy> | undefined {
    this.enter("curl_multi_info_read", true);
    for (;;) {
      const id = native().multiInfoRead(this.id, message);
      if (id < 0) return undefined;
      const listener = this.callbacks.added[id] ?? easyById(id);
      if (!listener) continue;
      const result = listener.resultOf(message[0] ?? 0, message[2] ?? 0, message[3] !== 0);
      return { easy: listener.easy as Easy, result, queued: message[1] ?? 0 };
    }
  }

  // --- driven by events ---------------------------------------------------------------------------------------------

  /** curl_multi_socket_action: see MultiEngine. */
  socketAction(fd: number, bits: number): number {
    this.enter("curl_multi_socket_action");
    checkDescriptor(fd, -1);
    if (!Number.isInteger(bits) || (bits & ~7) !== 0)
      throw new MisuseError("OUT_OF_RANGE", `a mask of CURL_CSELECT_ values is wanted, not ${bits}`);
    this.callbacks.depth.runs++;
    const before = activate(this.callbacks);
    try {
      const running = native().multiSocketAction(this.id, fd, bits);
      this.callbacks.tellKept();
      return this.count(running, "curl_multi_socket_action");
    } finally {
      activate(before);
    }
  }

  /** curl_multi_socket, the older form: `socketAction(fd, 0)` (C 8.1). */
  socket(fd: number): number {
    this.enter("curl_multi_socket");
    checkDescriptor(fd, -1);
    this.callbacks.depth.runs++;
    return this.count(native().multiSocket(this.id, fd), "curl_multi_socket");
  }

  /**
   * curl_multi_socket_all, of the same age: looks at every transfer. Right for taking over a multi whose callbacks were set
   * late (C 8.2).
   */
  socketAll(): number {
    this.enter("curl_multi_socket_all");
    this.callbacks.depth.runs++;
    return this.count(native().multiSocketAll(this.id), "curl_multi_socket_all");
  }

  /** curl_multi_timeout: milliseconds until a `socketAction(CURL_SOCKET_TIMEOUT, 0)` or `perform` is due; -1 for none. */
  timeout(): number {
    this.enter("curl_multi_timeout", true);
    return this.count(native().multiTimeout(this.id), "curl_multi_timeout");
  }

  /**
   * curl_multi_assign. `socketp` is any value; undefined takes it back.
   * @throws MultiError with multiCode 5 for a descriptor that is not registered (C 3.2)
   */
  assign(fd: number, socketp: unknown): void {
    this.open();
    checkDescriptor(fd, 0);
    const { pointers } = this.callbacks;
    const index = pointers.reserve(fd, socketp);
    const code = native().multiAssign(this.id, fd, index);
    if (code !== 0) pointers.drop(fd);
    this.check(code, "curl_multi_assign");
  }

  /**
   * curl_multi_notify_enable: from now on NOTIFYFUNCTION is called for this type, CURLMNOTIFY_INFO_READ or
   * CURLMNOTIFY_EASY_DONE.
   * @throws CurlewError NOT_IN_THIS_LIBCURL before 8.17, or for a type it does not have
   */
  notifyEnable(type: number): void {
    this.#notify(type, true);
  }

  /** curl_multi_notify_disable. */
  notifyDisable(type: number): void {
    this.#notify(type, false);
  }

  #notify(type: number, wanted: boolean): void {
    this.open();
    needFunction(this.library, "curl_multi_notify_enable", "8.17.0");
    if (!Number.isInteger(type) || type < 0 || type > 0x7fffffff)
      throw new MisuseError("OUT_OF_RANGE", `a CURLMNOTIFY_ value is wanted, not ${String(type)}`);
    this.check(native().multiNotify(this.id, type, wanted), `curl_multi_notify_${wanted ? "enable" : "disable"}`);
  }

  // --- the end ------------------------------------------------------------------------------------------------------

  /** curl_multi_cleanup. Easies that are still added are free again. It tells sockets and timers while it goes (C 6.7). */
  cleanup(): void {
    if (this.id === 0) return;
    this.enter("curl_multi_cleanup");
    // The number stays valid for callbacks until the addon has let go of it (C 6.7).
    forgetMulti(this.id, this);
    this.id = 0;
    for (const listener of this.callbacks.added.splice(0)) if (listener) listener.host = undefined;
    this.#pool.clear();
    this.finish(0, "curl_multi_cleanup");
  }

  bytesMoved(): number {
    let bytes = 0;
    for (const listener of this.callbacks.added) {
      if (!listener) continue;
      const easy = listener.easy as Easy;
      for (const info of ["SIZE_DOWNLOAD_T", "SIZE_UPLOAD_T", "HEADER_SIZE", "REQUEST_SIZE"] as const)
        bytes += easy.getinfo(info) ?? 0; // nothing is known of one that has not begun
    }
    return bytes;
  }

  /** A call about an easy, in which callbacks may come. */
  #active(call: (multi: number, easy: number) => number, easy: number): number {
    const before = activate(this.callbacks);
    try {
      const code = call(this.id, easy);
      this.callbacks.tellKept();
      return code;
    } finally {
      activate(before);
    }
  }

  // --- collected mode -----------------------------------------------------------------------------------------------

  prepare(request: TransferRequest): Easy {
    this.open();
    const easy = this.#pool.take(request);
    const most = this.#connections.begun();
    if (most !== undefined) native().multiSetLong(this.id, multiOptions.MAXCONNECTS.id, most);
    return easy;
  }

  release(easy: Easy, well: boolean): void {
    this.#connections.ended();
    if (this.id === 0) easy.cleanup();
    else this.#pool.giveBack(easy, well);
  }

  collect(visit: GatherVisitor<Easy>): void {
    this.#collector.collect(this.id, this.#pool, visit);
  }

  /** Always 0 where nobody is told of sockets (`watchSockets`). */
  gatheredBytes(): number {
    return this.callbacks.gatheredBytes;
  }

  recycle(bytes: Uint8Array): void {
    this.#collector.recycle(bytes);
  }

  getinfos(easy: Easy, infos: readonly string[]): unknown[] {
    return getinfos(easy, infos as readonly InfoName[]);
  }

  hold(easy: Easy, held: boolean): void {
    native().gatherHold(easy.id, held);
  }

  receiveWhole(easy: Easy, mostBytes: number): void {
    native().gatherWhole(easy.id, mostBytes);
  }

  rest(easy: Easy, toldBytes: number): Uint8Array | undefined {
    return native().gatherRest(easy.id, toldBytes);
  }

  proceed(easy: Easy): number {
    this.enter("curl_easy_pause");
    const code = native().gatherContinue(easy.id);
    this.finish(0, "curl_easy_pause");
    return code;
  }

  send(easy: Easy, bytes: Uint8Array | null): number {
    if (bytes !== null && !(bytes instanceof Uint8Array))
      throw new MisuseError("WRONG_TYPE", `a body is sent as Uint8Array, not as ${typeof bytes}`);
    const queued = native().gatherSend(easy.id, bytes);
    if (queued < 0) throw new MultiError("MULTI_FAILED", 3, "out of memory for the body to be sent");
    return queued;
  }
}

/** [result, messages left, refusal, whether it leaves something behind]. */
const message = new Int32Array(4);
