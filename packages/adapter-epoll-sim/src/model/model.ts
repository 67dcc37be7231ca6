import {
  CURL_SOCKET_TIMEOUT,
  type EngineHazards,
  type GatheringEngine,
  type GatherVisitor,
  type Message,
  MisuseError,
  type MultiCallbacks,
  MultiError,
  type SocketLife,
  type TransferRequest,
} from "@curlew/core";
import type { Kernel } from "../kernel/index.js";
import { Callbacks, type ModelObserver } from "./callbacks.js";
import type { ModelEasy } from "./easy.js";
import type { Hosts } from "./hosts.js";
import { EASY_DONE, INFO_READ } from "./notifications.js";
import { type Profile, profiles } from "./profiles.js";
import { prepare } from "./request.js";
import { Transfers } from "./transfers.js";

export interface ModelOptions {
  readonly kernel: Kernel;
  /** The names that can be resolved. */
  readonly hosts: Hosts;
  /** Which version it behaves like. Default: the newest. */
  readonly profile?: Profile;
  readonly observer?: ModelObserver;
}

const NO_EASY = 2;
const UNKNOWN_OPTION = 6;
const ADDED_ALREADY = 7;
const BAD_ARGUMENT = 10;

/** A model of libcurl's multi handle, on the sockets of a simulated kernel. */
export class Model implements GatheringEngine<ModelEasy> {
  readonly name = "model";
  readonly hazards: EngineHazards;
  readonly profile: Profile;
  readonly #observer: ModelObserver;
  readonly #callbacks: Callbacks;
  readonly #transfers: Transfers;
  #open = true;
  #depth = 0;

  constructor(options: ModelOptions) {
    this.profile = options.profile ?? (profiles.at(-1) as Profile);
    this.hazards = { earlyTimeoutLosesTimer: this.profile.earlyTimeoutLosesTimer, leavesInputUnread: false };
    this.#observer = options.observer ?? {};
    this.#callbacks = new Callbacks(this.profile, this.#observer);
    this.#transfers = new Transfers(options.kernel, options.hosts, this.profile, this.#callbacks);
  }

  setopt<K extends keyof MultiCallbacks<ModelEasy>>(option: K, value: MultiCallbacks<ModelEasy>[K]): void;
  setopt(option: string, value: number): void;
  setopt(option: string, value: unknown): void {
    this.#call("setopt", [option], () => {
      if (option.startsWith("NOTIFY")) this.#checkNotify(option);
      if (Object.hasOwn(this.#callbacks.functions, option)) {
        (this.#callbacks.functions as unknown as Record<string, unknown>)[option] = value;
      } else if (option === "MAX_TOTAL_CONNECTIONS") {
        if (!Number.isInteger(value) || Number(value) < 0)
          throw new MultiError("MULTI_FAILED", BAD_ARGUMENT, `${option} takes a count, not ${value}`);
        this.#transfers.mostConnections = Number(value) || Number.POSITIVE_INFINITY;
      } else throw new MultiError("NOT_IN_THIS_LIBCURL", UNKNOWN_OPTION, `the model has no multi option "${option}"`);
    });
  }

  addHandle(easy: ModelEasy): void {
    this.#call("addHandle", [], () => {
      if (easy.cleaned) throw new MisuseError("HANDLE_CLOSED", "this easy handle was cleaned up");
      if (easy.owner === this.#transfers)
        throw new MultiError("MULTI_FAILED", ADDED_ALREADY, "curl_multi_add_handle: added already");
      if (easy.owner) throw new MisuseError("HANDLE_IN_USE", "this easy handle is added to another multi");
      this.#transfers.add(easy);
    });
  }

  removeHandle(easy: ModelEasy): void {
    if (this.profile.guardBoolean && this.#callbacks.inside && !easy.owner) return;
    this.#call("removeHandle", [], () => {
      if (easy.owner !== this.#transfers)
        throw new MultiError("MULTI_FAILED", NO_EASY, "curl_multi_remove_handle: not added to this multi");
      this.#transfers.remove(easy);
    });
  }

  socketAction(fd: number, bits: number): number {
    if (!Number.isInteger(fd) || fd < CURL_SOCKET_TIMEOUT)
      throw new MisuseError("OUT_OF_RANGE", `a descriptor, or CURL_SOCKET_TIMEOUT, is wanted, not ${fd}`);
    if (!Number.isInteger(bits) || (bits & ~7) !== 0)
      throw new MisuseError("OUT_OF_RANGE", `a mask of CURL_CSELECT_ values is wanted, not ${bits}`);
    return this.#call("socketAction", [fd, bits], () => this.#transfers.action(fd, bits));
  }

  socketAll(): number {
    return this.#call("socketAll", [], () => this.#transfers.actionOnAll());
  }

  /** For those without a loop. Mixed in, it tells nothing of what it wants: call `socketAll` afterwards (C 2.15). */
  perform(): number {
    return this.#call("perform", [], () => this.#transfers.perform());
  }

  /** curl_multi_wakeup, which is not for loops (C 12.2). */
  wakeup(): void {
    this.#checkOpen();
    this.#transfers.resolver.publicWakeup();
  }

  /** @throws MultiError with multiCode 6 for a type there is not, and before 8.17 */
  notifyEnable(type: number): void {
    this.#checkNotify(type);
    this.#transfers.notifications.enabled.add(type);
  }

  notifyDisable(type: number): void {
    this.#checkNotify(type);
    this.#transfers.notifications.enabled.delete(type);
  }

  timeout(): number {
    return this.#call("timeout", [], () => this.#transfers.timeout());
  }

  assign(fd: number, socketp: unknown): void {
    this.#checkOpen();
    this.#transfers.entries.assign(fd, socketp);
  }

  infoRead(): Message<ModelEasy> | undefined {
    this.#observer.call?.("infoRead", [], false);
    this.#checkOpen();
    const inside = this.#callbacks.inside && !this.#callbacks.insideOf("notify");
    if (inside && this.profile.infoReadBlockedInCallback) return undefined;
    return this.#transfers.takeMessage();
  }

  cleanup(): void {
    if (!this.#open) return;
    this.#call("cleanup", [], () => this.#transfers.clear());
    this.#open = false;
  }

  watchSockets(life: SocketLife | null): void {
    this.#transfers.sockets.life = life;
  }

  announcesClose(fd: number): boolean {
    return this.#transfers.sockets.announcesClose(fd);
  }

  bytesMoved(): number {
    return this.#transfers.bytesMoved;
  }

  // --- collected mode -----------------------------------------------------------------------------------------------

  prepare(request: TransferRequest): ModelEasy {
    this.#checkOpen();
    return prepare(request);
  }

  collect(visit: GatherVisitor<ModelEasy>): void {
    this.#transfers.collect(visit);
  }

  gatheredBytes(): number {
    return this.#transfers.gatheredBytes;
  }

  hold(easy: ModelEasy, held: boolean): void {
    if (!easy.gather) return;
    easy.gather.held = held;
    if (easy.gather.events.length > 0) this.#transfers.gathered(easy);
  }

  /** Nothing in here can fail: what ends a transfer is found by the next run. */
  proceed(easy: ModelEasy): number {
    return this.#call("proceed", [], () => {
      const { gather } = easy;
      if (!gather) return 0;
      gather.full = false;
      if (gather.upload.length > 0 || gather.uploadEnded) gather.starved = false;
      this.#transfers.pauseChanged(easy);
      return 0;
    });
  }

  send(easy: ModelEasy, bytes: Uint8Array | null): number {
    const { gather } = easy;
    if (!gather) return 0;
    if (bytes === null) gather.uploadEnded = true;
    else if (bytes instanceof Uint8Array) {
      gather.upload.push(bytes.slice());
      gather.uploadBytes += bytes.length;
    } else throw new MisuseError("WRONG_TYPE", `a body is sent as Uint8Array, not as ${typeof bytes}`);
    return gather.uploadBytes;
  }

  // --- for its judges ------------------------------------------------------------------------------------------------

  /** Whether a call of this model is on the stack. */
  get busy(): boolean {
    return this.#depth > 0;
  }

  /** Transfers that have ended and are still added. */
  get doneAndAdded(): number {
    return this.#transfers.doneAndAdded;
  }

  /** Messages that nobody has read. */
  get unread(): number {
    return this.#transfers.unread;
  }

  // --------------------------------------------------------------------------------------------------------------------

  #checkOpen(): void {
    if (!this.#open) throw new MisuseError("HANDLE_CLOSED", "this multi handle was cleaned up");
  }

  #checkNotify(what: string | number): void {
    this.#checkOpen();
    if (this.profile.notify && (typeof what === "string" || what === INFO_READ || what === EASY_DONE)) return;
    const why = this.profile.notify ? `there is no notification ${what}` : "notifications came with 8.17";
    throw new MultiError("NOT_IN_THIS_LIBCURL", UNKNOWN_OPTION, why);
  }

  /** What is common to the calls that libcurl refuses inside its callbacks (C 10.2). */
  #call<T>(name: string, args: readonly unknown[], run: () => T): T {
    this.#observer.call?.(name, args, this.#callbacks.inside);
    this.#checkOpen();
    this.#callbacks.refuseInside(name);
    this.#depth++;
    try {
      const result = run();
      this.#callbacks.checkAnswers(name);
      return result;
    } finally {
      this.#depth--;
    }
  }
}
