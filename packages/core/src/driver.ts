import { CURL_CSELECT_IN, CURL_SOCKET_TIMEOUT } from "./constants.js";
import type { Attachment, LoopSink } from "./contract.js";
import { Deliveries, TransferRecord } from "./deliveries.js";
import { type DriverCommands, driverCommands } from "./driver-commands.js";
import { checkCallbacksPerTick, type DriverOptions } from "./driver-options.js";
import type { EasyHandle, GatheringEngine, Message, MultiEngine } from "./engine.js";
import { EngineCalls } from "./engine-calls.js";
import { CurlewError, type LoopError, MisuseError, TransferError } from "./errors.js";
import { asCurlewError, failureOf } from "./failures.js";
import { guarded } from "./observers.js";
import { NO_CONTEXT, type Ports, type RunInContext, reportError } from "./ports.js";
import { Promised } from "./promised.js";
import { RecurringMap } from "./recurring-map.js";
import { Reports } from "./reports.js";
import { SecondLook } from "./second-look.js";
import { type Registration, SocketTable } from "./sockets.js";
import { SpinGuard } from "./spin-guard.js";
import { StallWatch } from "./stall-watch.js";
import { TimerSlot } from "./timer-slot.js";
import { checkSink, type TransferSink } from "./transfer-engine.js";
import type { Command } from "./turnstile.js";

/** How often a 0 timer is served without going back to the loop (C 4.9). */
const ROUNDS = 4;
/** So much that one report has brought is told before the next one is acted on. */
const MUCH_BYTES = 65_536;

/**
 * "open"; then "closing" by request or "dead" by an error of the multi or the loop: no call is made that could start or
 * move anything, and outcomes are still delivered; then "closed": the engine and the attachment are given back.
 */
type State = "open" | "closing" | "dead" | "closed";

/** Joins one multi handle with one attachment of a loop. The order of things is that of "The tick" in contract.ts. */
export class Driver<E extends EasyHandle> {
  readonly #engine: MultiEngine<E>;
  readonly #gatherer: GatheringEngine<E> | undefined;
  readonly #ports: Ports;
  readonly #callbacksPerTick: number;
  readonly #loop: Attachment;
  readonly #sockets: SocketTable;
  readonly #reports: Reports;
  readonly #calls: EngineCalls<E>;
  readonly #deliveries: Deliveries<E>;
  readonly #spinGuard: SpinGuard<E>;
  readonly #stallWatch: StallWatch<E>;
  readonly #secondLook: SecondLook;
  readonly #timer = new TimerSlot();
  readonly #records = new RecurringMap<E, TransferRecord<E>>();
  readonly #commands: DriverCommands<E>;
  readonly #settled = (): void => this.#settle();

  #state: State = "open";
  #diedOf: CurlewError | undefined;
  #inTick = false;
  /** What users did since may have left the engine without anything to wait for: the next tick judges that. */
  #unjudged = false;
  #watchAgainAt = Number.POSITIVE_INFINITY;
  #held = false;
  readonly #closed = new Promised<void>();

  constructor(options: DriverOptions<E>) {
    const { engine, loop, ports = {} } = options;
    this.#engine = engine;
    this.#gatherer = "collect" in engine ? engine : undefined;
    this.#ports = ports;
    this.#callbacksPerTick = checkCallbacksPerTick(options.callbacksPerTick);
    this.#loop = loop.attach(this.#loopSink(loop.batches === true));
    this.#sockets = new SocketTable(this.#loop, (fd) => engine.announcesClose?.(fd) ?? false);
    this.#reports = new Reports(this.#sockets);
    this.#spinGuard = new SpinGuard(engine, this.#sockets, this.#loop, ports);
    this.#calls = new EngineCalls({
      engine,
      observers: guarded(options.observers ?? {}, ports),
      sockets: this.#sockets,
      timer: this.#timer,
      now: () => this.#loop.now(),
      failures: {
        died: (error) => this.#die("MULTI_DEAD", "the multi handle", error),
        refused: (error) => this.#failAll("LOOP_FAILED", `the loop refused a descriptor: ${error.message}`, error),
        misused: (error) => reportError(ports, error),
      },
    });
    const watched = { engine, calls: this.#calls, sockets: this.#sockets, timer: this.#timer, loop: this.#loop };
    this.#stallWatch = new StallWatch(watched, {
      open: () => this.#state === "open",
      records: () => this.#records.values(),
      readMessages: () => this.#readMessages(),
      stalled: () => this.#failAll("STALLED", "the engine waits for nothing, and nothing moves it"),
    });
    const tellReadable = (fd: number) => this.#action(fd, CURL_CSELECT_IN);
    this.#secondLook = new SecondLook(engine.hazards, this.#calls, this.#sockets, tellReadable);
    this.#deliveries = new Deliveries(
      {
        withdraw: (record) => this.#withdraw(record),
        proceed: (record) => this.#proceed(record),
        settled: (record) => this.#records.delete(record.easy),
        collect: (visit) => this.#gatherer?.collect(visit),
        recordOf: (easy) => this.#records.get(easy),
        getinfos: this.#gatherer?.getinfos?.bind(this.#gatherer),
      },
      ports,
    );
    this.#commands = driverCommands({
      add: (record) => this.#calls.add(record),
      withdraw: (record) => this.#withdraw(record),
      proceed: (record) => this.#proceed(record),
      fail: (record, error) => this.#fail(record, asCurlewError(error)),
      recordOf: (easy) => this.#records.get(easy),
      close: () => this.#beginClose(),
      report: (error) => reportError(ports, error),
    });
    try {
      this.#calls.listen();
    } catch (error) {
      void this.#loop.close();
      throw error;
    }
  }

  /** Whether transfers can be added. */
  get open(): boolean {
    return this.#state === "open";
  }

  /** How many transfers have no outcome yet. */
  get size(): number {
    return this.#records.size;
  }

  /** Milliseconds on the clock of the loop. */
  now(): number {
    return this.#loop.now();
  }

  /**
   * Starts a transfer. Its sink hears of it until the outcome, or until it is removed.
   * @throws MisuseError HANDLE_IN_USE, WRONG_TYPE; CurlewError CLOSED, MULTI_DEAD, LOOP_FAILED; what the engine throws on a refusal
   */
  add(easy: E, sink: TransferSink): void {
    checkSink(sink);
    if (this.#diedOf) throw this.#diedOf;
    if (this.#state !== "open") throw new CurlewError("CLOSED", "this driver was closed: make a new one");
    if (this.#records.get(easy)) throw new MisuseError("HANDLE_IN_USE", "this handle is being transferred already");
    const record = new TransferRecord(easy, sink, this.#contextFor(sink));
    this.#records.set(easy, record);
    try {
      this.#submit(this.#commands.add, record);
    } catch (error) {
      this.#records.delete(easy);
      this.#settle();
      throw error;
    }
  }

  /** Ends a transfer at once: nothing is reported any more, not even an outcome. Harmless when it has ended. */
  remove(easy: E): void {
    const record = this.#records.get(easy);
    if (!record) return;
    record.silent = true;
    this.#records.delete(easy);
    this.#submit(this.#commands.remove, record);
  }

  /**
   * Reports nothing of this transfer until `resume`. With a gathering engine it fills up and stops receiving. The error of
   * a transfer that has failed, or of a driver that was closed, is not held back.
   */
  pause(easy: E): void {
    const record = this.#records.get(easy);
    if (!record || record.paused || record.failed || this.#state !== "open") return;
    record.paused = true;
    this.#gatherer?.hold(easy, true);
  }

  resume(easy: E): void {
    const record = this.#records.get(easy);
    if (!record?.paused) return;
    record.paused = false;
    this.#gatherer?.hold(easy, false);
    // Not delivered from here: bytes may be left in the engine, which come before the outcome.
    this.#deliveries.queueAfterCollect(record);
    this.#settle();
  }

  /** There is more to send, or the end of it: the engine goes on where it waited for that. */
  proceed(easy: E): void {
    const record = this.#records.get(easy);
    if (record) this.#submit(this.#commands.proceed, record);
  }

  /**
   * Runs something on handles at a moment when the engine allows everything: now, or once its outermost call has
   * returned. What it throws reaches the caller in the first case and fails the transfer of `easy` in the second.
   */
  command(easy: E, run: () => void): void {
    this.#submit(this.#commands.errand, { easy, run });
  }

  /**
   * Ends everything: transfers whose outcome is known are told it, all others get CLOSED. Resolves when that is done and
   * engine and loop are given back; it does not wait for the network.
   */
  close(): Promise<void> {
    this.#submit(this.#commands.close, undefined);
    return this.#closed.promise;
  }

  #contextFor({ inContext = true }: TransferSink): RunInContext {
    return (inContext ? this.#ports.bindContext?.() : undefined) ?? NO_CONTEXT;
  }

  // --- the tick ------------------------------------------------------------------------------------------------------

  #loopSink(batches: boolean): LoopSink {
    return {
      ready: (fd, bits) => {
        this.#reports.note(fd, bits);
        if (!batches) this.#tick();
      },
      batchEnd: () => this.#tick(),
      expired: () => {
        this.#timer.fired();
        this.#tick();
      },
      failed: (error) => this.#loopFailed(error),
    };
  }

  #tick(): void {
    if (this.#inTick || this.#state === "closed") return;
    this.#inTick = true;
    const beganAt = this.#loop.now();
    try {
      this.#rounds();
    } finally {
      this.#inTick = false;
    }
    if (this.#state !== "open" && this.#deliveries.empty) return this.#finish();
    this.#sockets.endTick(beganAt);
    this.#settle();
  }

  #rounds(): void {
    let budget = this.#callbacksPerTick;
    for (let round = 1; round <= ROUNDS; round++) {
      if (this.#state === "open") budget = this.#act(round === 1, budget);
      budget = this.#deliveries.deliver(budget);
      const again = this.#deliveries.pending || this.#timer.due(this.#loop.now());
      if (!again || budget === 0 || this.#state !== "open") return;
    }
  }

  /** Steps 2 to 4, and 5 as far as there is much. Answers how many callbacks there still may be. */
  #act(first: boolean, budget: number): number {
    let left = budget;
    this.#reports.serve((fd, bits, registration) => {
      this.#action(fd, bits, registration);
      left = this.#tellMuch(left);
    });
    if (first)
      for (const registration of this.#sockets.alwaysReady())
        this.#action(registration.fd, registration.interest, registration);
    const now = this.#loop.now();
    this.#watchAgainAt = this.#sockets.watchAgain(now);
    this.#calls.checkRefusal();
    this.#expire(now);
    this.#secondLook.look(now);
    this.#readMessages();
    this.#unjudged = false;
    this.#stallWatch.judge();
    return left;
  }

  #expire(now: number): void {
    if (this.#timer.take(now)) this.#action(CURL_SOCKET_TIMEOUT, 0);
  }

  /**
   * What a report has brought is told while it is in the processor's cache, and what its user makes room for is asked for at
   * once. Its memory, given back, then serves the next: with 200 downloads a batch brings 40 MB.
   */
  #tellMuch(budget: number): number {
    if (budget === 0 || !this.#hasMuch) return budget;
    const left = this.#deliveries.deliver(budget);
    this.#expire(this.#loop.now());
    return this.#hasMuch ? this.#deliveries.deliver(left) : left;
  }

  get #hasMuch(): boolean {
    return (this.#gatherer?.gatheredBytes?.() ?? 0) >= MUCH_BYTES;
  }

  #action(fd: number, bits: number, registration?: Registration): void {
    if (this.#state !== "open") return;
    const signs = this.#calls.signs;
    const bytes = registration && this.#spinGuard.measure(registration);
    this.#calls.socketAction(fd, bits);
    if (registration) this.#spinGuard.judge(registration, bits, this.#calls.signs !== signs, bytes);
  }

  #readMessages(): void {
    while (this.#state === "open" && this.#calls.nextMessage(this.#found));
  }

  readonly #found = ({ easy, result }: Message<E>): TransferRecord<E> | undefined => {
    const record = this.#records.get(easy);
    if (!record) return undefined;
    record.end(result === 0 ? undefined : failureOf(easy, result));
    this.#deliveries.queueAfterCollect(record);
    return record;
  };

  #proceed(record: TransferRecord<E>): void {
    const code = this.#calls.proceed(record);
    if (code !== 0) this.#fail(record, failureOf(record.easy, code));
  }

  /** Steps 6 and 8: the next wakeup, and whether the process is held. A tick does this once, at its end. */
  #settle(): void {
    if (this.#inTick || this.#calls.inside || this.#state === "closed") return;
    const ending = this.#state !== "open";
    const suspicious = this.#unjudged && this.#records.size > 0 && this.#sockets.idle;
    const leaveAt = this.#records.size === 0 ? this.#sockets.leaveAt : Number.POSITIVE_INFINITY;
    const soon = this.#deliveries.pending || ending || suspicious || this.#sockets.hurries;
    const now = this.#loop.now();
    const lookAt = this.#secondLook.plan(this.#records.size, now);
    const held = this.#records.size > 0 || ending;
    // While it is held a loop may have a cheaper way to serve a delay of 0, so it learns of that first.
    if (held) this.#hold(true);
    this.#timer.settle(this.#loop, now, soon ? 0 : Math.min(this.#watchAgainAt, lookAt, leaveAt));
    if (!held) this.#hold(false);
  }

  #hold(alive: boolean): void {
    if (alive === this.#held) return;
    this.#held = alive;
    this.#loop.hold(alive);
  }

  #submit<T>(command: Command<T>, subject: T): void {
    this.#unjudged = true;
    this.#calls.submit(command, subject, this.#settled);
  }

  // --- ends ----------------------------------------------------------------------------------------------------------

  #withdraw(record: TransferRecord<E>): void {
    this.#unjudged = true;
    this.#calls.withdraw(record);
  }

  #fail(record: TransferRecord<E>, error: CurlewError): void {
    if (record.silent) return;
    this.#withdraw(record);
    record.fail(error);
    this.#deliveries.queue(record);
  }

  /** All but those whose outcome is known and only waits for its turn. */
  #failAll(code: "CLOSED" | "LOOP_FAILED" | "MULTI_DEAD" | "STALLED", message: string, cause?: unknown): void {
    for (const record of this.#records.values()) {
      if (record.ended && !record.paused) continue;
      this.#fail(record, new TransferError(code, message, { cause }));
    }
  }

  #die(code: "LOOP_FAILED" | "MULTI_DEAD", what: string, cause: unknown): void {
    if (this.#state === "closed" || this.#diedOf) return;
    const message = `${what} failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    this.#diedOf = new TransferError(code, message, { cause });
    this.#state = "dead";
    this.#failAll(code, message, cause);
  }

  #loopFailed(error: LoopError): void {
    this.#die("LOOP_FAILED", "the loop", error);
    // Nothing will wake us again.
    while (this.#state === "dead" && !this.#inTick) this.#tick();
  }

  #beginClose(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#failAll("CLOSED", "closed before the transfer had ended");
  }

  #finish(): void {
    this.#state = "closed";
    this.#sockets.clear();
    this.#calls.stopListening();
    try {
      this.#engine.cleanup();
    } catch (error) {
      reportError(this.#ports, error);
    }
    const closed = this.#loop.close().catch((error) => reportError(this.#ports, error));
    void closed.then(() => this.#closed.resolve());
  }
}
