import type { LoopAdapter } from "../contract.js";
import type { EasyHandle, GatheringEngine } from "../engine.js";
import { CurlewError, MisuseError } from "../errors.js";
import type { Observers } from "../observers.js";
import { NO_CONTEXT, type Ports, reportError } from "../ports.js";
import type { TransferEngine } from "../transfer-engine.js";
import { createTransferEngine } from "../transfers.js";
import { type ChunkQueue, UnreadBytes } from "./chunk-queue.js";
import { ClientTransfer } from "./client-transfer.js";
import { type EndListener, Exchange, type ExchangeOwner } from "./exchange.js";
import { HeaderLines } from "./header-lines.js";
import type { TransferInfos } from "./infos.js";
import { checkLimits, type Limits } from "./limits.js";
import type { TransferControl, TransferObserver } from "./observer.js";
import { type PhasedControl, Reception, type ReceptionOwner, type TransferHooks } from "./reception.js";
import {
  checkObject,
  type PreparedRequest,
  prepareRequest,
  type RequestDefaults,
  type RequestOptions,
  type URLLike,
} from "./request-options.js";
import { Slots } from "./slots.js";

/** An engine that is driven by a loop, or one that moves its transfers by itself. */
export type ClientOptions<E extends EasyHandle> = ClientSettings &
  (
    | { readonly engine: () => GatheringEngine<E>; readonly loop: LoopAdapter }
    | { readonly engine: TransferEngine; readonly loop?: undefined }
  );

interface ClientSettings {
  readonly limits?: Partial<Limits> | undefined;
  readonly ports?: Ports | undefined;
}

/** With what may be heard of it besides its promises. */
export interface ClientRequestOptions extends RequestOptions {
  readonly hooks?: TransferHooks | undefined;
}

/**
 * A client: transfers with limits, on any engine and any loop.
 * @throws MisuseError OUT_OF_RANGE, UNKNOWN_OPTION for limits; what the engine or the loop throws when it cannot be had
 */
export function createClient<E extends EasyHandle>(options: ClientOptions<E>): Client {
  return new Client(engineOf(options), checkLimits(options.limits ?? {}), options.ports ?? {});
}

function engineOf<E extends EasyHandle>(options: ClientOptions<E>): TransferEngine {
  if (typeof options.engine === "function" && options.loop)
    return createTransferEngine({ createEngine: options.engine, loop: options.loop, ports: options.ports });
  if (typeof options.engine === "object" && options.engine !== null) return options.engine;
  throw new MisuseError(
    "WRONG_TYPE",
    "a client takes a TransferEngine, or a function that makes a multi and a loop for it",
  );
}

export class Client {
  readonly limits: Limits;
  readonly #defaults: RequestDefaults;
  readonly #engine: TransferEngine;
  readonly #slots: Slots;
  readonly #owner: ExchangeOwner;
  readonly #receptions: ReceptionOwner;
  /** Bodies that were received, are not read, and never will be: their bytes are memory no more. */
  readonly #forgotten = new FinalizationRegistry<ChunkQueue>((unread) => void unread.takeAll());
  #closed: Promise<void> | undefined;
  #resolveIdle: (() => void) | undefined;

  /** Use {@link createClient}. */
  constructor(engine: TransferEngine, limits: Limits, ports: Ports) {
    this.limits = limits;
    this.#defaults = { limits, lines: new HeaderLines() };
    this.#engine = engine;
    this.#slots = new Slots(limits);
    this.#receptions = {
      unread: new UnreadBytes(),
      unreadAtEnd: (reception, unread) => this.#forgotten.register(reception, unread),
      bindContext: () => ports.bindContext?.() ?? NO_CONTEXT,
      reportError: (error) => reportError(ports, error),
    };
    this.#owner = {
      engine,
      ports,
      slots: this.#slots,
      refusal: () => this.#refusal(),
      left: () => this.#left(),
    };
  }

  /** How many transfers are under way, and how many wait for their turn. */
  get size(): { readonly running: number; readonly queued: number } {
    return { running: this.#slots.running, queued: this.#slots.queued };
  }

  /**
   * Starts a transfer that is asked for what is wanted of it.
   * @throws MisuseError for what can be seen to be wrong with the request. What only the engine can know (an unknown
   * option under `curl`), and that there is no room, is the error of the transfer
   */
  request(url: string | URLLike, options: ClientRequestOptions = {}): ClientTransfer {
    const prepared = prepareRequest(url, options, this.#defaults);
    const hooks = options.hooks === undefined ? undefined : checkHooks(options.hooks);
    const { request, limits } = prepared;
    const reception = new Reception(this.#receptions, hooks, request.highWaterBytes ?? 1, limits.bodyBytes);
    reception.controlledBy(this.#start(prepared, reception, reception));
    return new ClientTransfer(reception, prepared);
  }

  /**
   * Starts a transfer that is told to an observer as it happens: what streams and frameworks stand on.
   * @throws MisuseError as `request`
   */
  start(url: string | URLLike, options: RequestOptions, observer: TransferObserver): TransferControl {
    if (typeof observer !== "object" || observer === null)
      throw new MisuseError("WRONG_TYPE", "an observer is wanted: an object of functions");
    return this.#start(prepareRequest(url, options, this.#defaults), observer, new ToldAtOnce(observer));
  }

  /**
   * Tells what passes between driver and engine, until the returned function is called.
   * @throws CurlewError NOT_OBSERVABLE for an engine that hides it
   */
  observe(observers: Observers<unknown>): () => void {
    if (this.#engine.observe) return this.#engine.observe(observers);
    throw new CurlewError("NOT_OBSERVABLE", `the engine ${this.#engine.name} does not show what it does`);
  }

  /**
   * Takes no more transfers. With `wait`, those that were started are let end first, queued ones included; without, they end
   * with CLOSED. Resolves when engine and loop are given back.
   */
  close({ wait = true }: { readonly wait?: boolean } = {}): Promise<void> {
    this.#closed ??= this.#idle().then(() => this.#engine.close());
    if (wait) return this.#closed;
    this.#slots.refuseAll(() => closed("before the transfer had begun"));
    void this.#engine.close();
    return this.#closed;
  }

  #start(prepared: PreparedRequest, observer: TransferObserver, end: EndListener): PhasedControl {
    const exchange = new Exchange(this.#owner, prepared, observer, end);
    exchange.begin();
    return exchange;
  }

  #refusal(): CurlewError | undefined {
    if (this.#closed) return closed("make a new client");
    const { bytes } = this.#receptions.unread;
    if (bytes <= this.limits.bufferedBytes) return undefined;
    return new CurlewError(
      "BUFFERS_FULL",
      `${bytes} bytes of bodies wait to be read (limits.bufferedBytes): read, discard or cancel them`,
    );
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolveIdle = resolve;
      this.#left();
    });
  }

  #left(): void {
    if (this.#slots.running + this.#slots.queued === 0) this.#resolveIdle?.();
  }
}

function closed(advice: string): CurlewError {
  return new CurlewError("CLOSED", `this client was closed: ${advice}`);
}

/** The end as users' observers hear of it. */
class ToldAtOnce implements EndListener {
  readonly inContext = true;
  readonly #observer: TransferObserver;

  constructor(observer: TransferObserver) {
    this.#observer = observer;
  }

  ended(infos: () => TransferInfos): void {
    this.#observer.done?.(infos());
  }
}

function checkHooks(hooks: TransferHooks): TransferHooks {
  checkObject("hooks", hooks);
  for (const [name, hook] of Object.entries(hooks))
    if (typeof hook !== "function" && hook !== undefined)
      throw new MisuseError("WRONG_TYPE", `hooks.${name} takes a function, not ${typeof hook}`);
  return hooks;
}
