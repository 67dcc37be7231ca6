import {
  type Attachment,
  CURL_CSELECT_ERR,
  type Interest,
  type LoopAdapter,
  LoopError,
  type LoopSink,
} from "@curlew/core";
import { addon, type Handle, TOLD_CLOSED, TOLD_TIMER, whyNot } from "./addon.js";

/** Events per call from the loop; a batch with more takes several calls. */
const EVENTS = 512;

/**
 * The event loop of the environment this runs in: Node's main loop, or a worker's. One uv_poll per descriptor, one
 * uv_timer, and one uv_check that ends each batch and, when asked, keeps the process alive.
 */
export function libuvLoop(): LoopAdapter {
  return { name: "libuv", batches: true, attach: (sink) => new LibuvAttachment(sink) };
}

/** Why this loop cannot be had here, in words for people; undefined when it can. */
export function libuvUnavailable(): string | undefined {
  return whyNot();
}

class LibuvAttachment implements Attachment {
  readonly #sink: LoopSink;
  readonly #events = new Int32Array(EVENTS * 2);
  readonly #handle: Handle;
  /** What libuv stopped watching for an error in this batch, with the interest to start it again with. */
  readonly #stopped = new Set<number>();
  readonly #interests = new Map<number, Interest>();
  #closing: Promise<void> | undefined;
  #closed: (() => void) | undefined;

  constructor(sink: LoopSink) {
    this.#sink = sink;
    const handle = addon().attach((what) => this.#told(what), this.#events);
    if (!handle)
      throw new LoopError("LOOP_UNAVAILABLE", "libuv's loop gave no handles: out of memory, or the environment ends");
    this.#handle = handle;
  }

  watch(fd: number, interest: Interest): void {
    if (this.#closing) return;
    const error = addon().watch(this.#handle, fd, interest);
    if (error === 0) {
      this.#interests.set(fd, interest);
      this.#stopped.delete(fd);
      return;
    }
    this.#interests.delete(fd);
    const errno = addon().errorName(error);
    throw new LoopError("LOOP_REFUSED", `uv_poll on descriptor ${fd}: ${errno}`, { errno });
  }

  unwatch(fd: number): void {
    if (this.#closing) return;
    this.#interests.delete(fd);
    this.#stopped.delete(fd);
    addon().unwatch(this.#handle, fd);
  }

  arm(delayMs: number): void {
    if (!this.#closing) addon().arm(this.#handle, delayMs);
  }

  disarm(): void {
    if (!this.#closing) addon().disarm(this.#handle);
  }

  now(): number {
    return performance.now();
  }

  hold(alive: boolean): void {
    if (!this.#closing) addon().hold(this.#handle, alive);
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve;
      addon().close(this.#handle);
    });
    return this.#closing;
  }

  #told(what: number): void {
    if (what === TOLD_CLOSED) this.#closed?.();
    else if (this.#closing) return;
    else if (what === TOLD_TIMER) this.#sink.expired();
    else this.#batch(what);
  }

  #batch(count: number): void {
    for (let i = 0; i < count * 2; i += 2) {
      const fd = this.#events[i] ?? 0;
      const bits = this.#events[i + 1] ?? 0;
      if (bits & CURL_CSELECT_ERR) this.#stopped.add(fd);
      this.#sink.ready(fd, bits);
      if (this.#closing) return; // by what was just told
    }
    this.#sink.batchEnd();
    if (this.#stopped.size > 0 && !this.#closing) this.#startAgain();
  }

  /** libuv answers an error by stopping the watcher, and libcurl does not repeat a registration (C 16.1). */
  #startAgain(): void {
    const stopped = [...this.#stopped];
    this.#stopped.clear();
    for (const fd of stopped) {
      const interest = this.#interests.get(fd);
      if (interest === undefined) continue;
      try {
        this.watch(fd, interest);
      } catch (error) {
        this.#sink.failed(error as LoopError);
      }
    }
  }
}
