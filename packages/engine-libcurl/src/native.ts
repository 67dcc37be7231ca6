import type { VersionInfo } from "./global.js";

/** The addon's functions, as native/*.c exports them. Handles are numbers; 0 is none. Codes are libcurl's. */
export interface Native {
  /** `fresh`: for the first time in this process, whatever thread asks. */
  load(path: string): { status: LoadStatus; index: number; why: string; path?: string; fresh: boolean };
  versionInfo(library: number): VersionInfo;
  /** name, id, type, flags of each easy option, one after the other. */
  options(library: number): (string | number)[];
  easyStrerror(library: number, code: number): string;
  multiStrerror(library: number, code: number): string;
  shareStrerror(library: number, code: number): string;
  urlStrerror(library: number, code: number): string;
  /** id and name of each, one after the other. */
  tlsBackends(library: number): (number | string)[];
  /** The functions this libcurl is too old for, by their full names. */
  absentFunctions(library: number): string[];
  setHooks(hooks: readonly unknown[]): void;
  live(): { easies: number; multis: number; shares: number };

  easyInit(library: number): number;
  easyCleanup(easy: number): void;
  easyRelease(easy: number): void;
  easyReset(easy: number): void;
  easyPause(easy: number, bitmask: number): number;
  /** The copy's number, or 0. */
  easyDuphandle(easy: number): number;
  easySetCallback(easy: number, option: number, on: boolean): number;
  easyBegins(easy: number): void;
  easySetMime(easy: number, parts: readonly unknown[] | null): number;
  easySetShare(easy: number, share: number): number;
  easySend(easy: number, bytes: Uint8Array, out: Float64Array): number;
  easyRecv(easy: number, room: Uint8Array, out: Float64Array): number;
  easyUpkeep(easy: number): number;
  easyWsSend(easy: number, bytes: Uint8Array, fragmentSize: number, flags: number, out: Float64Array): number;
  easyWsRecv(easy: number, room: Uint8Array, out: Float64Array): number;
  easyWsMeta(easy: number, out: Float64Array): boolean;
  /** The header, or a CURLHcode. */
  easyHeader(easy: number, name: string, index: number, origin: number, request: number): Header | number;
  easyHeaders(easy: number, origin: number, request: number): Header[] | undefined;
  easyErrorBuffer(easy: number): string;
  easySetLong(easy: number, option: number, value: number | bigint): number;
  easySetOffT(easy: number, option: number, value: number | bigint): number;
  easySetString(easy: number, option: number, value: string | null): number;
  easySetList(easy: number, option: number, value: readonly string[] | null): number;
  easySetBlob(easy: number, option: number, value: Uint8Array | null): number;
  easySetPostFields(easy: number, value: Uint8Array | null): number;
  easyNote(easy: number): void;
  easyAgain(easy: number): number;
  easyGetinfo(easy: number, info: number, codes: Int32Array): unknown;
  easyGetinfos(easy: number, infos: Int32Array, numbers: Float64Array, text: Uint8Array): boolean;

  gather(easy: number, highWaterBytes: number, headerLimitBytes: number): number;
  gatherProgress(easy: number): number;
  gatherUpload(
    easy: number,
    sizeBytes: number,
    body: Uint8Array | undefined,
    post: boolean,
    mostQueuedBytes: number,
  ): number;
  gatherSend(easy: number, bytes: Uint8Array | null): number;
  gatherContinue(easy: number): number;
  gatherHold(easy: number, held: boolean): void;
  gatherWhole(easy: number, mostBytes: number): void;
  /** All of the memory behind it, which nobody else has. */
  gatherSpare(bytes: Uint8Array): void;
  gatherRest(easy: number, toldBytes: number): Uint8Array | undefined;
  gatherPaused(easy: number): boolean;
  gatherRefused(easy: number): Refusal;
  /** Records whose offset is negative are about `loans[-1 - offset]`. */
  collect(multi: number, room: Uint8Array, offset: number, records: Int32Array, loans: Uint8Array[]): void;
  /** Garbage is looked for earlier than the runtime would. */
  hurry(bytes: number): void;

  shareInit(library: number): number;
  shareSetopt(share: number, option: number, value: number): number;
  shareCleanup(share: number, dropped: boolean): number;

  multiInit(library: number): number;
  multiCallback(multi: number, option: number, wanted: boolean): number;
  multiTellSockets(multi: number, kept: Int32Array | undefined): void;
  multiNotify(multi: number, type: number, wanted: boolean): number;
  multiSetLong(multi: number, option: number, value: number | bigint): number;
  /** A CURLMcode, or SPOILED. */
  multiAddHandle(multi: number, easy: number): number;
  multiRemoveHandle(multi: number, easy: number): number;
  multiSocketAction(multi: number, fd: number, bits: number): number;
  multiSocket(multi: number, fd: number): number;
  multiSocketAll(multi: number): number;
  multiPerform(multi: number): number;
  multiTimeout(multi: number): number;
  multiAssign(multi: number, fd: number, index: number): number;
  multiInfoRead(multi: number, out: Int32Array): number;
  multiGetHandles(multi: number): number[] | undefined;
  multiGetOfft(multi: number, info: number): number;
  /** [highest, to read, to write, with exceptions], or a CURLMcode. */
  multiFdset(multi: number): [number, number[], number[], number[]] | number;
  multiWaitfds(multi: number, room: Int32Array): number;
  multiWait(multi: number, extraFds: Int32Array, timeoutMs: number, poll: boolean): number;
  multiWakeup(multi: number): number;
  multiCleanup(multi: number): void;
}

/** The enum lib_status of native/lib.h. */
export enum LoadStatus {
  OK,
  NOT_FOUND,
  NOT_LIBCURL,
  TOO_OLD,
  INIT_FAILED,
  TOO_MANY,
}

/** Why the addon failed a transfer: the enum refusal of native/gather.h. */
export enum Refusal {
  NONE,
  HEADERS_TOO_LARGE,
  NO_BODY,
  BODY_TOO_SHORT,
  BODY_TOO_LONG,
}

/** What a multi hears of callbacks. `what` is a CURL_POLL value, plus CLOSE_IS_TOLD. */
export interface MultiListener {
  /** The addon's number of the multi. */
  readonly id: number;
  socketTold(easy: number, fd: number, what: number, index: number): void;
  timerTold(timeoutMs: number): void;
  socketOpened(fd: number): void;
  socketClosing(fd: number): void;
  notified(type: number, easy: number): void;
  /** Answers a CURL_PUSH_ value. */
  pushed(parent: number, pushed: number, headers: Uint8Array): number;
}

/** What an easy hears of callbacks, and of its multi; the answers are those of libcurl's callbacks. */
export interface EasyListener {
  /** Whose listener it is: an Easy of any copy of this package. */
  readonly easy: object;
  /** The multi it is added to. */
  host: Host | undefined;
  /** The callback of that option. Undefined: it failed, and the transfer is to be aborted. */
  callBack(option: number, args: readonly unknown[]): unknown;
  /** A new transfer begins, with the next run of its multi after so many. */
  begins(runs: number): void;
  /**
   * The transfer's result, when libcurl says this: a failure of ours is one though libcurl went on. `leavesBehind`:
   * something of it may be left in the handle (native/multi.c).
   */
  resultOf(curlCode: number, refused: Refusal, leavesBehind: boolean): number;
}

/** The multi that an easy is added to, as far as the easy is concerned. */
export interface Host {
  /** A callback of the multi, or of one of its easies, is on the stack: libcurl forbids most calls now (C 10.2). */
  readonly inCallback: boolean;
  /** A callback about sockets or timers is: libcurl is in the middle of what a pause would change. */
  readonly telling: boolean;
  /** How often its transfers were run. */
  readonly runs: number;
  enterCallback(): void;
  leaveCallback(): void;
  /** The same for callbacks in which libcurl does not allow pausing. */
  enterTelling(): void;
  leaveTelling(): void;
}

/** A header of the answer, as libcurl has parsed it (man curl_easy_header). */
export interface Header {
  readonly name: string;
  readonly value: string;
  /** How many there are of this name. */
  readonly amount: number;
  /** Which of them this is, from 0. */
  readonly index: number;
  /** CURLH_ bits. */
  readonly origin: number;
}

/** libcurl has bytes in the handle that are of a transfer that has ended (native/multi.c). */
export const SPOILED = -1;

/** In `what`: the close of this descriptor will be announced (enum in native/telling.c). */
export const CLOSE_IS_TOLD = 8;
