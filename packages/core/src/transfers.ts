import type { LoopAdapter } from "./contract.js";
import { Driver } from "./driver.js";
import type { EasyHandle, GatheringEngine, TransferRequest } from "./engine.js";
import { CurlewError, MisuseError } from "./errors.js";
import { ObserverList, type Observers } from "./observers.js";
import type { Ports } from "./ports.js";
import {
  checkSink,
  type Outcome,
  type Progress,
  type Transfer,
  type TransferEngine,
  type TransferSink,
} from "./transfer-engine.js";

export interface TransferEngineOptions<E extends EasyHandle> {
  /** Makes a multi: at the first transfer, and again after one failed as a whole. */
  readonly createEngine: () => GatheringEngine<E>;
  readonly loop: LoopAdapter;
  readonly ports?: Ports | undefined;
  readonly observers?: Observers<E> | undefined;
}

const HIGH_WATER_BYTES = 524_288;

/** A TransferEngine made of a gathering engine and a loop. */
export function createTransferEngine<E extends EasyHandle>(options: TransferEngineOptions<E>): TransferEngine {
  return new DrivenTransfers(options);
}

class DrivenTransfers<E extends EasyHandle> implements TransferEngine {
  readonly name: string;
  readonly #options: TransferEngineOptions<E>;
  #engine: GatheringEngine<E>;
  #driver: Driver<E>;
  /** Drivers whose multi failed, until the last outcome of theirs is delivered. */
  readonly #retired = new Set<Promise<void>>();
  readonly #observers = new ObserverList<E>();
  #closed: Promise<void> | undefined;

  constructor(options: TransferEngineOptions<E>) {
    this.#options = options;
    if (options.observers) this.#observers.add(options.observers);
    this.#engine = options.createEngine();
    this.#driver = this.#drive();
    this.name = this.#engine.name;
  }

  start(request: TransferRequest, sink: TransferSink): Transfer {
    if (this.#closed) throw new CurlewError("CLOSED", "this transfer engine was closed; make a new one");
    checkSink(sink);
    this.#renew();
    const easy = this.#engine.prepare(request);
    const sendHighWaterBytes = request.sendHighWaterBytes ?? HIGH_WATER_BYTES;
    const transfer = new DrivenTransfer(this.#driver, this.#engine, easy, sink, sendHighWaterBytes);
    try {
      this.#driver.add(easy, transfer);
    } catch (error) {
      release(this.#engine, easy, false);
      throw error;
    }
    return transfer;
  }

  now(): number {
    return this.#driver.now();
  }

  observe(observers: Observers<unknown>): () => void {
    return this.#observers.add(observers);
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all([this.#driver.close(), ...this.#retired]).then(() => {});
    return this.#closed;
  }

  /** A multi that failed takes its transfers with it, not those to come. */
  #renew(): void {
    if (this.#driver.open) return;
    const retired = this.#driver.close().then(() => void this.#retired.delete(retired));
    this.#retired.add(retired);
    this.#engine = this.#options.createEngine();
    this.#driver = this.#drive();
  }

  #drive(): Driver<E> {
    const { loop, ports } = this.#options;
    try {
      return new Driver({ engine: this.#engine, loop, ports, observers: this.#observers });
    } catch (error) {
      this.#engine.cleanup(); // the loop would not attach
      throw error;
    }
  }
}

class DrivenTransfer<E extends EasyHandle> implements Transfer, TransferSink {
  readonly inContext: boolean;
  readonly #driver: Driver<E>;
  readonly #engine: GatheringEngine<E>;
  readonly #easy: E;
  readonly #sink: TransferSink;
  readonly #sendHighWaterBytes: number;
  #ended = false;
  #freed = false;
  #sendingEnded = false;
  #toldBytes = 0;

  constructor(driver: Driver<E>, engine: GatheringEngine<E>, easy: E, sink: TransferSink, sendHighWaterBytes: number) {
    this.#driver = driver;
    this.#engine = engine;
    this.#easy = easy;
    this.#sink = sink;
    this.inContext = sink.inContext ?? true;
    this.#sendHighWaterBytes = sendHighWaterBytes;
  }

  // --- TransferSink: the user's, with the handle's end tied to the outcome ------------------------------------------

  headers(bytes: Uint8Array): void {
    this.#sink.headers?.(bytes);
  }

  chunk(bytes: Uint8Array): void {
    this.#toldBytes += bytes.length;
    this.#sink.chunk?.(bytes);
  }

  trailers(bytes: Uint8Array): void {
    this.#sink.trailers?.(bytes);
  }

  drain(): void {
    this.#sink.drain?.();
  }

  progress(progress: Progress): void {
    this.#sink.progress?.(progress);
  }

  outcome(outcome: Outcome): void {
    this.#ended = true;
    try {
      this.#sink.outcome(outcome);
    } finally {
      this.#free(outcome.error === undefined);
    }
  }

  // --- Transfer ------------------------------------------------------------------------------------------------------

  pause(): void {
    this.#driver.pause(this.#easy);
  }

  resume(): void {
    this.#driver.resume(this.#easy);
  }

  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#driver.remove(this.#easy);
    this.#free(false);
  }

  receiveWhole(mostBytes: number): void {
    if (!this.#ended) this.#engine.receiveWhole?.(this.#easy, mostBytes);
  }

  recycle(chunk: Uint8Array): void {
    this.#engine.recycle?.(chunk);
  }

  rest(): Uint8Array | undefined {
    return this.#freed ? undefined : this.#engine.rest?.(this.#easy, this.#toldBytes);
  }

  send(bytes: Uint8Array): boolean {
    if (this.#sendingEnded && !this.#ended)
      throw new MisuseError("HANDLE_CLOSED", "the body was ended: nothing can be sent after endSending");
    return this.#send(bytes) < this.#sendHighWaterBytes;
  }

  endSending(): void {
    this.#sendingEnded = true;
    this.#send(null);
  }

  getinfo(info: string): unknown {
    return this.#ended ? undefined : this.#easy.getinfo(info);
  }

  #send(bytes: Uint8Array | null): number {
    if (this.#ended) return Number.POSITIVE_INFINITY;
    const queued = this.#engine.send(this.#easy, bytes);
    this.#driver.proceed(this.#easy);
    return queued;
  }

  #free(well: boolean): void {
    this.#freed = true;
    this.#driver.command(this.#easy, () => release(this.#engine, this.#easy, well));
  }
}

function release<E extends EasyHandle>(engine: GatheringEngine<E>, easy: E, well: boolean): void {
  if (engine.release) engine.release(easy, well);
  else easy.cleanup();
}
