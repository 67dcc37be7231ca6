import { CURLM_CALL_MULTI_PERFORM } from "./constants.js";
import type { TransferRecord } from "./deliveries.js";
import type { EasyHandle, GatheringEngine, Message, MultiEngine } from "./engine.js";
import { type LoopError, MultiError } from "./errors.js";
import type { Observers } from "./observers.js";
import type { SocketTable } from "./sockets.js";
import type { TimerSlot } from "./timer-slot.js";
import { type Command, Turnstile } from "./turnstile.js";

/** What the driver does about calls that fail. Never called from inside the engine. */
export interface CallFailures {
  /** A call that concerns the whole multi failed (C 5.10). */
  died(error: unknown): void;
  /** The loop refused a descriptor during a call. */
  refused(error: LoopError): void;
  /** A handle could not be taken out of the engine, because somebody else has done so. */
  misused(error: unknown): void;
}

/** CURLM_CALL_MULTI_PERFORM that often in a row, for nothing, is a spin: then it is obeyed every so many ms. */
const MOST_REPEATS = 1000;
const REPEAT_MS = 50;

/**
 * The engine as the driver calls it: what it tells meanwhile reaches the loop, what users ask for meanwhile is queued,
 * and what goes wrong is dealt with once it has returned.
 */
export class EngineCalls<E extends EasyHandle> {
  readonly #engine: MultiEngine<E>;
  readonly #gatherer: GatheringEngine<E> | undefined;
  readonly #observers: Required<Observers<E>>;
  readonly #sockets: SocketTable;
  readonly #timer: TimerSlot;
  readonly #now: () => number;
  readonly #failures: CallFailures;
  readonly #turnstile = new Turnstile();
  #repeats = 0;
  #deaf = false;
  /** Callbacks and messages so far: a wakeup that adds none may be a spin. */
  signs = 0;
  /** Calls so far that may have moved something. */
  calls = 0;

  constructor(parts: {
    engine: MultiEngine<E> | GatheringEngine<E>;
    observers: Required<Observers<E>>;
    sockets: SocketTable;
    timer: TimerSlot;
    now: () => number;
    failures: CallFailures;
  }) {
    this.#engine = parts.engine;
    this.#gatherer = "collect" in parts.engine ? parts.engine : undefined;
    this.#observers = parts.observers;
    this.#sockets = parts.sockets;
    this.#timer = parts.timer;
    this.#now = parts.now;
    this.#failures = parts.failures;
  }

  /** Whether a call of the engine, or the queue of commands, is on the stack. */
  get inside(): boolean {
    return this.#turnstile.inside;
  }

  socketAction(fd: number, bits: number): void {
    const signs = this.signs;
    this.#enter();
    try {
      const running = this.#engine.socketAction(fd, bits);
      this.#observers.action(fd, bits, running);
      if (running === CURLM_CALL_MULTI_PERFORM) this.#repeat(this.signs !== signs);
    } catch (error) {
      this.#died(error);
    } finally {
      this.#leave();
    }
  }

  /** Looks at every transfer: costly, for when the engine seems to have lost its way. */
  socketAll(): void {
    this.#call(() => this.#engine.socketAll());
  }

  /**
   * The next message, which is one transfer's end. Takes its handle out of the engine (C 9.3 to 9.5). `found` is told whose
   * it is before observers hear of it: what they ask for may begin another transfer with the same handle.
   */
  nextMessage(found: (message: Message<E>) => TransferRecord<E> | undefined): boolean {
    const message = this.#engine.infoRead();
    if (!message) return false;
    this.signs++;
    const record = found(message);
    this.#enter(); // what observers ask for waits until all is as it should be
    this.#observers.message(message.easy, message.result);
    this.#leave();
    if (record) this.withdraw(record);
    return true;
  }

  /** @throws what the engine throws: it is the caller's handle that was refused */
  add(record: TransferRecord<E>): void {
    this.#turnstile.enter();
    try {
      this.#engine.addHandle(record.easy);
      record.added = true;
      if (record.paused) this.#gatherer?.hold(record.easy, true);
    } finally {
      this.#turnstile.leave();
    }
  }

  withdraw(record: TransferRecord<E>): void {
    if (!record.added) return;
    record.added = false;
    this.#enter();
    try {
      this.#engine.removeHandle(record.easy);
    } catch (error) {
      if (error instanceof MultiError) this.#died(error);
      else this.#failures.misused(error);
    } finally {
      this.#leave();
    }
  }

  /** The engine's `proceed`: a CURLcode. */
  proceed(record: TransferRecord<E>): number {
    let code = 0;
    const proceed = (): void => {
      code = this.#gatherer?.proceed(record.easy) ?? 0;
    };
    if (record.added) this.#call(proceed);
    return code;
  }

  /** See Turnstile.submit; afterwards, if nothing of the engine is on the stack, `settle`. */
  submit<T>(command: Command<T>, subject: T, settle: () => void): void {
    try {
      this.#turnstile.submit(command, subject);
    } finally {
      if (!this.inside) {
        this.checkRefusal();
        settle();
      }
    }
  }

  /** The engine is about to be freed: what it still tells is for nobody (C 6.7). */
  stopListening(): void {
    this.#deaf = true;
    this.#engine.watchSockets?.(null);
  }

  #call(run: () => void): void {
    this.#enter();
    try {
      run();
    } catch (error) {
      this.#died(error);
    } finally {
      this.#leave();
    }
  }

  #died(error: unknown): void {
    this.#failures.died(error); // before what is queued runs: it must find the multi dead (C 5.10)
  }

  /** Around calls of the engine; those of each transfer stand between these two without a closure. */
  #enter(): void {
    this.calls++;
    this.#turnstile.enter();
  }

  #leave(): void {
    this.#turnstile.leave();
    this.checkRefusal();
  }

  /** The loop refuses inside a call that must not throw; what follows from it is done here. */
  checkRefusal(): void {
    const refusal = this.#sockets.refusal;
    if (!refusal) return;
    this.#sockets.refusal = undefined;
    this.#failures.refused(refusal);
  }

  /** "Call again before you wait" is a 0 timer by another name (C 2.15, 8.4). */
  #repeat(progress: boolean): void {
    this.#repeats = progress ? 0 : this.#repeats + 1;
    this.#timer.told(this.#repeats < MOST_REPEATS ? 0 : REPEAT_MS, this.#now());
  }

  /** Sets the engine's callbacks, as one who is not under way yet: what it throws is thrown. */
  listen(): void {
    this.#engine.setopt("SOCKETFUNCTION", (easy, fd, action) => {
      if (this.#deaf) return 0;
      this.signs++;
      this.#observers.socket(fd, action, easy);
      this.#sockets.told(fd, action);
      return 0;
    });
    this.#engine.setopt("TIMERFUNCTION", (timeoutMs) => {
      if (this.#deaf) return 0;
      this.signs++;
      this.#observers.timer(timeoutMs);
      this.#timer.told(timeoutMs, this.#now());
      return 0;
    });
    this.#engine.watchSockets?.(this.#sockets);
  }
}
