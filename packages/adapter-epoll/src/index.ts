import { getSystemErrorName } from "node:util";
import { type Attachment, type Interest, type LoopAdapter, LoopError, type LoopSink } from "@curlew/core";
import { addon, type Handle, whyNot } from "./addon.js";

/** Events per turn; what is ready beyond that comes with the next one. */
const EVENTS = 512;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * A real epoll, in any runtime with Node-API: one epoll descriptor with a timerfd in it for each attachment, and a thread
 * that waits for it and calls the runtime's own loop. Linux.
 */
export function epollLoop(): LoopAdapter {
  return { name: "epoll", batches: true, attach: (sink) => new EpollAttachment(sink) };
}

/** Why this loop cannot be had here, in words for people; undefined when it can. */
export function epollUnavailable(): string | undefined {
  return whyNot();
}

class EpollAttachment implements Attachment {
  readonly #sink: LoopSink;
  readonly #events = new Int32Array(EVENTS * 2);
  readonly #handle: Handle;
  /** When `expired` is due, on the clock of `now`. */
  #deadline = NEVER;
  /** What the timerfd is set for; undefined once it expired, which makes epoll report it until it is set anew. */
  #timerfd: number | undefined = NEVER;
  #inTurn = false;
  #closed = false;

  constructor(sink: LoopSink) {
    this.#sink = sink;
    const handle = addon().attach((count, expired) => this.#turn(count, expired), this.#events);
    if (typeof handle !== "object") throw refused("an epoll descriptor and a thread for it", handle);
    this.#handle = handle;
  }

  watch(fd: number, interest: Interest): void {
    if (this.#closed) return;
    const error = addon().watch(this.#handle, fd, interest);
    if (error !== 0) {
      const errno = getSystemErrorName(error);
      throw new LoopError("LOOP_REFUSED", `epoll_ctl on descriptor ${fd}: ${errno}`, { errno });
    }
  }

  unwatch(fd: number): void {
    if (!this.#closed) addon().unwatch(this.#handle, fd);
  }

  arm(delayMs: number): void {
    this.#setDeadline(this.now() + delayMs);
  }

  disarm(): void {
    this.#setDeadline(NEVER);
  }

  now(): number {
    return performance.now();
  }

  hold(alive: boolean): void {
    if (!this.#closed) addon().hold(this.#handle, alive);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    addon().close(this.#handle);
  }

  /** The thread sleeps until this returns. */
  #turn(count: number, expired: boolean): void {
    if (expired) this.#timerfd = undefined;
    this.#inTurn = true;
    this.#report(count);
    this.#inTurn = false;
    this.#setTimerfd();
  }

  #report(count: number): void {
    for (let i = 0; i < count * 2 && !this.#closed; i += 2)
      this.#sink.ready(this.#events[i] ?? 0, this.#events[i + 1] ?? 0);
    if (count > 0 && !this.#closed) this.#sink.batchEnd();
    if (this.#closed || this.now() < this.#deadline) return;
    this.#deadline = NEVER;
    this.#sink.expired();
  }

  #setDeadline(deadline: number): void {
    this.#deadline = deadline;
    if (!this.#inTurn) this.#setTimerfd();
  }

  /** Once a turn: while it lasts nobody waits. */
  #setTimerfd(): void {
    if (this.#closed || this.#timerfd === this.#deadline) return;
    this.#timerfd = this.#deadline;
    addon().setTimer(this.#handle, this.#deadline === NEVER ? -1 : Math.max(0, this.#deadline - this.now()));
  }
}

function refused(what: string, answer: number | undefined): LoopError {
  const why = answer === undefined ? "out of memory, or the environment ends" : getSystemErrorName(answer);
  return new LoopError("LOOP_UNAVAILABLE", `there is no ${what}: ${why}`);
}
