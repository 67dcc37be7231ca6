import { CURL_POLL_OUT } from "@curlew/core";
import { EPOLLERR, EPOLLOUT, type Kernel } from "../kernel/index.js";
import type { ModelEasy } from "./easy.js";
import type { Profile } from "./profiles.js";
import type { Sockets } from "./sockets.js";

const HAPPY_EYEBALLS_MS = 200;

/** Connecting to one of several addresses: the next one joins after 200 ms, or when one refuses (C 2.11). */
export class Connecting {
  readonly #kernel: Kernel;
  readonly #profile: Profile;
  readonly #sockets: Sockets;
  readonly #easy: ModelEasy;
  readonly #addresses: string[];
  readonly #attempts: number[] = [];
  #nextAtMs = Number.POSITIVE_INFINITY;
  #refusals = 0;
  /** Up to 8.14.1, after the second refusal: nothing is watched and no timer is set. */
  #forgotten = false;

  constructor(kernel: Kernel, profile: Profile, sockets: Sockets, easy: ModelEasy, addresses: readonly string[]) {
    this.#kernel = kernel;
    this.#profile = profile;
    this.#sockets = sockets;
    this.#easy = easy;
    this.#addresses = [...addresses];
    this.#tryNext();
  }

  /** When the next address is to be tried; Infinity when there is none, or it was forgotten. */
  get deadlineMs(): number {
    return this.#forgotten ? Number.POSITIVE_INFINITY : this.#nextAtMs;
  }

  get wanted(): ReadonlyMap<number, number> {
    return new Map(this.#attempts.map((fd) => [fd, CURL_POLL_OUT]));
  }

  /** The descriptor that stands; "failed" when no address is left; undefined while it goes on. */
  look(): number | "failed" | undefined {
    for (const fd of [...this.#attempts]) {
      const mask = this.#kernel.poll(fd);
      if (mask & EPOLLERR) this.#refused(fd);
      else if (mask & EPOLLOUT) return this.#stands(fd);
    }
    this.#forgotten = this.#attempts.length === 0 && this.#addresses.length > 0 && this.#forgets;
    if (this.#forgotten) return undefined;
    if (this.#attempts.length === 0 || this.#nextAtMs <= this.#kernel.clock.nowMs) this.#tryNext();
    return this.#attempts.length === 0 ? "failed" : undefined;
  }

  /** socketAll looks at everything, also at what was forgotten. */
  remember(): void {
    this.#refusals = 0;
  }

  abandon(): void {
    for (const fd of this.#attempts.splice(0)) this.#sockets.close(fd, this.#easy);
  }

  get #forgets(): boolean {
    return this.#profile.secondRefusalForgotten && this.#refusals === 2;
  }

  #tryNext(): void {
    const address = this.#addresses.shift();
    if (address !== undefined) this.#attempts.push(this.#sockets.open(address));
    const more = this.#addresses.length > 0;
    this.#nextAtMs = more ? this.#kernel.clock.nowMs + HAPPY_EYEBALLS_MS : Number.POSITIVE_INFINITY;
  }

  #refused(fd: number): void {
    this.#refusals++;
    this.#kernel.socketError(fd);
    this.#attempts.splice(this.#attempts.indexOf(fd), 1);
    this.#sockets.close(fd, this.#easy);
  }

  #stands(fd: number): number {
    this.#attempts.splice(this.#attempts.indexOf(fd), 1);
    this.abandon();
    this.#sockets.connected(fd);
    return fd;
  }
}
