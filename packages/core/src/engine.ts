/**
 * The contract between a driver and what implements the multi handle: libcurl, or a model of it.
 *
 * Names and meaning are those of libcurl's manual pages; what is written here is what a driver relies on, and all that it
 * relies on. MUST, MUST NOT and MAY are those of RFC 2119; what is called undefined the driver never does. "Told" means:
 * by the socket or the timer callback.
 *
 * One thread. All calls on an engine and its handles come from one thread. An engine MUST NOT call a callback except from
 * inside one of these calls (I10).
 *
 * Re-entrancy. Every call of an engine MAY tell before it returns, for any descriptor and any handle, except `assign`,
 * `infoRead`, `timeout`, `announcesClose`, `bytesMoved`, `gatheredBytes`, `hold`, `send`, `recycle` and `collect`, which MUST
 * NOT. From inside a callback the driver calls nothing but those; anything else there is undefined (C 10.2).
 *
 * Callbacks. The driver's callbacks answer 0 and throw nothing. Raw users' may do both; what the engine then does is its
 * own business, but it MUST survive.
 *
 * Errors. What concerns the whole multi is a MultiError thrown by the call; afterwards the driver removes all handles and
 * cleans up, and calls nothing else (C 5.10). What concerns one transfer is a message. A refusal by `addHandle` concerns
 * that handle only.
 */

import type { PollAction } from "./constants.js";
import type { CurlewError } from "./errors.js";

/** One easy handle. Names of options and infos are libcurl's without the prefix: "URL", "RESPONSE_CODE". */
export interface EasyHandle {
  /** @throws MisuseError or CurlewError when the option is unknown, refused, or the value is not of its kind */
  setopt(option: string, value: unknown): void;

  /** MUST work from the end of the transfer until `cleanup` or the next transfer; before that, as libcurl does. */
  getinfo(info: string): unknown;

  /** `bitmask`: CURLPAUSE_ values. MAY call the data callbacks too (C 11.3). Nothing happens when no transfer is under way. */
  pause(bitmask: number): void;

  /** Whether a direction of it is paused, by whom or what ever. Such a transfer may rightly watch nothing. */
  readonly paused: boolean;

  /** Frees the handle. While it is added: a MisuseError. Harmless the second time. */
  cleanup(): void;

  /** A typed error for a CURLcode that is not 0, with what this handle knows. Asked once, right after its message. */
  failure(curlCode: number): CurlewError;
}

/**
 * CURLMOPT_SOCKETFUNCTION. The action is the complete interest from now on, or REMOVE (C 2.2). `easy` is undefined for a
 * handle of the engine's own, and says nothing about who else uses the descriptor (C 2.10). `socketp` is what was assigned
 * to the descriptor; undefined at first and again after REMOVE (C 2.7).
 */
export type SocketFunction<E> = (
  easy: E | undefined,
  fd: number,
  action: PollAction,
  userp: unknown,
  socketp: unknown,
) => number | undefined | void;

/** CURLMOPT_TIMERFUNCTION. Replaces the timer: -1 deletes it, 0 is as soon as possible but not from inside, else ms (C 4). */
export type TimerFunction = (timeoutMs: number, userp: unknown) => number | undefined | void;

/** Multi options that take something else than a number. */
export interface MultiCallbacks<E> {
  SOCKETFUNCTION: SocketFunction<E> | null;
  SOCKETDATA: unknown;
  TIMERFUNCTION: TimerFunction | null;
  TIMERDATA: unknown;
}

/**
 * Sockets that the engine opens and closes itself, through CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION: two
 * options of libcurl's easies, joined for all those of a multi. Told like the callbacks.
 */
export interface SocketLife {
  /**
   * `fd` names a new object now. If that number is still registered, the registration is of a closed socket: 7.88.0 to
   * 8.1.2 close sockets that are still connecting without telling (C 2.8).
   */
  opened(fd: number): void;

  /** `fd` is closed as soon as this returns. */
  closing(fd: number): void;
}

/** The one kind of message there is: CURLMSG_DONE (C 9.2). */
export interface Message<E> {
  readonly easy: E;
  /** CURLcode. */
  readonly result: number;
  /** How many more messages wait. */
  readonly queued: number;
}

/** What the driver must know of the version at hand. */
export interface EngineHazards {
  /** A timeout call before its time loses the timer (8.10.0 to 8.11.0, P B4). */
  readonly earlyTimeoutLosesTimer: boolean;
  /** What was read for one stream of a connection may stay unread by the others, with nothing to wake them (7.88.1 to 8.0.1). */
  readonly leavesInputUnread: boolean;
}

/** A multi handle. */
export interface MultiEngine<E extends EasyHandle> {
  /** "libcurl", "model". */
  readonly name: string;
  readonly hazards: EngineHazards;

  setopt<K extends keyof MultiCallbacks<E>>(option: K, value: MultiCallbacks<E>[K]): void;
  setopt(option: string, value: number): void;

  /**
   * MUST tell a timeout of 0, so that the driver's next `socketAction` starts the transfer (C 5.1). A new transfer begins:
   * what was gathered of one before with the same handle, and not handed over, is dropped, and it is not held.
   */
  addHandle(easy: E): void;

  /** Also in the middle of a transfer, and of one that is done: its unread message is lost (C 9.4). */
  removeHandle(easy: E): void;

  /**
   * Runs the transfers of that descriptor, and all whose time has come. A descriptor that is not registered is no error
   * (C 5.3); bits that are not true are harmless (C 5.7).
   *
   * @param fd a descriptor, or CURL_SOCKET_TIMEOUT
   * @param bits CURL_CSELECT_ values; 0: find out
   * @returns how many transfers are unfinished, started or not (C 5.9), or CURLM_CALL_MULTI_PERFORM: call again before waiting
   */
  socketAction(fd: number, bits: number): number;

  /** The older form: runs every transfer and tells what is wanted anew (C 8.2). Costly; the driver's last resort. */
  socketAll(): number;

  /** Milliseconds until `socketAction(CURL_SOCKET_TIMEOUT, 0)` is due; -1 when nothing is. */
  timeout(): number;

  /** Any value may be assigned to a registered descriptor; undefined takes it back. */
  assign(fd: number, socketp: unknown): void;

  /** The oldest message, which is thereby read; undefined when there is none. Each transfer that ends has exactly one (I9). */
  infoRead(): Message<E> | undefined;

  /** Frees the multi. It MAY tell while it does, never after (C 6.7). Harmless the second time. */
  cleanup(): void;

  /** Where the engine opens its own sockets: whom to tell. */
  watchSockets?(life: SocketLife | null): void;

  /**
   * Whether the close of `fd` will be announced by `closing` before it happens, whatever happens: a stream socket of the
   * engine's own, past its connect phase. Only for such a one may an unwatch wait. Descriptors of resolvers and wakeups
   * never are (C 2.12).
   */
  announcesClose?(fd: number): boolean;

  /** Bytes received and sent so far by the handles that are added now: how the spin guard tells work from spinning. */
  bytesMoved?(): number;
}

/**
 * What happened to a transfer whose data the engine gathers. "full": it stopped receiving at the high-water mark, and goes
 * on after `proceed`. "drain": there is room for more of the body that is being sent. "progress": bytes moved, for requests
 * that ask for it; its bytes are four 64-bit floats in the machine's order, as in CURLOPT_XFERINFOFUNCTION: dltotal, dlnow,
 * ultotal, ulnow. What was not collected yet is replaced by what is newer.
 */
export type GatheredKind = "headers" | "body" | "trailers" | "full" | "drain" | "progress";

/** Called once for each thing gathered, per handle in the order it happened. `bytes` belongs to the receiver. */
export type GatherVisitor<E> = (easy: E, kind: GatheredKind, bytes: Uint8Array) => void;

/** An engine that gathers what its transfers receive, so that the driver takes all of it in one call a tick. */
export interface GatheringEngine<E extends EasyHandle> extends MultiEngine<E> {
  /** A handle for the request, gathering, not added. Throws MisuseError for what is wrong with the request. */
  prepare(request: TransferRequest): E;

  /**
   * Nobody asks anything of this handle any more, which is not added. It may be kept for another transfer if its own ended
   * `well`: with success, and all of it handed over. Absent: `cleanup` of the handle.
   */
  release?(easy: E, well: boolean): void;

  /** Hands over what was gathered and not yet, for all handles that are not held, removed ones included. */
  collect(visit: GatherVisitor<E>): void;

  /** Bytes of bodies that `collect` would hand over. Absent: no user is told anything before a whole batch was acted on. */
  gatheredBytes?(): number;

  /**
   * Takes back bytes that were handed over with `collect`, to use their memory for others: they are empty afterwards. Absent, or
   * where it is not worth it: nothing.
   */
  recycle?(bytes: Uint8Array): void;

  /** Several infos that are numbers or strings at once, of a list that stays the same. Absent: `getinfo`, one by one. */
  getinfos?(easy: E, infos: readonly string[]): readonly unknown[];

  /** Whether to keep what arrives for this handle instead of handing it over. It then fills up and stops receiving. */
  hold(easy: E, held: boolean): void;

  /**
   * The body is wanted in one piece: it is handed over when it is complete, or when there are `mostBytes` of it, at which it is
   * full. While the handle is held the high-water mark is as ever. Absent: handed over as it comes.
   */
  receiveWhole?(easy: E, mostBytes: number): void;

  /**
   * Of a transfer that is being ended: what has come of its body and was not handed over. Undefined when that is nothing, or not
   * what follows the `toldBytes` that its user has.
   */
  rest?(easy: E, toldBytes: number): Uint8Array | undefined;

  /**
   * Goes on after "full", or after the queue of bytes to send was empty; what still stands in the way stays.
   * @returns a CURLcode: other than 0 it is the end of the transfer, and no message will say so
   */
  proceed(easy: E): number;

  /** Queues a copy of the bytes to be sent, or the end of them; answers how many bytes are queued. */
  send(easy: E, bytes: Uint8Array | null): number;
}

/** One request, for any engine. */
export interface TransferRequest {
  /** An absolute URL; http and https unless `curl` says otherwise. At most 65 536 bytes. */
  readonly url: string;
  /** Default: GET, or PUT when there is a body. */
  readonly method?: string;
  /** Lines of the form "Name: value", as in CURLOPT_HTTPHEADER. */
  readonly headers?: readonly string[];
  /**
   * What to send. Bytes can be sent again when a redirect or authentication wants it. "stream": the bytes come through
   * `Transfer.send`, of a size that is known (bytes) or not.
   */
  readonly body?: Uint8Array | { readonly stream: true; readonly sizeBytes?: number };
  /** Bytes received but not taken at which receiving pauses. Default 524 288. */
  readonly highWaterBytes?: number;
  /** Bytes of a streamed body that are queued at which `Transfer.send` asks to wait for `drain`. Default 524 288. */
  readonly sendHighWaterBytes?: number;
  /** Most bytes of headers, informational answers, redirects and trailers together. Default 1 048 576. */
  readonly headerLimitBytes?: number;
  /** How many redirects are followed, at most. Default 0: a redirect is an answer like others. */
  readonly redirects?: number;
  /** Asks for the encodings that the engine can decode, and decodes them. Default false. */
  readonly decompress?: boolean;
  /** Whether the sink hears of `progress`. Default false. */
  readonly progress?: boolean;
  /** Options of the engine by its own names: { TIMEOUT_MS: 500 }. Applied last. */
  readonly curl?: Readonly<Record<string, unknown>>;
}
