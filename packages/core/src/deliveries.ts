import type { EasyHandle, GatheredKind, GatheringEngine, GatherVisitor } from "./engine.js";
import { type CurlewError, MisuseError } from "./errors.js";
import { callbackFailed } from "./failures.js";
import { type Ports, type RunInContext, reportError } from "./ports.js";
import type { Outcome, Progress, TransferSink } from "./transfer-engine.js";

interface Gathered {
  readonly kind: GatheredKind;
  readonly bytes: Uint8Array;
  next: Gathered | undefined;
}

const SUCCESS = { error: undefined };

/** One transfer as the driver sees it, from `add` until its outcome is delivered or it is removed. */
export class TransferRecord<E extends EasyHandle> {
  readonly easy: E;
  readonly sink: TransferSink;
  readonly #runInContext: RunInContext;
  /** What was gathered and is not told yet, oldest first: a list, which costs a small transfer less than an array. */
  #first: Gathered | undefined;
  #last: Gathered | undefined;
  /** In the queue of those that have something to tell. */
  queued = false;
  /** Added to the engine at this moment. */
  added = false;
  paused = false;
  /** The outcome is known. */
  ended: { readonly error: CurlewError | undefined } | undefined;
  /** And all that was gathered before it has been collected: it can be delivered after that. */
  complete = false;
  /** Nothing is delivered any more. */
  silent = false;
  /** The outcome is an error of ours: nothing comes before it, and nothing can hold it back. */
  failed = false;

  constructor(easy: E, sink: TransferSink, runInContext: RunInContext) {
    this.easy = easy;
    this.sink = sink;
    this.#runInContext = runInContext;
  }

  /** The outcome: the first one stays. */
  end(error: CurlewError | undefined): void {
    this.ended ??= error ? { error } : SUCCESS;
  }

  gathered(kind: GatheredKind, bytes: Uint8Array): void {
    const event = { kind, bytes, next: undefined };
    if (this.#last) this.#last.next = event;
    else this.#first = event;
    this.#last = event;
  }

  /** The oldest that is not told yet. */
  take(): Gathered | undefined {
    const event = this.#first;
    this.#first = event?.next;
    if (!this.#first) this.#last = undefined;
    return event;
  }

  /** What is not told yet never will be. */
  forget(): void {
    this.#first = this.#last = undefined;
  }

  /** The same, at the cost of what was gathered and not yet delivered. */
  fail(error: CurlewError): void {
    this.forget();
    this.paused = false;
    this.failed = this.complete = true;
    this.ended = { error };
  }

  get deliverable(): boolean {
    return !this.silent && !this.paused && (this.#first !== undefined || this.complete);
  }

  /** Runs callbacks of the user's in the context the transfer was started in. */
  inContext(run: (record: this) => void): void {
    this.#runInContext(run, this);
  }
}

/** What the deliveries need of the driver. */
export interface DeliveryOwner<E extends EasyHandle> {
  /** Takes the transfer out of the engine: its user threw. */
  withdraw(record: TransferRecord<E>): void;
  /** "full" was reached and the user takes more. */
  proceed(record: TransferRecord<E>): void;
  /** Its outcome is about to be delivered. */
  settled(record: TransferRecord<E>): void;
  /** Hands over what the engine has gathered. */
  collect(visit: GatherVisitor<E>): void;
  recordOf(easy: E): TransferRecord<E> | undefined;
  /** As the engine's, where it has it. */
  readonly getinfos: GatheringEngine<E>["getinfos"];
}

/** The transfers that have something to tell their users, in the order it happened: the only place user code runs. */
export class Deliveries<E extends EasyHandle> {
  readonly #owner: DeliveryOwner<E>;
  readonly #ports: Ports;
  readonly #waiting: TransferRecord<E>[] = [];
  /** To be queued once what the engine has gathered for them was collected. */
  #due: TransferRecord<E>[] = [];
  /** How many callbacks there may still be in this round. */
  #left = 0;
  /** There may be something gathered that no event will announce. */
  #more = false;

  constructor(owner: DeliveryOwner<E>, ports: Ports) {
    this.#owner = owner;
    this.#ports = ports;
  }

  get empty(): boolean {
    return this.#waiting.length === 0 && this.#due.length === 0;
  }

  /** Whether another round would find something. */
  get pending(): boolean {
    return this.#more || !this.empty;
  }

  /** It has something to tell, whatever is still in the engine. */
  queue(record: TransferRecord<E>): void {
    if (record.queued || !record.deliverable) return;
    record.queued = true;
    this.#waiting.push(record);
  }

  /** It has ended or was resumed: what the engine still has of it comes first. */
  queueAfterCollect(record: TransferRecord<E>): void {
    this.#due.push(record);
  }

  /**
   * Calls users, at most `budget` times, and answers how often it still may; the rest waits for the next tick. What is
   * gathered stays in the engine, where it counts against high-water marks, until all that was collected before is told.
   */
  deliver(budget: number): number {
    const left = this.#run(budget);
    if (this.#waiting.length > 0) return left;
    this.#more = false;
    this.#owner.collect((easy, kind, bytes) => {
      const record = this.#owner.recordOf(easy);
      if (!record) return;
      record.gathered(kind, bytes);
      this.queue(record);
    });
    const due = this.#due;
    this.#due = [];
    for (const record of due) {
      record.complete ||= record.ended !== undefined;
      this.queue(record);
    }
    return this.#run(left);
  }

  #run(budget: number): number {
    const waiting = this.#waiting;
    this.#left = budget;
    let told = 0;
    for (; told < waiting.length && this.#left > 0; told++) {
      const record = waiting[told] as TransferRecord<E>;
      record.queued = false;
      if (record.deliverable) record.inContext(this.#tell);
      this.queue(record); // what is left of it, at the end of the line
    }
    waiting.splice(0, told);
    return this.#left;
  }

  /** All that a transfer has to tell, on one visit to its context. */
  readonly #tell = (record: TransferRecord<E>): void => {
    while (this.#left > 0 && record.deliverable) {
      this.#left--;
      this.#deliverOne(record);
    }
  };

  #deliverOne(record: TransferRecord<E>): void {
    const event = record.take();
    if (!event) return this.#deliverOutcome(record);
    if (event.kind === "full") {
      this.#more = true; // the engine may be handed at once what libcurl has kept (C 11.3)
      return this.#owner.proceed(record);
    }
    try {
      tell(record.sink, event);
    } catch (error) {
      if (record.silent) return reportError(this.#ports, error); // removed itself, then threw: nobody left to tell
      this.#owner.withdraw(record);
      record.fail(callbackFailed(nameOf(event.kind), error));
    }
  }

  #deliverOutcome(record: TransferRecord<E>): void {
    const outcome = new DeliveredOutcome(record.easy, record.ended?.error, this.#owner.getinfos);
    record.silent = true;
    this.#owner.settled(record);
    try {
      record.sink.outcome(outcome);
    } catch (error) {
      reportError(this.#ports, error);
    } finally {
      outcome.forget();
    }
  }
}

class DeliveredOutcome<E extends EasyHandle> implements Outcome {
  readonly error: CurlewError | undefined;
  readonly #getinfos: GatheringEngine<E>["getinfos"];
  #easy: E | undefined;

  constructor(easy: E, error: CurlewError | undefined, getinfos: GatheringEngine<E>["getinfos"]) {
    this.#easy = easy;
    this.error = error;
    this.#getinfos = getinfos;
  }

  /** A function of its own, so that `outcome({ error, getinfo })` works; made for those who ask. */
  get getinfo(): Outcome["getinfo"] {
    return (info) => this.#handle.getinfo(info);
  }

  get getinfos(): Outcome["getinfos"] {
    const getinfos = this.#getinfos;
    return getinfos && ((infos) => getinfos(this.#handle, infos));
  }

  get #handle(): E {
    if (this.#easy) return this.#easy;
    throw new MisuseError("HANDLE_CLOSED", "infos can be asked for until `outcome` returns: keep what is wanted later");
  }

  /** The handle may serve another transfer now. */
  forget(): void {
    this.#easy = undefined;
  }
}

function tell(sink: TransferSink, { kind, bytes }: Gathered): void {
  if (kind === "body") sink.chunk?.(bytes);
  else if (kind === "headers") sink.headers?.(bytes);
  else if (kind === "trailers") sink.trailers?.(bytes);
  else if (kind === "progress") sink.progress?.(progressOf(bytes));
  else sink.drain?.();
}

function progressOf(bytes: Uint8Array): Progress {
  const moved = new Float64Array(4);
  new Uint8Array(moved.buffer).set(bytes); // a copy: they need not lie where a float may
  const [receivedTotalBytes = 0, receivedBytes = 0, sentTotalBytes = 0, sentBytes = 0] = moved;
  return { receivedBytes, receivedTotalBytes, sentBytes, sentTotalBytes };
}

function nameOf(kind: GatheredKind): string {
  return kind === "body" ? "chunk" : kind;
}
