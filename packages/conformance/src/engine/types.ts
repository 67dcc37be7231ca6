import type { EasyHandle, MultiEngine } from "@curlew/core";

/** What an engine's server does: paths are the same for every engine. */
export type Route = "bytes" | "delay" | "hang" | "reset" | "echo";

/** Targets that not every world has; `why` says what is missing. */
export type Special =
  | "refusing, then good"
  | "refusing"
  | "mute"
  | "multiplexed"
  | "over TLS"
  | "malformed"
  /** A name that takes seconds to be looked up. */
  | "slow name"
  /** A name that is asked of a server for DNS over HTTPS, which refuses. */
  | "over DoH";

export interface Target {
  readonly url: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Calls of libcurl's that are not part of the contract of engines. A case that needs one is not for engines without it. */
export interface OptionalCalls {
  perform?(): number;
  wakeup?(): void;
  notifyEnable?(type: number): void;
  notifyDisable?(type: number): void;
}

/** Something is so until it is undone, or cannot be, and why. */
export type Arranged = { undo(): void } | { readonly why: string };

/** An engine in its world, fresh for one case. */
export interface EngineBench {
  multi(): MultiEngine<EasyHandle>;
  easy(): EasyHandle;
  /** `argument`: bytes, or ms. */
  target(route: Route, argument: number): Target;
  special(kind: Special): Target | { readonly why: string };
  /** CURL_CSELECT bits of what is ready of the interest; 0 when nothing is. */
  poll(fd: number, interest: number): number;
  nowMs(): number;
  /** Lets time pass: a moment, or until the next thing that is known of, at most until then. */
  wait(untilMs: number): Promise<void>;
  /** Answered by a write callback: the bytes are kept, and the transfer is paused. */
  readonly writePause: number;
  /** REMOVE may come for what was never told (8.13 to 8.15, C 2.7). */
  readonly strayRemove: boolean;
  /** The descriptor of all lookups stays told, and ready (8.20.0, C 12.1). */
  readonly keepsWakeup: boolean;
  /** Up to 8.3 it may be called inside a callback, after a nested one has returned (C 10.4). */
  readonly guardHole: boolean;
  /** Up to 8.21 a handle that is not added may be removed inside a callback (C 10.2). */
  readonly guardBoolean: boolean;
  /** Up to 8.1.2 sockets that are still connecting are closed before REMOVE (C 2.8). */
  readonly closesBeforeRemove: boolean;
  /** The next descriptor will be 0. */
  freeZero(): Arranged;
  /** The next descriptor will be above 1024. */
  crowd(): Arranged;
  dispose?(): void | Promise<void>;
}

/** A case of the contract's list, C1 to C41. */
export interface EngineCase {
  readonly id: string;
  readonly what: string;
  run(loop: import("./engine-loop.js").EngineLoop): Promise<void>;
}

/** The case needs what this world has not. */
export class NotHere extends Error {}
