/**
 * The contract between a driver and what implements the multi handle: libcurl, or a model of it.
 *
 * The names and the meaning are those of libcurl's manual pages; what is said here is what the driver relies on. All
 * calls on one engine and its handles come from one thread. "Told" means: by one of the two callbacks.
 */

import type { PollAction } from "./constants.js";
import type { CurlewError } from "./errors.js";

/**
 * One easy handle. Names of options and infos are libcurl's without the prefix: "URL", "RESPONSE_CODE".
 */
export interface EasyHandle {
  /** @throws MisuseError or CurlewError when the option is unknown, refused, or the value is not of its kind. */
  setopt(option: string, value: unknown): void;
  getinfo(info: string): unknown;
  /** `bitmask`: the CURLPAUSE_ values. May call the data callbacks and the multi's callbacks before it returns (C 11.3). */
  pause(bitmask: number): void;
  /** Whether a direction of it is paused, by whom or what ever. Such a transfer may rightly watch nothing. */
  readonly paused: boolean;
  /** Frees the handle. It must not be added to a multi. Harmless the second time. */
  cleanup(): void;
  /** A typed error for a CURLcode that is not 0, with what this handle knows about it; the driver asks right after the end. */
  failure(curlCode: number): CurlewError;
}

/**
 * CURLMOPT_SOCKETFUNCTION. `easy` is undefined for a handle of the engine's own (C 2.10). `socketp` is what was assigned
 * to the descriptor, undefined at first and again after REMOVE (C 2.7).
 */
export type SocketFunction<E> = (
  easy: E | undefined,
  fd: number,
  action: PollAction,
  userp: unknown,
  socketp: unknown,
) => number | undefined | void;

/** CURLMOPT_TIMERFUNCTION: -1 to delete the timer, 0 for as soon as possible but not from inside, else milliseconds. */
export type TimerFunction = (timeoutMs: number, userp: unknown) => number | undefined | void;

/**
 * Sockets the engine opened itself, through CURLOPT_OPENSOCKETFUNCTION, and will close through
 * CURLOPT_CLOSESOCKETFUNCTION. Not an option of libcurl's multi: its two easy options, joined for all easies of a multi.
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

/** Multi options that take something else than a number. */
export interface MultiCallbacks<E> {
  SOCKETFUNCTION: SocketFunction<E> | null;
  SOCKETDATA: unknown;
  TIMERFUNCTION: TimerFunction | null;
  TIMERDATA: unknown;
}

/** The one kind of message there is: CURLMSG_DONE (C 9.2). */
export interface Message<E> {
  readonly easy: E;
  /** CURLcode. */
  readonly result: number;
  /** How many more messages wait. */
  readonly queued: number;
}

/** What happened to a transfer whose data the engine gathers, in the order it happened. */
export type GatheredKind = "headers" | "body" | "trailers" | "full" | "drain";

/**
 * Called for each thing gathered. `bytes` belongs to the receiver. "full": the engine stopped receiving because enough
 * is gathered, and goes on after `proceed`. "drain": there is room for more of the body to be sent.
 */
export type GatherVisitor<E> = (easy: E, kind: GatheredKind, bytes: Uint8Array) => void;

/** What is peculiar to the version at hand. */
export interface EngineHazards {
  /** A timeout call before its time loses the timer (8.10.0 to 8.11.0, P B4). */
  readonly earlyTimeoutLosesTimer: boolean;
}

/**
 * A multi handle. Every call except `assign`, `infoRead` and `timeout` may call the socket and the timer callback before
 * it returns, for any descriptor (C 2.6). No call but `assign` and `infoRead` may be made from inside a callback of the
 * same multi; the driver never tries (C 10).
 *
 * Calls that libcurl answers with a CURLMcode throw a MultiError when it is not CURLM_OK.
 */
export interface MultiEngine<E extends EasyHandle> {
  /** "libcurl", "model". */
  readonly name: string;
  readonly hazards: EngineHazards;

  setopt<K extends keyof MultiCallbacks<E>>(option: K, value: MultiCallbacks<E>[K]): void;
  setopt(option: string, value: number): void;

  addHandle(easy: E): void;
  removeHandle(easy: E): void;

  /**
   * @param fd a descriptor, or CURL_SOCKET_TIMEOUT
   * @param bits CURL_CSELECT_ values; 0: find out
   * @returns how many transfers are unfinished, started or not (C 5.9), or CURLM_CALL_MULTI_PERFORM
   */
  socketAction(fd: number, bits: number): number;
  socketAll(): number;

  /** Milliseconds until socketAction(CURL_SOCKET_TIMEOUT, 0) is due; -1 when nothing is. */
  timeout(): number;

  /** Any value may be assigned to a registered descriptor; undefined takes it back. */
  assign(fd: number, socketp: unknown): void;

  infoRead(): Message<E> | undefined;

  /** Frees the multi; handles still added are removed first. Callbacks may come during it, never after (C 6.7). */
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

/** An engine that can gather what its transfers receive, so that the driver takes all of it in one call a tick. */
export interface GatheringEngine<E extends EasyHandle> extends MultiEngine<E> {
  /** A handle for the request, gathering, not added. Throws MisuseError for what is wrong with the request. */
  prepare(request: TransferRequest): E;
  /** Hands over everything gathered for handles that are not held. The visitor must not call the engine. */
  collect(visit: GatherVisitor<E>): void;
  /** Whether to keep what arrives for this handle instead of handing it over. It then fills up and stops receiving. */
  hold(easy: E, held: boolean): void;
  /** Goes on after "full", or after the queue of bytes to send was empty. */
  proceed(easy: E): void;
  /** Queues bytes to be sent, or the end of them; answers how many bytes are queued. */
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
  /** Most bytes of headers, informational answers, redirects and trailers together. Default 1 048 576. */
  readonly headerLimitBytes?: number;
  /** Options of the engine by its own names: { TIMEOUT_MS: 500 }. Applied last. */
  readonly curl?: Readonly<Record<string, unknown>>;
}
