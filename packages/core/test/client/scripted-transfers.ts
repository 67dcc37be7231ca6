/** An engine that does what a test says, and notes what it is asked. */
import {
  type Client,
  CurlewError,
  createClient,
  type Limits,
  type Ports,
  type Transfer,
  type TransferEngine,
  type TransferRequest,
  type TransferSink,
} from "../../src/index.js";

export class ScriptedTransfer implements Transfer {
  readonly request: TransferRequest;
  readonly sink: TransferSink;
  readonly log: string[];
  readonly infos: Record<string, unknown> = {};
  readonly sent: Uint8Array[] = [];
  /** What `send` answers. */
  room = true;
  over = false;

  constructor(request: TransferRequest, sink: TransferSink, log: string[]) {
    this.request = request;
    this.sink = sink;
    this.log = log;
  }

  pause(): void {
    this.log.push("pause");
  }

  resume(): void {
    this.log.push("resume");
  }

  cancel(): void {
    this.over = true;
    this.log.push("cancel");
  }

  send(bytes: Uint8Array): boolean {
    this.sent.push(bytes);
    this.log.push(`send ${bytes.length}`);
    return this.room;
  }

  endSending(): void {
    this.log.push("end of body");
  }

  getinfo(info: string): unknown {
    return this.infos[info];
  }

  // --- what happens to it --------------------------------------------------------------------------------------------

  headers(text: string): void {
    if (!this.over) this.#tell(() => this.sink.headers?.(Buffer.from(text, "latin1")));
  }

  chunk(text: string): void {
    if (!this.over) this.#tell(() => this.sink.chunk?.(Buffer.from(text)));
  }

  progress(receivedBytes: number): void {
    const progress = { receivedBytes, receivedTotalBytes: 0, sentBytes: 0, sentTotalBytes: 0 };
    if (!this.over) this.#tell(() => this.sink.progress?.(progress));
  }

  trailers(text: string): void {
    if (!this.over) this.#tell(() => this.sink.trailers?.(Buffer.from(text)));
  }

  answer(text = "", status = 200): void {
    this.headers(`HTTP/1.1 ${status} Word\r\nContent-Length: ${text.length}\r\n\r\n`);
    if (text !== "") this.chunk(text);
    this.end();
  }

  end(error?: CurlewError): void {
    if (this.over) return;
    this.over = true;
    try {
      this.sink.outcome({ error, getinfo: (info) => this.infos[info] });
    } catch (thrown) {
      this.log.push(`reported ${(thrown as Error).message}`);
    }
  }

  /** As the driver does with throws of a sink: of the outcome's, to the port. */
  #tell(run: () => void): void {
    try {
      run();
    } catch (cause) {
      if (!this.over) this.end(new CurlewError("CALLBACK_FAILED", "thrown", cause));
    }
  }
}

export class ScriptedTransfers implements TransferEngine {
  readonly name = "scripted";
  readonly transfers: ScriptedTransfer[] = [];
  readonly log: string[] = [];
  nowMs = 0;
  /** Thrown by the next start. */
  refusal: unknown;

  start(request: TransferRequest, sink: TransferSink): Transfer {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal !== undefined) throw refusal;
    const transfer = new ScriptedTransfer(request, sink, this.log);
    this.transfers.push(transfer);
    this.log.push(`start ${request.url}`);
    return transfer;
  }

  now(): number {
    return this.nowMs;
  }

  async close(): Promise<void> {
    this.log.push("close");
    for (const transfer of this.transfers) transfer.end(new CurlewError("CLOSED", "closed"));
  }

  get last(): ScriptedTransfer {
    const last = this.transfers.at(-1);
    if (!last) throw new Error("nothing was started");
    return last;
  }
}

export function scene(limits: Partial<Limits> = {}, ports: Ports = {}): { client: Client; engine: ScriptedTransfers } {
  const engine = new ScriptedTransfers();
  return { client: createClient({ engine, limits, ports }), engine };
}

/** What was queued as microtasks has run. */
export async function microtasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** How a promise stands after the microtasks: its value, or its error's code. */
export async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  const pending = Symbol("pending");
  await microtasks();
  try {
    const value = await Promise.race([promise, Promise.resolve(pending)]);
    return value === pending ? "pending" : value;
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
}
