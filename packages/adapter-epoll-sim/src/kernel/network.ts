import type { Choices } from "./choices.js";
import type { Clock } from "./clock.js";
import { StreamSocket } from "./stream-socket.js";

/** What answers at an address: a server is handed its end of each connection; others refuse, or never answer. */
export type Listener = ((accepted: StreamSocket) => void) | "refuses" | "never answers";

/** How long a connection takes to be made, ms; which one is the scheduler's choice. */
const LATENCIES_MS = [1, 0, 20, 300];
const BUFFER_BYTES = 65_536;

/** Other machines. They have no descriptors: only sockets of this kernel do. */
export class Network {
  readonly #clock: Clock;
  readonly #choices: Choices;
  readonly #listeners = new Map<string, Listener>();
  /** What one end can send before the other reads. */
  readonly bufferBytes: number;

  constructor(clock: Clock, choices: Choices, bufferBytes = BUFFER_BYTES) {
    this.#clock = clock;
    this.#choices = choices;
    this.bufferBytes = bufferBytes;
  }

  listen(address: string, listener: Listener): void {
    this.#listeners.set(address, listener);
  }

  /** Begins to connect; an address nobody listens at refuses. */
  connect(socket: StreamSocket, address: string): void {
    socket.state = "connecting";
    const listener = this.#listeners.get(address) ?? "refuses";
    if (listener === "never answers") return;
    this.#clock.after(this.latencyMs(), () => this.#answer(socket, listener));
  }

  latencyMs(): number {
    return LATENCIES_MS[this.#choices.choose("latency", LATENCIES_MS.length)] ?? 0;
  }

  #answer(socket: StreamSocket, listener: Exclude<Listener, "never answers">): void {
    if (socket.references === 0) return; // closed in the meantime
    if (listener === "refuses") return socket.connected("ECONNREFUSED");
    const accepted = new StreamSocket(this.#choices, this.bufferBytes);
    socket.connected(accepted);
    listener(accepted);
  }
}
