import { type Attachment, type Interest, LoopError, type LoopSink } from "@curlew/core";
import { addon, EXPIRED, type Handle } from "./addon.js";
import { loopError } from "./loop-error.js";

/** Events per turn; what is ready beyond that comes with the next one. */
const EVENTS = 512;
const NEVER = Number.POSITIVE_INFINITY;
/** The deadline of `arm(0)`, whatever the time is. */
const AT_ONCE = 0;

/**
 * One epoll descriptor and its thread. A *turn* asks epoll what is ready, without waiting, and reports it; turns are run by
 * the thread's call, or, for a 0 timer, by setImmediate: that costs no change of threads, and lets other users of the
 * runtime's loop have their turn in between.
 */
export class EpollAttachment implements Attachment {
  readonly #sink: LoopSink;
  readonly #events = new Int32Array(EVENTS * 2);
  readonly #handle: Handle;
  /** When `expired` is due, on the clock of `now`. */
  #deadline = NEVER;
  /** What the timerfd is set for; undefined once it expired: epoll goes on reporting it until it is set anew. */
  #timerfd: number | undefined = NEVER;
  #inTurn = false;
  /** The deadline has passed when this turn began, and nothing else was asked for since. */
  #expiring = false;
  /** A turn was asked of setImmediate. */
  #soon = false;
  #held = false;
  /** A turn by setImmediate is owed, though nothing is held: see `#settle`. */
  #owed = false;
  #closed = false;

  /** @throws LoopError LOOP_UNAVAILABLE */
  constructor(sink: LoopSink) {
    this.#sink = sink;
    const handle = addon().attach(() => this.#turn(), this.#events);
    if (typeof handle !== "object") throw unavailable(handle);
    this.#handle = handle;
  }

  watch(fd: number, interest: Interest): void {
    if (this.#closed) return;
    const error = addon().watch(this.#handle, fd, interest);
    if (error !== 0) throw loopError("LOOP_REFUSED", `epoll_ctl on descriptor ${fd}`, error);
  }

  unwatch(fd: number): void {
    if (!this.#closed) addon().unwatch(this.#handle, fd);
  }

  arm(delayMs: number): void {
    this.#setDeadline(delayMs === 0 ? AT_ONCE : this.now() + delayMs);
  }

  disarm(): void {
    this.#setDeadline(NEVER);
  }

  now(): number {
    return performance.now();
  }

  hold(alive: boolean): void {
    if (this.#closed) return;
    this.#held = alive;
    this.#owed ||= alive;
    addon().hold(this.#handle, alive);
    this.#settle();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    addon().close(this.#handle);
  }

  #turn(): void {
    if (this.#closed) return;
    const found = addon().ready(this.#handle);
    if (found < 0) return this.#fail("epoll_wait", found);
    this.#inTurn = true;
    if (found & EXPIRED) this.#timerfd = undefined;
    try {
      this.#report(found & ~EXPIRED);
    } finally {
      // A sink that throws, which it may not, is an uncaught exception: not the end of the loop.
      this.#inTurn = false;
      this.#settle();
      this.#wait();
    }
  }

  #wait(): void {
    if (this.#soon || this.#closed) return;
    const error = addon().wait(this.#handle);
    if (error !== 0) this.#fail("waiting for the epoll descriptor", error);
  }

  /** Nobody waits any more, so nothing would be reported, and nothing be heard of that. */
  #fail(what: string, error: number): void {
    this.#sink.failed(loopError("LOOP_FAILED", `epoll cannot go on, ${what}`, error));
  }

  /** What is asked for meanwhile, be it a delay of 0, is for a later turn: what promises wait for comes first. */
  #report(count: number): void {
    this.#expiring = this.now() >= this.#deadline;
    for (let i = 0; i < count * 2 && !this.#closed; i += 2)
      this.#sink.ready(this.#events[i] ?? 0, this.#events[i + 1] ?? 0);
    if (count > 0 && !this.#closed) this.#sink.batchEnd();
    if (!this.#expiring || this.#closed) return;
    this.#setDeadline(NEVER);
    this.#sink.expired();
  }

  #setDeadline(deadline: number): void {
    this.#deadline = deadline;
    this.#expiring = false;
    this.#settle();
  }

  /**
   * Sees to the next turn: at the end of one, because nobody waits while it lasts. A pending setImmediate keeps the process
   * alive; so where nothing may, a 0 timer goes through timerfd and thread. But for one turn after the loop was let go, which
   * is no life: who asks for one thing after the other asks again in it, and the thread would be woken for nothing each time.
   */
  #settle(): void {
    if (this.#inTurn || this.#soon || this.#closed) return;
    if (this.#held ? this.#deadline === AT_ONCE : this.#owed) this.#runSoon();
    else this.#setTimerfd();
  }

  #runSoon(): void {
    this.#soon = true;
    this.#owed = this.#held;
    setImmediate(() => {
      this.#soon = false;
      this.#turn();
    });
  }

  #setTimerfd(): void {
    if (this.#timerfd === this.#deadline) return;
    this.#timerfd = this.#deadline;
    addon().setTimer(this.#handle, this.#deadline === NEVER ? -1 : Math.max(0, this.#deadline - this.now()));
  }
}

function unavailable(answer: number | undefined): LoopError {
  const what = "no epoll descriptor and no thread for it";
  if (answer !== undefined) return loopError("LOOP_UNAVAILABLE", what, answer);
  return new LoopError("LOOP_UNAVAILABLE", `${what}: out of memory, or the environment ends`);
}
