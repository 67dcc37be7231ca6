import { EPOLLIN, EPOLLRDHUP, type Kernel, type StreamSocket } from "../kernel/index.js";
import {
  ascii,
  CANCEL,
  DATA,
  dataFrames,
  END,
  END_AND_CLOSE,
  FrameReader,
  frame,
  fromAscii,
  HEADERS,
  REQUEST,
  TRAILERS,
} from "./wire.js";

/** What a server was asked for. */
export interface SimulatedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
}

/** What it answers; "hang" is never. */
export interface SimulatedAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly body?: Uint8Array;
  readonly trailers?: string;
  /** How long it thinks, ms. */
  readonly delayMs?: number;
  /** After that many bytes of the body the connection ends instead. */
  readonly cutAfterBytes?: number;
  /** How: in order, or by a reset. Default "close". */
  readonly cut?: "close" | "reset";
}

export type AnswerRequest = (request: SimulatedRequest) => SimulatedAnswer | "hang";

export interface ServerOptions {
  readonly answer: AnswerRequest;
  /** How many exchanges a connection serves before it is closed. Default: any number. */
  readonly exchanges?: number;
}

/** A machine that answers at an address. */
export function serve(kernel: Kernel, address: string, options: ServerOptions): void {
  kernel.network.listen(address, (socket) => new ServerConnection(kernel, socket, options).begin());
}

/** One connection, at the far end. */
class ServerConnection {
  readonly #kernel: Kernel;
  readonly #socket: StreamSocket;
  readonly #options: ServerOptions;
  readonly #reader = new FrameReader();
  readonly #requests = new Map<number, { method: string; path: string; body: Uint8Array[] }>();
  /** What waits to be written; a function ends the connection. */
  readonly #outgoing: (Uint8Array | (() => void))[] = [];
  readonly #cancelled = new Set<number>();
  #exchanges = 0;
  #scheduled = false;
  #gone = false;

  constructor(kernel: Kernel, socket: StreamSocket, options: ServerOptions) {
    this.#kernel = kernel;
    this.#socket = socket;
    this.#options = options;
  }

  begin(): void {
    this.#socket.waiters.add({ woken: () => this.#wake() });
    this.#wake();
  }

  /** Looked at a moment later, however often it is woken until then. */
  #wake(): void {
    if (this.#scheduled || this.#gone) return;
    this.#scheduled = true;
    this.#kernel.clock.after(this.#kernel.network.latencyMs(), () => {
      this.#scheduled = false;
      if (!this.#gone) this.#look();
    });
  }

  #look(): void {
    try {
      for (let bytes = this.#socket.read(65_536); bytes && bytes.length > 0; bytes = this.#socket.read(65_536))
        for (const { stream, kind, bytes: payload } of this.#reader.push(bytes)) this.#heard(stream, kind, payload);
      this.#write();
    } catch {
      return this.#end(() => this.#socket.release()); // the client is gone
    }
    if (!this.#gone && this.#socket.poll() & EPOLLRDHUP && !this.#unread) this.#end(() => this.#socket.release());
  }

  /** A connection that was half closed may have sent something before. */
  get #unread(): boolean {
    return (this.#socket.poll() & EPOLLIN) !== 0 && this.#outgoing.length > 0;
  }

  #heard(stream: number, kind: number, bytes: Uint8Array): void {
    if (kind === REQUEST) {
      const [method = "", path = ""] = fromAscii(bytes).split(" ");
      this.#requests.set(stream, { method, path, body: [] });
    } else if (kind === DATA) this.#requests.get(stream)?.body.push(bytes.slice());
    else if (kind === CANCEL) this.#cancelled.add(stream);
    else if (kind === END) this.#answer(stream);
  }

  #answer(stream: number): void {
    const request = this.#requests.get(stream);
    this.#requests.delete(stream);
    if (!request) return;
    const answer = this.#options.answer({ ...request, body: joinAll(request.body) });
    if (answer === "hang") return;
    if (!answer.delayMs) return this.#send(stream, answer);
    this.#kernel.clock.after(answer.delayMs, () => {
      if (this.#gone) return;
      this.#send(stream, answer);
      this.#wake();
    });
  }

  #send(stream: number, answer: SimulatedAnswer): void {
    if (this.#cancelled.has(stream)) return;
    const { status = 200, body = new Uint8Array(0), trailers, cutAfterBytes } = answer;
    const out = this.#outgoing;
    out.push(frame(stream, HEADERS, ascii(`HTTP/1.1 ${status} \r\nContent-Length: ${body.length}\r\n\r\n`)));
    out.push(...dataFrames(stream, cutAfterBytes === undefined ? body : body.subarray(0, cutAfterBytes)));
    if (cutAfterBytes !== undefined) {
      const reset = answer.cut === "reset";
      out.push(() => this.#end(() => (reset ? this.#socket.reset() : this.#socket.release())));
      return;
    }
    if (trailers) out.push(frame(stream, TRAILERS, ascii(trailers)));
    const last = ++this.#exchanges >= (this.#options.exchanges ?? Number.POSITIVE_INFINITY);
    out.push(frame(stream, last ? END_AND_CLOSE : END));
    if (last) out.push(() => this.#end(() => this.#socket.release()));
  }

  #write(): void {
    for (let next = this.#outgoing[0]; next; next = this.#outgoing[0]) {
      if (typeof next === "function") return next();
      const count = this.#socket.write(next);
      if (count === 0) return; // there will be a wakeup when there is room
      if (count === next.length) this.#outgoing.shift();
      else this.#outgoing[0] = next.subarray(count);
    }
  }

  #end(how: () => void): void {
    this.#gone = true;
    this.#outgoing.length = 0;
    how();
  }
}

function joinAll(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
