import { CURL_CSELECT_ERR, CURL_CSELECT_IN, CURL_CSELECT_OUT, type Interest, LoopError } from "@curlew/core";
import type { Choices } from "../kernel/index.js";
import type { Found, Poller, World } from "./poller.js";

/** poll(2) for one descriptor, not waiting: which of `events` are there, and errors whatever was asked for. */
export type Probe = (fd: number, events: number) => number;

const POLLIN = 1;
const POLLOUT = 4;
const POLLNVAL = 32;

/**
 * Real descriptors and real time under the simulated loop: the probe says what is ready, the loop decides what is told of
 * it, when, and in which order. Between two turns the caller lets the process's own loop run.
 */
export class ProbeWorld implements World {
  readonly #probe: Probe;
  readonly #choices: Choices;
  readonly #now: () => number;

  constructor(probe: Probe, choices: Choices, now: () => number) {
    this.#probe = probe;
    this.#choices = choices;
    this.#now = now;
  }

  openPoller(): Poller {
    return new ProbePoller(this.#probe, this.#choices);
  }

  get nowMs(): number {
    return this.#now();
  }

  /** Something may happen at any moment. */
  get nextMs(): number {
    return this.#now();
  }

  passUntil(): void {}
}

class ProbePoller implements Poller {
  readonly #probe: Probe;
  readonly #choices: Choices;
  readonly #registered = new Map<number, { readonly interest: Interest; readonly id: number }>();

  constructor(probe: Probe, choices: Choices) {
    this.#probe = probe;
    this.#choices = choices;
  }

  add(fd: number, interest: Interest, id: number): void {
    if (this.#probe(fd, 0) & POLLNVAL) throw new LoopError("LOOP_REFUSED", "poll: EBADF", { errno: "EBADF" });
    this.#registered.set(fd, { interest, id });
  }

  modify(fd: number, interest: Interest, id: number): void {
    this.add(fd, interest, id);
  }

  remove(fd: number): void {
    this.#registered.delete(fd);
  }

  get ready(): boolean {
    return [...this.#registered].some(([fd, { interest }]) => this.#look(fd, interest) !== 0);
  }

  wait(most: number): Found[] {
    const waiting = [...this.#registered];
    const found: Found[] = [];
    while (waiting.length > 0 && found.length < most) {
      const at = this.#choices.choose("order", waiting.length);
      const [[fd, { interest, id }]] = waiting.splice(at, 1) as [[number, { interest: Interest; id: number }]];
      const bits = this.#look(fd, interest);
      if (bits !== 0) found.push({ id, bits });
    }
    return found;
  }

  close(): void {
    this.#registered.clear();
  }

  #look(fd: number, interest: Interest): number {
    const seen = this.#probe(fd, (interest & 1 ? POLLIN : 0) | (interest & 2 ? POLLOUT : 0));
    return (
      (seen & POLLIN ? CURL_CSELECT_IN : 0) |
      (seen & POLLOUT ? CURL_CSELECT_OUT : 0) |
      (seen & ~(POLLIN | POLLOUT) ? CURL_CSELECT_ERR : 0)
    );
  }
}
