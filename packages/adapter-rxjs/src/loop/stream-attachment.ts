import { type Attachment, type Interest, LoopError, type LoopSink } from "@curlew/core";
import { BehaviorSubject, type SchedulerLike, Subscription } from "rxjs";
import { messageOf } from "../message.js";
import type { LoopStreams } from "./streams.js";

declare function queueMicrotask(run: () => void): void;

/** A subscription to a descriptor's readiness, by which it is registered. */
interface Registration {
  readonly interest$: BehaviorSubject<Interest>;
  readonly subscription: Subscription;
}

/** An attachment made of streams. */
export class StreamAttachment implements Attachment {
  readonly #sink: LoopSink;
  readonly #streams: LoopStreams;
  readonly #batches: boolean;
  readonly #scheduler: SchedulerLike;
  readonly #registrations = new Map<number, Registration>();
  readonly #all = new Subscription();
  /** A hook or the sink is on the stack: the sink must not be called now. */
  #busy = false;
  /** What was told meanwhile. */
  #late: (() => void)[] = [];
  #lateTimer: Subscription | undefined;
  /** The descriptor that is being watched at this moment, and why it cannot be. */
  #watching: { readonly fd: number; refusal?: LoopError } | undefined;
  #timer: Subscription | undefined;
  /** Which arm that is of: a scheduler may run what was taken back, or what it has run. */
  #arms = 0;
  #dueMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #behindMs = 0;
  #broken = false;
  #closed: Promise<void> | undefined;

  constructor(sink: LoopSink, streams: LoopStreams, batches: boolean, scheduler: SchedulerLike) {
    this.#sink = sink;
    this.#streams = streams;
    this.#batches = batches;
    this.#scheduler = scheduler;
    this.#all.add(
      streams.batchEnd$.subscribe({
        next: () => this.#tell(() => sink.batchEnd()),
        error: (error) => this.#break(brokenBy(error)),
      }),
    );
  }

  watch(fd: number, interest: Interest): void {
    if (this.#closed) return;
    const watching: { readonly fd: number; refusal?: LoopError } = { fd };
    this.#watching = watching;
    this.#alone(() => {
      const known = this.#registrations.get(fd);
      if (known) known.interest$.next(interest);
      else this.#register(fd, interest);
    });
    this.#watching = undefined;
    if (watching.refusal) throw watching.refusal;
  }

  unwatch(fd: number): void {
    const registration = this.#registrations.get(fd);
    if (!registration) return;
    this.#registrations.delete(fd);
    this.#alone(() => registration.subscription.unsubscribe());
  }

  arm(delayMs: number): void {
    this.disarm();
    if (this.#closed) return;
    this.#dueMs = this.now() + delayMs;
    this.#schedule(delayMs);
  }

  disarm(): void {
    this.#arms++;
    this.#timer?.unsubscribe();
    this.#timer = undefined;
  }

  /** Goes on from where it was when the scheduler's clock is set back: asyncScheduler's is the time of day. */
  now(): number {
    const nowMs = this.#scheduler.now();
    if (nowMs < this.#lastMs) this.#behindMs += this.#lastMs - nowMs;
    this.#lastMs = nowMs;
    return nowMs + this.#behindMs;
  }

  hold(alive: boolean): void {
    if (!this.#closed) this.#streams.hold(alive);
  }

  close(): Promise<void> {
    if (this.#closed) return this.#closed;
    this.#closed = Promise.resolve();
    this.disarm();
    for (const fd of [...this.#registrations.keys()]) this.unwatch(fd);
    this.#all.unsubscribe();
    this.#closed = this.#streams.close();
    return this.#closed;
  }

  // --- descriptors ---------------------------------------------------------------------------------------------------

  #register(fd: number, interest: Interest): void {
    const registration = { interest$: new BehaviorSubject(interest), subscription: new Subscription() };
    this.#registrations.set(fd, registration);
    const ended = (error: unknown): void => this.#ended(fd, registration, error);
    try {
      const subscription = this.#streams.readiness(fd, registration.interest$.asObservable()).subscribe({
        next: (bits) => this.#tell(() => this.#ready(fd, registration, bits)),
        error: ended,
        complete: () => ended(undefined),
      });
      registration.subscription.add(subscription);
    } catch (error) {
      ended(error); // the function that makes the stream
    }
  }

  #ready(fd: number, registration: Registration, bits: number): void {
    if (this.#registrations.get(fd) === registration) this.#sink.ready(fd, bits);
  }

  /** Nothing will be heard of the descriptor: a refusal while it is being watched, the end of the loop later. */
  #ended(fd: number, registration: Registration, cause: unknown): void {
    if (this.#registrations.get(fd) !== registration) return;
    this.#registrations.delete(fd);
    registration.subscription.unsubscribe();
    if (this.#watching?.fd === fd) this.#watching.refusal = refusedBy(fd, cause);
    else this.#break(brokenBy(cause, `the readiness of descriptor ${fd} ended while it was watched`));
  }

  // --- time ----------------------------------------------------------------------------------------------------------

  #schedule(delayMs: number): void {
    const arm = ++this.#arms;
    let inside = true;
    try {
      this.#timer = this.#scheduler.schedule(() => {
        if (inside) this.#breakLater("ran work inside schedule()");
        else if (arm === this.#arms) this.#expired();
      }, delayMs);
    } catch (error) {
      this.#breakLater(`cannot schedule: ${messageOf(error)}`, error);
    }
    inside = false;
  }

  /** A scheduler's timer may be a part of a millisecond early by its own clock. */
  #expired(): void {
    const leftMs = this.#dueMs - this.now();
    if (leftMs > 0) return this.#schedule(leftMs);
    this.disarm();
    this.#tell(() => this.#sink.expired());
  }

  /** The scheduler is of no use, so from a stack of its own. */
  #breakLater(what: string, cause?: unknown): void {
    const error = new LoopError("LOOP_FAILED", `the loop's scheduler ${what}`, { cause });
    queueMicrotask(() => this.#alone(() => this.#fail(error)));
  }

  // --- the sink ------------------------------------------------------------------------------------------------------

  #break(error: LoopError): void {
    this.#tell(() => this.#fail(error));
  }

  /** Once, whatever else ends with it. */
  #fail(error: LoopError): void {
    if (this.#broken || this.#closed) return;
    this.#broken = true;
    this.#sink.failed(error);
  }

  #alone(run: () => void): void {
    const outer = this.#busy;
    this.#busy = true;
    try {
      run();
    } finally {
      this.#busy = outer;
    }
  }

  /** Calls the sink, now or from a fresh stack: a stream may emit while it is subscribed to, or amid user code. */
  #tell(call: () => void): void {
    if (!this.#busy) return this.#alone(call);
    this.#late.push(call);
    this.#lateTimer ??= this.#scheduler.schedule(() => this.#tellLate(), 0);
  }

  #tellLate(): void {
    this.#lateTimer = undefined;
    const late = this.#late;
    this.#late = [];
    if (this.#batches) late.push(() => this.#sink.batchEnd());
    for (const call of late) if (!this.#closed) this.#alone(call);
  }
}

function refusedBy(fd: number, cause: unknown): LoopError {
  if (cause instanceof LoopError) return cause;
  const why = cause === undefined ? "its readiness ended at once" : messageOf(cause);
  return new LoopError("LOOP_REFUSED", `descriptor ${fd}: ${why}`, { cause });
}

function brokenBy(cause: unknown, message = "the loop's streams ended"): LoopError {
  if (cause instanceof LoopError && cause.code === "LOOP_FAILED") return cause;
  return new LoopError("LOOP_FAILED", cause === undefined ? message : `${message}: ${messageOf(cause)}`, { cause });
}
