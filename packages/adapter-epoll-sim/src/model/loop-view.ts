import type { Attachment, Interest, LoopAdapter, LoopSink } from "@curlew/core";
import type { Kernel } from "../kernel/index.js";
import type { Judge } from "./judge.js";

const MOST_MS = 2 ** 31 - 1;

/** What a driver has asked of its loop so far. */
export class LoopView {
  readonly #kernel: Kernel;
  readonly #judge: Judge;
  readonly #watched = new Map<number, { readonly interest: Interest; readonly object: object | undefined }>();
  /** What the loop would not watch. */
  readonly refused = new Set<number>();
  armedMs = Number.POSITIVE_INFINITY;
  held = false;
  closed = false;

  constructor(kernel: Kernel, judge: Judge) {
    this.#kernel = kernel;
    this.#judge = judge;
  }

  get watched(): readonly number[] {
    return [...this.#watched.keys()];
  }

  has(fd: number): boolean {
    return this.#watched.has(fd);
  }

  /** Whether it is watched so, and on the object that has the number now. */
  matches(fd: number, interest: number): boolean {
    const found = this.#watched.get(fd);
    return found?.interest === interest && found.object === this.#kernel.identity(fd);
  }

  /** The attachment, with everything noted that is asked of it. */
  wrap(inner: Attachment): Attachment {
    const judge = this.#judge;
    const used = (hook: string): void =>
      judge.check("C 6.7", !this.closed, () => `${hook} after the attachment was closed`);
    return {
      watch: (fd, interest) => {
        used("watch");
        judge.note(`watch ${fd} ${interest}`);
        this.#watch(inner, fd, interest);
      },
      unwatch: (fd) => {
        judge.note(`unwatch ${fd}`);
        inner.unwatch(fd);
        this.#watched.delete(fd);
        judge.unwatched(fd);
      },
      arm: (delayMs) => {
        used("arm");
        judge.note(`arm ${delayMs}`);
        judge.check("C 4.8", delayMs >= 0 && delayMs <= MOST_MS, () => `arm(${delayMs})`);
        inner.arm(delayMs);
        this.armedMs = this.#kernel.clock.nowMs + delayMs;
      },
      disarm: () => {
        used("disarm");
        judge.note("disarm");
        inner.disarm();
        this.armedMs = Number.POSITIVE_INFINITY;
      },
      now: () => inner.now(),
      hold: (alive) => {
        used("hold");
        judge.note(`hold ${alive}`);
        inner.hold(alive);
        this.held = alive;
      },
      close: () => {
        judge.note("close loop");
        this.closed = true;
        this.held = false;
        this.#watched.clear();
        return inner.close();
      },
    };
  }

  #watch(inner: Attachment, fd: number, interest: Interest): void {
    try {
      inner.watch(fd, interest);
    } catch (error) {
      this.refused.add(fd);
      this.#judge.refusals++;
      this.#watched.delete(fd);
      throw error;
    }
    this.refused.delete(fd);
    this.#watched.set(fd, { interest, object: this.#kernel.identity(fd) });
    this.#judge.watched(fd);
  }
}

/** A loop whose dealings with its driver are judged. */
export function judgedLoop(adapter: LoopAdapter, view: LoopView, judge: Judge): LoopAdapter {
  const tick = (why: string, run: () => void): void => {
    judge.tickBegins(why);
    run();
    judge.tickEnds();
  };
  const judgedSink = (sink: LoopSink): LoopSink => ({
    ready(fd, bits) {
      judge.reported(fd, bits);
      sink.ready(fd, bits);
    },
    batchEnd: () => tick("batchEnd", () => sink.batchEnd()),
    expired: () => {
      view.armedMs = Number.POSITIVE_INFINITY;
      tick("expired", () => sink.expired());
    },
    failed: (error) => tick("failed", () => sink.failed(error)),
  });
  return {
    name: adapter.name,
    batches: adapter.batches === true,
    attach: (sink) => view.wrap(adapter.attach(judgedSink(sink))),
  };
}
