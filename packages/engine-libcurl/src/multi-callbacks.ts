import { type MultiCallbacks, MultiError, type PollAction, type SocketLife } from "@curlew/core";
import { easyById } from "./binding.js";
import { CallbackDepth } from "./callback-depth.js";
import type { Easy } from "./easy.js";
import { CLOSE_IS_TOLD, type EasyListener, type MultiListener } from "./native.js";
import { askAboutPush, CURL_PUSH_DENY, CURL_PUSH_OK, type PushFunction } from "./push.js";
import { SocketPointers } from "./socket-pointers.js";

const ABORTED_BY_CALLBACK = 11;
const KEPT_GATHERED = 1;
const KEPT_HEAD = 2;
const KEPT_INTS = 4;
/** What one call tells of 256 descriptors; of more, each by itself. */
const KEPT_BYTES = 4 * (KEPT_HEAD + 256 * KEPT_INTS);

export const CURLMNOTIFY_INFO_READ = 0;
export const CURLMNOTIFY_EASY_DONE = 1;

/**
 * CURLMOPT_NOTIFYFUNCTION: at the end of a call that ran transfers. CURLMNOTIFY_INFO_READ: a message is there, read them
 * all. CURLMNOTIFY_EASY_DONE: this easy is done. `easy` is undefined for a handle of libcurl's own, as that of INFO_READ is
 * (C 13.2). Unlike in other callbacks, handles may be added and removed here (C 10.3).
 */
export type NotifyFunction = (type: number, easy: Easy | undefined, userp: unknown) => void;

/** What `setopt` takes that is no number. */
export interface MultiValues extends MultiCallbacks<Easy> {
  PUSHFUNCTION: PushFunction | null;
  /** Given to PUSHFUNCTION. */
  PUSHDATA: unknown;
  NOTIFYFUNCTION: NotifyFunction | null;
  /** Given to NOTIFYFUNCTION. */
  NOTIFYDATA: unknown;
}

/**
 * What a multi's user wants to be told, and the telling. Nothing that users answer or throw reaches libcurl, which would
 * kill the multi for it (C 2.9, 4.11): it is kept for the call that is under way.
 */
export class TellingCallbacks implements MultiListener {
  readonly values: MultiValues = {
    SOCKETFUNCTION: null,
    SOCKETDATA: undefined,
    TIMERFUNCTION: null,
    TIMERDATA: undefined,
    PUSHFUNCTION: null,
    PUSHDATA: undefined,
    NOTIFYFUNCTION: null,
    NOTIFYDATA: undefined,
  };
  /** The addon's number of the multi. */
  id = 0;
  life: SocketLife | null = null;
  /** Of what native/telling.c keeps: [count, gathered bytes, then easy, descriptor or -1 for the timer, action or ms, index each]. */
  #kept: Int32Array | undefined;
  /** The easies that are added, by the addon's numbers: small ones, which are given out again. */
  readonly added: (EasyListener | undefined)[] = [];
  readonly depth = new CallbackDepth();
  readonly pointers = new SocketPointers();
  /** By descriptor. */
  readonly closeIsTold: boolean[] = [];
  #failure: MultiError | undefined;

  /** What a callback left behind since the last time it was asked. */
  takeFailure(): MultiError | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** Where what may wait is kept: answers it for the addon. */
  keep(wanted: boolean): Int32Array | undefined {
    this.#kept = wanted ? new Int32Array(new ArrayBuffer(KEPT_BYTES)) : undefined; // memory that stays where it is
    return this.#kept;
  }

  /** Of bodies, what may be collected. */
  get gatheredBytes(): number {
    return this.#kept?.[KEPT_GATHERED] ?? 0;
  }

  /** After a call that keeps: tells what there is. */
  tellKept(): void {
    const kept = this.#kept;
    if (!kept || kept[0] === 0) return;
    const end = KEPT_HEAD + (kept[0] as number) * KEPT_INTS;
    kept[0] = 0; // first: in a NOTIFYFUNCTION the addon still keeps, and would tell it, too, when what is told here drives another multi
    for (let at = KEPT_HEAD; at < end; at += KEPT_INTS) {
      const fd = kept[at + 1] as number;
      const what = kept[at + 2] as number;
      if (fd < 0) this.timerTold(what);
      else this.socketTold(kept[at] as number, fd, what, kept[at + 3] as number);
    }
  }

  socketTold(easyId: number, fd: number, what: number, index: number): void {
    const action = (what & ~CLOSE_IS_TOLD) as PollAction;
    this.closeIsTold[fd] = (what & CLOSE_IS_TOLD) !== 0;
    const easy = (this.added[easyId] ?? easyById(easyId))?.easy as Easy | undefined;
    const { SOCKETFUNCTION, SOCKETDATA } = this.values;
    this.depth.enterTelling();
    try {
      this.#answered("socket", SOCKETFUNCTION?.(easy, fd, action, SOCKETDATA, this.pointers.at(index)));
    } catch (error) {
      this.#keep("socket", error);
    } finally {
      this.depth.leaveTelling();
    }
    if (action === 4) this.pointers.drop(fd);
  }

  timerTold(timeoutMs: number): void {
    const { TIMERFUNCTION, TIMERDATA } = this.values;
    this.depth.enterTelling();
    try {
      this.#answered("timer", TIMERFUNCTION?.(timeoutMs, TIMERDATA));
    } catch (error) {
      this.#keep("timer", error);
    } finally {
      this.depth.leaveTelling();
    }
  }

  socketOpened(fd: number): void {
    this.closeIsTold[fd] = false;
    this.#tell("open-socket", () => this.life?.opened(fd));
  }

  socketClosing(fd: number): void {
    this.closeIsTold[fd] = false;
    this.#tell("close-socket", () => this.life?.closing(fd));
  }

  notified(type: number, easyId: number): void {
    const { NOTIFYFUNCTION, NOTIFYDATA } = this.values;
    const easy = easyById(easyId)?.easy as Easy | undefined;
    this.depth.enterNotify();
    try {
      NOTIFYFUNCTION?.(type, easy, NOTIFYDATA);
    } catch (error) {
      this.#keep("notify", error);
    } finally {
      this.depth.leaveNotify();
    }
  }

  pushed(parentId: number, pushedId: number, headers: Uint8Array): number {
    const { PUSHFUNCTION, PUSHDATA } = this.values;
    this.depth.enterCallback();
    try {
      const { answer, pushed } = askAboutPush(parentId, pushedId, headers, this.depth, (...args) =>
        PUSHFUNCTION ? PUSHFUNCTION(...args, PUSHDATA) : CURL_PUSH_DENY,
      );
      const listener = easyById(pushedId);
      if (answer === CURL_PUSH_OK && listener?.easy === pushed) this.added[pushedId] = listener;
      return answer;
    } catch (error) {
      this.#keep("push", error);
      return CURL_PUSH_DENY;
    } finally {
      this.depth.leaveCallback();
    }
  }

  #answered(name: string, answer: unknown): void {
    if (answer === 0 || answer === undefined || answer === null) return;
    this.#failure ??= new MultiError(
      "CALLBACK_FAILED",
      ABORTED_BY_CALLBACK,
      `the ${name} callback answered ${String(answer)}`,
    );
  }

  #tell(name: string, run: () => void): void {
    this.depth.enterTelling();
    try {
      run();
    } catch (error) {
      this.#keep(name, error);
    } finally {
      this.depth.leaveTelling();
    }
  }

  #keep(name: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const told = `the ${name} callback threw: ${why}`;
    this.#failure ??= new MultiError("CALLBACK_FAILED", ABORTED_BY_CALLBACK, told, error);
  }
}
