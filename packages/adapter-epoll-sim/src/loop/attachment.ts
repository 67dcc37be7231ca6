import { type Attachment, type Interest, type LoopSink, MisuseError } from "@curlew/core";
import type { Choices } from "../kernel/index.js";
import type { World } from "./poller.js";
import { type Registration, Registrations } from "./registrations.js";

/** What a batch may be cut to, besides "everything": one, or a few. */
const MOST_PER_WAIT = [Number.POSITIVE_INFINITY, 1, 3];
/** How late a timer may be, besides "on time" and "when the next thing happens". */
const LATE_MS = [0, 0, 3, 1500];

export class SimulatedAttachment implements Attachment {
  readonly #sink: LoopSink;
  readonly #world: World;
  readonly #choices: Choices;
  readonly #registrations: Registrations;
  #dueMs = Number.POSITIVE_INFINITY;
  #held = false;
  #closed: Promise<void> | undefined;
  readonly #onClose: () => void;

  constructor(sink: LoopSink, world: World, choices: Choices, onClose: (attachment: SimulatedAttachment) => void) {
    this.#sink = sink;
    this.#world = world;
    this.#choices = choices;
    this.#registrations = new Registrations(() => world.openPoller());
    this.#onClose = () => onClose(this);
  }

  watch(fd: number, interest: Interest): void {
    if (!this.#closed) this.#registrations.set(fd, interest);
  }

  unwatch(fd: number): void {
    if (!this.#closed) this.#registrations.delete(fd);
  }

  /** @throws MisuseError OUT_OF_RANGE for a delay that is negative or no number */
  arm(delayMs: number): void {
    if (!(delayMs >= 0)) throw new MisuseError("OUT_OF_RANGE", `a delay is 0 ms or more, not ${delayMs}`);
    if (this.#closed) return;
    this.#dueMs = this.#world.nowMs + delayMs;
    // A 0 is served before the loop blocks, however late timers are.
    const late = delayMs > 0 ? this.#choices.choose("late", LATE_MS.length) : 0;
    const { nextMs } = this.#world;
    if (late === 1 && nextMs < Number.POSITIVE_INFINITY) this.#dueMs = Math.max(this.#dueMs, nextMs);
    else this.#dueMs += LATE_MS[late] ?? 0;
  }

  disarm(): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  now(): number {
    return this.#world.nowMs;
  }

  hold(alive: boolean): void {
    this.#held = alive && !this.#closed;
  }

  close(): Promise<void> {
    if (this.#closed) return this.#closed;
    this.#closed = Promise.resolve();
    this.disarm();
    this.#held = false;
    this.#onClose();
    return this.#closed;
  }

  // --- for the loop --------------------------------------------------------------------------------------------------

  get held(): boolean {
    return this.#held;
  }

  /** When the timer is to be served; Infinity when it is not set. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** What is registered, as [descriptor, interest]. */
  get watched(): readonly (readonly [number, Interest])[] {
    return this.#registrations.all().map(({ fd, interest }) => [fd, interest] as const);
  }

  /** Whether a wait would return at once. */
  get ready(): boolean {
    return this.#registrations.ready;
  }

  release(): void {
    this.#registrations.close();
  }

  /** Reports what is ready and serves the timer; answers whether there was anything. */
  serve(): boolean {
    const timerFirst = this.#choices.choose("order", 2) === 1;
    const early = timerFirst && this.#expire();
    const reported = this.#report();
    const late = !timerFirst && this.#expire();
    return early || reported || late;
  }

  #expire(): boolean {
    if (this.#closed || this.#dueMs > this.#world.nowMs) return false;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#sink.expired();
    return true;
  }

  #report(): boolean {
    if (this.#closed || this.#registrations.size === 0) return false;
    const most = MOST_PER_WAIT[this.#choices.choose("batch", MOST_PER_WAIT.length)] ?? 1;
    const ready = this.#registrations.wait(most);
    const real = ready.length > 0;
    this.#addSpurious(ready);
    if (ready.length === 0) return false;
    for (const [i, { registration, bits }] of ready.entries()) {
      if (this.#closed) return true;
      // After a cut this is a later batch, in which only what still stands may be reported.
      if (this.#registrations.stands(registration)) this.#sink.ready(registration.fd, bits);
      if (i + 1 < ready.length && this.#choices.choose("split", 2) === 1) this.#sink.batchEnd();
    }
    if (!this.#closed) this.#sink.batchEnd();
    return real;
  }

  /** A report of something that is not so: allowed, in a direction that was asked for (C 5.7). */
  #addSpurious(ready: { registration: Registration; bits: number }[]): void {
    if (this.#choices.choose("spurious", 2) === 0) return;
    const all = this.#registrations.all();
    const registration = all[this.#choices.choose("order", all.length)];
    if (!registration || ready.some((found) => found.registration === registration)) return;
    ready.push({ registration, bits: registration.interest });
  }
}
