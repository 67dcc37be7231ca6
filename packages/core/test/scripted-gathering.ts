/** The scripted engine, gathering; and transfers on it. */
import {
  CURL_POLL_IN,
  createTransferEngine,
  type GatheredKind,
  type GatheringEngine,
  type GatherVisitor,
  type Transfer,
  type TransferEngineOptions,
  type TransferRequest,
  type TransferSink,
} from "../src/index.js";
import { type Log, ScriptedEasy, ScriptedEngine, ScriptedLoop } from "./scripted.js";

export class ScriptedGathering extends ScriptedEngine implements GatheringEngine<ScriptedEasy> {
  readonly held = new Set<ScriptedEasy>();
  readonly prepared: ScriptedEasy[] = [];
  readonly sent: (Uint8Array | null)[] = [];
  collections = 0;
  onProceed: (easy: ScriptedEasy) => number = () => 0;
  #gathered: [ScriptedEasy, GatheredKind, Uint8Array][] = [];
  readonly #words: Log;

  constructor(log: Log) {
    super(log);
    this.#words = log;
  }

  prepare(): ScriptedEasy {
    const easy = new ScriptedEasy(`e${this.prepared.length}`, this.#words);
    this.prepared.push(easy);
    return easy;
  }

  override addHandle(easy: ScriptedEasy): void {
    this.held.delete(easy); // a new transfer
    super.addHandle(easy);
  }

  gather(easy: ScriptedEasy, kind: GatheredKind, text = ""): void {
    this.#gathered.push([easy, kind, new TextEncoder().encode(text)]);
  }

  collect(visit: GatherVisitor<ScriptedEasy>): void {
    this.collections++;
    const ready = this.#gathered.filter(([easy]) => !this.held.has(easy));
    this.#gathered = this.#gathered.filter(([easy]) => this.held.has(easy));
    for (const [easy, kind, bytes] of ready) visit(easy, kind, bytes);
  }

  gatheredBytes(): number {
    let sum = 0;
    for (const [easy, kind, { length }] of this.#gathered) if (kind === "body" && !this.held.has(easy)) sum += length;
    return sum;
  }

  hold(easy: ScriptedEasy, held: boolean): void {
    this.#words.push(`${held ? "hold" : "release"} ${easy.name}`);
    if (held) this.held.add(easy);
    else this.held.delete(easy);
  }

  proceed(easy: ScriptedEasy): number {
    if (this.depth > 0) throw new Error("proceed was called inside a callback");
    this.#words.push(`proceed ${easy.name}`);
    return this.onProceed(easy);
  }

  send(_easy: ScriptedEasy, bytes: Uint8Array | null): number {
    this.sent.push(bytes);
    return bytes?.length ?? 0;
  }
}

type Options = Partial<TransferEngineOptions<ScriptedEasy>>;

/** Transfers on a scripted loop; what their sinks hear is in `heard`, as "0 chunk abc". */
export function transfersScene(options: Options = {}) {
  const log: Log = [];
  const loop = new ScriptedLoop(log, true);
  const engines: ScriptedGathering[] = [];
  const heard: string[] = [];
  const uncaught: unknown[] = [];
  const transfers = createTransferEngine<ScriptedEasy>({
    createEngine() {
      const engine = new ScriptedGathering(log);
      engines.push(engine);
      return engine;
    },
    loop,
    ports: { reportError: (error) => void uncaught.push(error) },
    ...options,
  });
  let started = 0;
  const say = (n: number, what: string, bytes?: Uint8Array) =>
    heard.push([n, what, ...(bytes ? [new TextDecoder().decode(bytes)] : [])].join(" "));
  /** `also`: what a sink does after it was heard. */
  const start = (also: Partial<TransferSink> = {}, request: Partial<TransferRequest> = {}): Transfer => {
    const n = started++;
    return transfers.start(
      { url: "http://a/", ...request },
      {
        headers: (bytes) => say(n, "headers", bytes) && also.headers?.(bytes),
        chunk: (bytes) => say(n, "chunk", bytes) && also.chunk?.(bytes),
        trailers: (bytes) => say(n, "trailers", bytes) && also.trailers?.(bytes),
        drain: () => say(n, "drain") && also.drain?.(),
        outcome: (outcome) => say(n, `outcome ${outcome.error?.code ?? "ok"}`) && also.outcome?.(outcome),
      },
    );
  };
  return {
    log,
    loop,
    transfers,
    heard,
    uncaught,
    start,
    engines,
    since: () => log.splice(0),
    get engine() {
      const engine = engines.at(-1);
      if (!engine) throw new Error("no engine was made");
      return engine;
    },
    /** The handle of the nth transfer of the newest engine. */
    easy(n: number): ScriptedEasy {
      const easy = this.engine.prepared[n];
      if (!easy) throw new Error(`transfer ${n} was not started`);
      return easy;
    },
    /** What the engine does at the next kick, once. */
    next(act: () => void): void {
      const { engine } = this;
      engine.actions.set(-1, () => {
        engine.actions.delete(-1);
        engine.tell(8, CURL_POLL_IN); // something to wait for afterwards: this is no stall
        act();
      });
      engine.tellTimer(0);
    },
  };
}
