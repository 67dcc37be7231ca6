/** A loop and an engine that do what a test says, on a clock the test turns. */
import type {
  Attachment,
  EasyHandle,
  EngineHazards,
  Interest,
  LoopAdapter,
  LoopSink,
  Message,
  MultiCallbacks,
  MultiEngine,
  Outcome,
  PollAction,
  SocketLife,
} from "../src/index.js";
import { Driver, type DriverOptions, TransferError } from "../src/index.js";

/** Everything that happened, in order, as words. */
export type Log = string[];

const ACTIONS = ["NONE", "IN", "OUT", "INOUT", "REMOVE"];

export class ScriptedLoop implements LoopAdapter {
  readonly name = "scripted";
  readonly batches: boolean;
  readonly watched = new Map<number, Interest>();
  /** Thrown by watch, by descriptor. */
  readonly refusals = new Map<number, Error>();
  nowMs = 1000;
  armedForMs: number | undefined;
  held = false;
  closed = false;
  #sink: LoopSink | undefined;
  readonly #log: Log;

  constructor(log: Log, batches: boolean) {
    this.#log = log;
    this.batches = batches;
  }

  get sink(): LoopSink {
    if (!this.#sink) throw new Error("not attached");
    return this.#sink;
  }

  attach(sink: LoopSink): Attachment {
    this.#sink = sink;
    return {
      watch: (fd, interest) => {
        this.#log.push(`watch ${fd} ${ACTIONS[interest]}`);
        const refusal = this.refusals.get(fd);
        if (refusal) throw refusal;
        this.watched.set(fd, interest);
      },
      unwatch: (fd) => {
        this.#log.push(`unwatch ${fd}`);
        this.watched.delete(fd);
      },
      arm: (delayMs) => {
        this.#log.push(`arm ${delayMs}`);
        this.armedForMs = this.nowMs + delayMs;
      },
      disarm: () => {
        this.#log.push("disarm");
        this.armedForMs = undefined;
      },
      now: () => this.nowMs,
      hold: (alive) => {
        this.held = alive;
      },
      close: async () => {
        this.#log.push("close loop");
        this.closed = true;
      },
    };
  }

  /** One batch: pairs of descriptor and bits. */
  report(...events: [fd: number, bits: number][]): void {
    for (const [fd, bits] of events) this.sink.ready(fd, bits);
    this.sink.batchEnd();
  }

  /** Turns the clock; fires the timer if it is armed and due. Answers whether it fired. */
  pass(ms: number): boolean {
    this.nowMs += ms;
    if (this.armedForMs === undefined || this.armedForMs > this.nowMs) return false;
    this.armedForMs = undefined;
    this.sink.expired();
    return true;
  }

  /** Lets 0 timers fire until none is asked for; answers how many did. */
  settle(): number {
    let turns = 0;
    while (this.pass(0)) if (++turns > 100) throw new Error("the driver asks for a 0 timer for ever");
    return turns;
  }
}

export class ScriptedEasy implements EasyHandle {
  readonly name: string;
  paused = false;
  readonly #log: Log;

  constructor(name: string, log: Log) {
    this.name = name;
    this.#log = log;
  }

  setopt(): void {}
  getinfo(info: string): unknown {
    return `${info} of ${this.name}`;
  }
  pause(bitmask: number): void {
    this.paused = bitmask !== 0;
  }
  cleanup(): void {
    this.#log.push(`cleanup ${this.name}`);
  }
  failure(curlCode: number): TransferError {
    return new TransferError("TRANSFER_FAILED", `code ${curlCode}`, { curlCode });
  }
}

type Action = (engine: ScriptedEngine, bits: number) => number | undefined | void;

export class ScriptedEngine implements MultiEngine<ScriptedEasy> {
  readonly name = "scripted";
  readonly hazards: EngineHazards = { earlyTimeoutLosesTimer: false, leavesInputUnread: false };
  readonly added = new Set<ScriptedEasy>();
  readonly announced = new Set<number>();
  readonly messages: Message<ScriptedEasy>[] = [];
  /** What socketAction does, by descriptor; -1 is CURL_SOCKET_TIMEOUT. */
  readonly actions = new Map<number, Action>();
  /** Called inside addHandle and removeHandle. */
  onAdd: (easy: ScriptedEasy) => void = () => this.tellTimer(0);
  onRemove: (easy: ScriptedEasy) => void = () => {};
  onAll: () => void = () => {};
  timeoutMs = -1;
  life: SocketLife | null = null;
  bytes = 0;
  depth = 0;
  readonly #callbacks: MultiCallbacks<ScriptedEasy> = {
    SOCKETFUNCTION: null,
    SOCKETDATA: undefined,
    TIMERFUNCTION: null,
    TIMERDATA: undefined,
  };
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  setopt(option: string, value: unknown): void {
    (this.#callbacks as unknown as Record<string, unknown>)[option] = value;
  }

  /** Every call of the driver's comes through here: libcurl would answer 8 inside a callback. */
  #call<T>(what: string, run: () => T): T {
    if (this.depth > 0) throw new Error(`${what} was called inside a callback`);
    this.#log.push(what);
    return run();
  }

  addHandle(easy: ScriptedEasy): void {
    this.#call(`add ${easy.name}`, () => {
      this.added.add(easy);
      this.onAdd(easy);
    });
  }

  removeHandle(easy: ScriptedEasy): void {
    this.#call(`remove ${easy.name}`, () => {
      this.added.delete(easy);
      this.onRemove(easy);
    });
  }

  socketAction(fd: number, bits: number): number {
    const what = fd === -1 ? "action TIMEOUT" : `action ${fd} ${bits}`;
    return this.#call(what, () => this.actions.get(fd)?.(this, bits) ?? this.added.size);
  }

  socketAll(): number {
    return this.#call("socketAll", () => {
      this.onAll();
      return this.added.size;
    });
  }

  timeout(): number {
    return this.timeoutMs;
  }

  assign(): void {}

  infoRead(): Message<ScriptedEasy> | undefined {
    return this.messages.shift();
  }

  cleanup(): void {
    this.#call("cleanup multi", () => {});
  }

  watchSockets(life: SocketLife | null): void {
    this.life = life;
  }

  announcesClose(fd: number): boolean {
    return this.announced.has(fd);
  }

  bytesMoved(): number {
    return this.bytes;
  }

  // --- what libcurl would do -----------------------------------------------------------------------------------------

  tell(fd: number, action: PollAction, easy?: ScriptedEasy): void {
    this.#callBack(() => this.#callbacks.SOCKETFUNCTION?.(easy, fd, action, undefined, undefined));
  }

  tellTimer(timeoutMs: number): void {
    this.#callBack(() => this.#callbacks.TIMERFUNCTION?.(timeoutMs, undefined));
  }

  finish(easy: ScriptedEasy, result = 0): void {
    this.messages.push({ easy, result, queued: 0 });
  }

  #callBack(run: () => unknown): void {
    this.depth++;
    const answer = run();
    this.depth--;
    if (answer !== 0 && answer !== undefined) throw new Error(`a callback answered ${answer}: libcurl would die`);
  }
}

type SceneOptions = Partial<DriverOptions<ScriptedEasy>> & { batches?: boolean };

/** A driver on a scripted loop with a scripted engine, and what it did. */
export function scene({ batches = true, ...options }: SceneOptions = {}) {
  const log: Log = [];
  const loop = new ScriptedLoop(log, batches);
  const engine = new ScriptedEngine(log);
  const uncaught: unknown[] = [];
  const warnings: string[] = [];
  const ports = {
    reportError: (error: unknown) => void uncaught.push(error),
    warn: (line: string) => void warnings.push(line),
    ...options.ports,
  };
  const driver = new Driver<ScriptedEasy>({ engine, loop, ...options, ports });
  const outcomes: Record<string, Outcome["error"] | "ok"> = {};
  const start = (name: string, outcome?: (error: Outcome["error"]) => void): ScriptedEasy => {
    const easy = new ScriptedEasy(name, log);
    driver.add(easy, {
      outcome({ error }) {
        log.push(`outcome ${name}`);
        outcomes[name] = error ?? "ok";
        outcome?.(error);
      },
    });
    return easy;
  };
  /** What was logged since the last call. */
  const since = (): string[] => log.splice(0);
  return { log, loop, engine, driver, uncaught, warnings, outcomes, start, since };
}
