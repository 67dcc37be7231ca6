import type { Interest } from "@curlew/core";

/** A registration that was found ready. */
export interface Found {
  /** The number that was given with the registration. */
  readonly id: number;
  /** CURL_CSELECT bits. */
  readonly bits: number;
}

/** Where a loop has its readiness from. Errors of the system have `errno`. */
export interface Poller {
  /** Registers `fd`; `id` tells this registration from those of the same number before and after. */
  add(fd: number, interest: Interest, id: number): void;
  modify(fd: number, interest: Interest, id: number): void;
  remove(fd: number): void;
  /** Whether a wait would find anything now. */
  readonly ready: boolean;
  /** At most that many of those that are ready now, level-triggered. */
  wait(most: number): Found[];
  close(): void;
}

/** What a loop lives on: simulated or real. */
export interface World {
  openPoller(): Poller;
  readonly nowMs: number;
  /** When something will happen by itself; Infinity when nothing will, or nobody knows. */
  readonly nextMs: number;
  /** Lets time pass until then, where that can be done. */
  passUntil(ms: number): void;
}
