import { CURL_CSELECT_ERR, CURL_SOCKET_TIMEOUT, CURLM_CALL_MULTI_PERFORM } from "./constants.js";
import type { Attachment, LoopAdapter, LoopSink } from "./contract.js";
import { Deliveries, TransferRecord } from "./deliveries.js";
import type { EasyHandle, GatheringEngine, MultiEngine } from "./engine.js";
import { CurlewError, type LoopError, MisuseError, TransferError } from "./errors.js";
import { guarded, type Observers } from "./observers.js";
import { type Ports, type RunInContext, reportError } from "./ports.js";
import { type Registration, SocketTable } from "./sockets.js";
import { SpinGuard } from "./spin-guard.js";
import { TimerSlot } from "./timer-slot.js";
import type { TransferSink } from "./transfer-engine.js";
import { Turnstile } from "./turnstile.js";

export interface DriverOptions<E extends EasyHandle> {
  readonly engine: MultiEngine<E> | GatheringEngine<E>;
  readonly loop: LoopAdapter;
  readonly ports?: Ports | undefined;
  readonly observers?: Observers<E> | undefined;
  /** Most callbacks of users per tick; the rest waits until other users of the loop had their turn. Default 512. */
  readonly callbacksPerTick?: number | undefined;
}

/** How often a 0 timer is served without going back to the loop (C 4.9). */
const ROUNDS = 4;
const CALLBACKS_PER_TICK = 512;
const NO_CONTEXT: RunInContext = (run, ...args) => run(...args);

/**
 * "open"; then "closing" by request or "dead" by an error of the multi or the loop: no call is made that could start or
 * move anything, and outcomes are still delivered; then "closed": the engine and the attachment are given back.
 */
type State = "open" | "closing" | "dead" | "closed";

/**
 * Joins one multi handle with one attachment of a loop. The order of things is that of "The tick" in contract.ts.
 */
export class Driver<E extends EasyHandle> {
  readonly #engine: MultiEngine<E>;
  readonly #gatherer: GatheringEngine<E> | undefined;
  readonly #ports: Ports;
  readonly #observers: Required<Observers<E>>;
  readonly #callbacksPerTick: number;
  readonly #loop: Attachment;
  readonly #sockets: SocketTable;
  readonly #spinGuard: SpinGuard<E>;
  readonly #timer = new TimerSlot();
  readonly #turnstile = new Turnstile();
  readonly #deliveries: Deliveries<E>;
  readonly #records = new Map<E, TransferRecord<E>>();

  #state: State = "open";
  #inTick = false;
  /** Reports of this batch: descriptor, bits, generation. */
  readonly #batch: number[] = [];
  /** Callbacks and messages so far: a wakeup that adds none may be a spin. */
  #signs = 0;
  /** Calls in a row that were answered by CURLM_CALL_MULTI_PERFORM and nothing else. */
  #repeats = 0;
  /** What #signs was when nothing was left to wait for; see #stalled. */
  #suspected = -1;
  /** There may be something gathered that no event will announce. */
  #more = false;
  readonly #resumed = new Set<TransferRecord<E>>();
  #watchAgainAt = Number.POSITIVE_INFINITY;
  #held = false;
  #closed: Promise<void> | undefined;
  #resolveClosed: (() => void) | undefined;

  constructor(options: DriverOptions<E>) {
    const { engine, loop, ports = {} } = options;
    this.#engine = engine;
    this.#gatherer = "collect" in engine ? engine : undefined;
    this.#ports = ports;
    this.#observers = guarded(options.observers ?? {}, ports);
    this.#callbacksPerTick = options.callbacksPerTick ?? CALLBACKS_PER_TICK;
    this.#loop = loop.attach(this.#loopSink(loop.batches === true));
    this.#sockets = new SocketTable(this.#loop, (fd) => engine.announcesClose?.(fd) ?? false);
    this.#spinGuard = new SpinGuard(engine, this.#sockets, this.#loop, ports);
    this.#deliveries = new Deliveries(
      {
        withdraw: (record) => this.#withdraw(record),
        proceed: (record) => this.#proceed(record),
        settled: (record) => this.#records.delete(record.easy),
      },
      ports,
    );
    this.#listen();
  }

  /** Whether transfers can be added. */
  get open(): boolean {
    return this.#state === "open";
  }

  /** How many transfers have no outcome yet. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * Starts a transfer. Its sink hears of it until the outcome, or until it is removed.
   * @throws MisuseError HANDLE_IN_USE; CurlewError CLOSED, MULTI_DEAD; MultiError when the engine refuses it
   */
  add(easy: E, sink: TransferSink): void {
    if (this.#state === "dead")
      throw new CurlewError("MULTI_DEAD", "this driver's multi handle failed; make a new one");
    if (this.#state !== "open") throw new CurlewError("CLOSED", "this driver was closed; make a new one");
    if (this.#records.has(easy)) throw new MisuseError("HANDLE_IN_USE", "this handle is being transferred already");
    const record = new TransferRecord(easy, sink, this.#ports.bindContext?.() ?? NO_CONTEXT);
    this.#records.set(easy, record);
    this.#submit(
      () => this.#addHandle(record),
      (error) => this.#fail(record, asCurlewError(error)),
    );
  }

  /** Ends a transfer at once: nothing is reported any more, not even an outcome. Harmless when it has ended. */
  remove(easy: E): void {
    const record = this.#records.get(easy);
    if (!record) return;
    record.silent = true;
    this.#records.delete(easy);
    this.#submit(
      () => this.#withdraw(record),
      (error) => reportError(this.#ports, error),
    );
  }

  /** Reports nothing of this transfer until `resume`. With a gathering engine it fills up and stops receiving. */
  pause(easy: E): void {
    const record = this.#records.get(easy);
    if (!record || record.paused) return;
    record.paused = true;
    this.#gatherer?.hold(easy, true);
  }

  resume(easy: E): void {
    const record = this.#records.get(easy);
    if (!record?.paused) return;
    record.paused = false;
    this.#gatherer?.hold(easy, false);
    // Not delivered from here: bytes may be left in the engine, which come before the outcome.
    this.#resumed.add(record);
    this.#settle();
  }

  /**
   * Runs something on handles at a moment when the engine allows everything: now, or once its outermost call has
   * returned. What it throws reaches the caller in the first case and fails the transfer of `easy` in the second.
   */
  command(easy: E, run: () => void): void {
    this.#submit(run, (error) => {
      const record = this.#records.get(easy);
      if (record) this.#fail(record, asCurlewError(error));
      else reportError(this.#ports, error);
    });
  }

  /**
   * Ends everything: transfers whose outcome is known are told it, all others get CLOSED. Resolves when that is done and
   * engine and loop are given back; it does not wait for the network.
   */
  close(): Promise<void> {
    const closed = this.#closedPromise();
    this.#submit(
      () => this.#beginClose(),
      (error) => reportError(this.#ports, error),
    );
    return closed;
  }

  // --- what the loop tells ------------------------------------------------------------------------------------------

  #loopSink(batches: boolean): LoopSink {
    return {
      ready: (fd, bits) => {
        const registration = this.#sockets.find(fd);
        if (registration) this.#batch.push(fd, bits, registration.generation);
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
    let budget = this.#callbacksPerTick;
    for (let round = 1; round <= ROUNDS; round++) {
      if (this.#state === "open") this.#act(round === 1);
      budget = this.#deliver(budget);
      const again = this.#more || this.#resumed.size > 0 || this.#timer.due(this.#loop.now());
      if (!again || budget === 0 || this.#state !== "open") break;
    }
    this.#inTick = false;
    if (this.#state !== "open" && this.#deliveries.empty && this.#resumed.size === 0) return this.#finish();
    this.#sockets.endTick();
    if (this.#stalled()) this.#failAll("STALLED", "the engine waits for nothing and the transfer does not go on");
    this.#settle();
  }

  /** Steps 2 to 4. */
  #act(first: boolean): void {
    const batch = this.#batch;
    for (let i = 0; i < batch.length; i += 3) this.#ready(batch[i] ?? 0, batch[i + 1] ?? 0, batch[i + 2] ?? 0);
    batch.length = 0;
    if (first)
      for (const registration of this.#sockets.alwaysReady()) this.#action(registration.fd, registration.interest);
    const now = this.#loop.now();
    this.#watchAgainAt = this.#sockets.watchAgain(now);
    if (this.#timer.due(now)) {
      this.#timer.forget();
      this.#action(CURL_SOCKET_TIMEOUT, 0);
    }
    this.#readMessages();
  }

  #ready(fd: number, bits: number, generation: number): void {
    const registration = this.#sockets.find(fd);
    if (registration?.generation !== generation || registration.state === "waiting") return;
    // ERR alone kills the transfer up to 8.9; 0 lets libcurl find out, in every version (C 5.2).
    this.#action(fd, bits & CURL_CSELECT_ERR ? 0 : bits, registration);
  }

  #action(fd: number, bits: number, registration?: Registration): void {
    if (this.#state !== "open") return;
    const signs = this.#signs;
    const bytes = registration && this.#spinGuard.measure(registration);
    this.#call(() => {
      const running = this.#engine.socketAction(fd, bits);
      this.#observers.action(fd, bits, running);
      if (running === CURLM_CALL_MULTI_PERFORM) this.#repeat(this.#signs !== signs);
    });
    if (registration) this.#spinGuard.judge(registration, this.#signs !== signs, bytes);
  }

  /** "Call again before you wait" is a 0 timer by another name, until it is said too often for nothing. */
  #repeat(progress: boolean): void {
    this.#repeats = progress ? 0 : this.#repeats + 1;
    this.#timer.told(this.#repeats < 1000 ? 0 : 50, this.#loop.now());
  }

  #readMessages(): void {
    while (this.#state === "open") {
      const message = this.#engine.infoRead();
      if (!message) return;
      this.#signs++;
      const record = this.#records.get(message.easy);
      this.#call(() => this.#observers.message(message.easy, message.result));
      if (!record?.added) continue;
      this.#withdraw(record);
      record.end(message.result === 0 ? undefined : record.easy.failure(message.result));
      this.#deliveries.queue(record);
    }
  }

  /** Step 5; answers what is left of the budget. */
  #deliver(budget: number): number {
    this.#more = false;
    this.#gatherer?.collect((easy, kind, bytes) => {
      const record = this.#records.get(easy);
      if (!record || record.silent) return;
      record.events.push({ kind, bytes });
      this.#deliveries.queue(record);
    });
    for (const record of this.#resumed) this.#deliveries.queue(record);
    this.#resumed.clear();
    return this.#deliveries.run(budget);
  }

  // --- what the engine tells ----------------------------------------------------------------------------------------

  #listen(): void {
    this.#engine.setopt("SOCKETFUNCTION", (easy, fd, action) => {
      this.#signs++;
      if (this.#state === "closed") return 0;
      this.#observers.socket(fd, action, easy);
      this.#sockets.told(fd, action);
      return 0;
    });
    this.#engine.setopt("TIMERFUNCTION", (timeoutMs) => {
      this.#signs++;
      this.#observers.timer(timeoutMs);
      this.#timer.told(timeoutMs, this.#loop.now());
      return 0;
    });
    this.#engine.watchSockets?.(this.#sockets);
  }

  // --- calls of the engine, never from inside one of its callbacks ----------------------------------------------------

  /** A call whose failure concerns the whole multi (C 5.10). */
  #call(run: () => void): void {
    this.#turnstile.enter();
    let fatal: unknown;
    try {
      run();
    } catch (error) {
      fatal = error;
    }
    this.#turnstile.leave();
    if (fatal !== undefined) this.#die(fatal);
    this.#checkRefusal();
  }

  #checkRefusal(): void {
    const refusal = this.#sockets.refusal;
    if (!refusal) return;
    this.#sockets.refusal = undefined;
    this.#failAll("LOOP_FAILED", `the loop refused a descriptor: ${refusal.message}`, refusal);
  }

  #addHandle(record: TransferRecord<E>): void {
    if (record.silent || record.ended) return;
    this.#turnstile.enter();
    try {
      this.#engine.addHandle(record.easy);
      record.added = true;
    } catch (error) {
      this.#records.delete(record.easy);
      throw error;
    } finally {
      this.#turnstile.leave();
    }
  }

  #withdraw(record: TransferRecord<E>): void {
    if (!record.added) return;
    record.added = false;
    this.#call(() => this.#engine.removeHandle(record.easy));
  }

  #proceed(record: TransferRecord<E>): void {
    if (!record.added) return;
    this.#more = true; // the engine may have handed itself what libcurl kept (C 11.3)
    this.#call(() => this.#gatherer?.proceed(record.easy));
  }

  /** `settle` after it, unless a tick or an outer call of the engine will do that anyway. */
  #submit(run: () => void, failed: (error: unknown) => void): void {
    try {
      this.#turnstile.submit(run, failed);
    } finally {
      if (!this.#turnstile.inside) {
        this.#checkRefusal();
        this.#settle();
      }
    }
  }

  /** Steps 6 and 8: the next wakeup, and whether the process is held. */
  #settle(): void {
    if (this.#inTick || this.#state === "closed") return;
    const soon =
      this.#more || this.#state !== "open" || this.#sockets.waits || this.#resumed.size > 0 || !this.#deliveries.empty;
    this.#timer.settle(this.#loop, soon ? 0 : this.#watchAgainAt);
    const held = this.#records.size > 0 || this.#state !== "open";
    if (held === this.#held) return;
    this.#held = held;
    this.#loop.hold(held);
  }

  /**
   * Whether transfers go on that nothing can move: none is paused, no descriptor is wanted, no timer is set, and asking
   * for the timeout and acting on it changed nothing. A silent server is not that: its descriptor is wanted.
   */
  #stalled(): boolean {
    if (this.#state !== "open" || !this.#sockets.idle || this.#timer.set) return false;
    let added = 0;
    for (const record of this.#records.values()) {
      if (record.paused || record.easy.paused) return false;
      if (record.added) added++;
    }
    if (added === 0) return false;
    if (this.#suspected === this.#signs) return true;
    const left = this.#engine.timeout();
    // 8.10.0 to 8.11.0 lose their timer by a call before its time (P B4), so there the kick is left out.
    if (left < 0 && this.#engine.hazards.earlyTimeoutLosesTimer) return true;
    this.#suspected = this.#signs;
    this.#timer.told(Math.max(0, left), this.#loop.now());
    return false;
  }

  // --- ends ---------------------------------------------------------------------------------------------------------

  #fail(record: TransferRecord<E>, error: CurlewError): void {
    if (record.silent) return;
    this.#withdraw(record);
    record.fail(error);
    this.#deliveries.queue(record);
  }

  #failAll(code: "CLOSED" | "LOOP_FAILED" | "MULTI_DEAD" | "STALLED", message: string, cause?: unknown): void {
    for (const record of this.#records.values()) {
      if (record.ended && !record.paused) continue;
      this.#fail(record, new TransferError(code, message, { cause }));
    }
  }

  #die(cause: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "dead";
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#failAll("MULTI_DEAD", `the multi handle failed: ${why}`, cause);
  }

  #loopFailed(error: LoopError): void {
    if (this.#state === "closed") return;
    this.#state = "dead";
    this.#failAll("LOOP_FAILED", `the loop failed: ${error.message}`, error);
    // Nothing will wake us again.
    while ((this.#state as State) !== "closed" && !this.#inTick) this.#tick();
  }

  #beginClose(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#failAll("CLOSED", "closed before the transfer had ended");
  }

  #closedPromise(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    return this.#closed;
  }

  #finish(): void {
    this.#closedPromise();
    this.#state = "closed";
    this.#sockets.clear();
    this.#engine.watchSockets?.(null);
    try {
      this.#engine.cleanup();
    } catch (error) {
      reportError(this.#ports, error);
    }
    this.#loop.close().then(this.#resolveClosed, (error) => {
      reportError(this.#ports, error);
      this.#resolveClosed?.();
    });
  }
}

function asCurlewError(error: unknown): CurlewError {
  if (error instanceof CurlewError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new TransferError("CALLBACK_FAILED", `a queued command failed: ${what}`, { cause: error });
}
