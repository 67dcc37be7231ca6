import { CURL_POLL_IN, CURL_POLL_OUT } from "@curlew/core";
import type { Connecting } from "./connecting.js";
import type { Connection, Stream } from "./connection.js";
import { CURL_WRITEFUNC_PAUSE, type ModelEasy } from "./easy.js";
import { parse, type Target } from "./hosts.js";
import type { Machine } from "./machine.js";
import type { Lookup } from "./resolver.js";
import type { SocketUser } from "./socket-entries.js";
import {
  ascii,
  CANCEL,
  DATA,
  dataFrames,
  END,
  END_AND_CLOSE,
  type Frame,
  frame,
  HEADERS,
  REQUEST,
  TRAILERS,
} from "./wire.js";

type State = "new" | "pending" | "resolving" | "connecting" | "exchanging" | "done";

const NOTHING: ReadonlyMap<number, number> = new Map();
const PAUSE_RECV = 1;
const NEVER = Number.POSITIVE_INFINITY;
/** Of a body that is streamed, most that waits in the connection. */
const UNSENT_BYTES = 32_768;

/** One transfer: a state machine that runs until it would have to wait. */
export class Transfer implements SocketUser, Stream {
  readonly id: number;
  readonly easy: ModelEasy;
  readonly #machine: Machine;
  state: State = "new";
  #target: Target = { scheme: "http", host: "", path: "/" };
  #lookup: Lookup | undefined;
  #connecting: Connecting | undefined;
  #connection: Connection | undefined;
  #stream = 0;
  readonly #inbox: Frame[] = [];
  #receivedAnything = false;
  #handingOver = false;
  /** A call that only unpauses ends nothing: that is left to the next run (C 6.4). */
  #running = false;
  #failedWith: number | undefined;
  #sentAll = false;
  readonly #endsAtMs: number;
  #connectEndsAtMs = NEVER;
  /** A rate limit: nothing is received before. */
  #receiveAtMs = NEVER;
  #pollAtMs = NEVER;
  /** Bits of the last event: up to 8.9 they are believed (C 5.2). */
  #hint = 0;

  constructor(machine: Machine, id: number, easy: ModelEasy) {
    this.#machine = machine;
    this.id = id;
    this.easy = easy;
    const { TIMEOUT_MS } = easy.options;
    this.#endsAtMs = TIMEOUT_MS > 0 ? machine.nowMs + TIMEOUT_MS : NEVER;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** When it wants to run without any event. */
  get deadlineMs(): number {
    if (this.state === "done") return NEVER;
    const phase = this.#connecting?.deadlineMs ?? NEVER;
    const limit = this.state === "exchanging" ? NEVER : this.#connectEndsAtMs;
    return Math.min(this.#endsAtMs, phase, limit, this.#receiveAtMs, this.#pollAtMs);
  }

  /** What it wants of which descriptors, right now. */
  get wanted(): ReadonlyMap<number, number> {
    if (this.state === "connecting") return this.#connecting?.wanted ?? NOTHING;
    if (this.state === "resolving")
      return new Map((this.#lookup?.fds ?? []).slice(0, 1).map((fd) => [fd, CURL_POLL_IN]));
    if (this.state !== "exchanging" || !this.#connection) return NOTHING;
    const sending = this.#connection.unsent(this.#stream) > 0 ? CURL_POLL_OUT : 0;
    const receiving = this.easy.receivingPaused || this.#limited ? 0 : CURL_POLL_IN;
    return sending | receiving ? new Map([[this.#connection.fd, sending | receiving]]) : NOTHING;
  }

  hint(bits: number): void {
    this.#hint = bits;
  }

  /** As far as it goes now. */
  run(): void {
    if (this.state === "done") return;
    this.#running = true;
    this.#proceed();
    this.#running = false;
  }

  #proceed(): void {
    const hint = this.#hint;
    this.#hint = 0;
    if (this.#receiveAtMs <= this.#machine.nowMs) this.#receiveAtMs = NEVER;
    if (this.#failedWith !== undefined) return this.#done(this.#failedWith);
    if (this.#machine.dead) return this.#done(42);
    if (this.state === "exchanging" && hint === 4 && this.#machine.profile.errAloneKills) return this.#done(55);
    if (this.state === "new" || this.state === "pending") this.#begin();
    if (this.state === "resolving") this.#resolve();
    if (this.state === "connecting") this.#connect();
    if (this.state === "exchanging") this.#exchange(hint);
    this.#checkTime();
  }

  arrived(frame: Frame): void {
    this.#inbox.push(frame);
    this.#machine.soon(this);
  }

  /** Receiving or sending goes on: what was kept is handed over at once (C 11.3). */
  goOn(): void {
    if (this.state === "exchanging" && !this.#handingOver) this.#handOver();
  }

  /** socketAll. */
  remember(): void {
    this.#connecting?.remember();
  }

  /** Taken out of the multi, wherever it is. */
  abandon(): void {
    if (this.state !== "done") this.#leave(false);
    this.state = "done";
  }

  #begin(): void {
    const target = parse(this.easy.options.URL);
    if (typeof target === "number") return this.#done(target);
    this.#target = target;
    if (this.#useAgain()) return;
    if (!this.#machine.roomForConnection()) {
      this.state = "pending";
      return;
    }
    const { CONNECTTIMEOUT_MS } = this.easy.options;
    this.#connectEndsAtMs = CONNECTTIMEOUT_MS > 0 ? this.#machine.nowMs + CONNECTTIMEOUT_MS : NEVER;
    this.state = "resolving";
    const { resolveMs = 0 } = this.#machine.hosts.get(target.host) ?? {};
    if (resolveMs > 0) this.#lookup = this.#machine.resolver.begin(resolveMs);
  }

  #useAgain(): boolean {
    const connection = this.#machine.pool.take(this.#key);
    if (connection) this.#use(connection);
    return connection !== undefined;
  }

  get #key(): string {
    return `${this.#target.scheme}://${this.#target.host}`;
  }

  #resolve(): void {
    const lookup = this.#lookup;
    if (lookup && !lookup.done) {
      if (lookup.fds.length > 0 && (this.#pollAtMs === NEVER || this.#pollAtMs <= this.#machine.nowMs))
        this.#pollAtMs = this.#machine.nowMs + lookup.nextPollMs();
      return;
    }
    this.#endLookup();
    const host = this.#machine.hosts.get(this.#target.host);
    if (!host) return this.#done(6);
    this.state = "connecting";
    this.#connecting = this.#machine.connect(this.easy, host.addresses);
  }

  #connect(): void {
    const found = this.#connecting?.look();
    if (found === "failed") return this.#done(7);
    if (found === undefined) return;
    this.#connecting = undefined;
    const { multiplexed = false } = this.#machine.hosts.get(this.#target.host) ?? {};
    this.#use(this.#machine.pool.add(found, this.#key, multiplexed));
    this.easy.infos.NUM_CONNECTS = 1;
  }

  #use(connection: Connection): void {
    this.state = "exchanging";
    this.#connection = connection;
    this.easy.infos.HTTP_VERSION = connection.multiplexed ? 3 : 2;
    this.easy.infos.NUM_CONNECTS = 0;
    this.#stream = connection.begin(this);
    const { POSTFIELDS, CUSTOMREQUEST } = this.easy.options;
    const streamed = this.easy.gather?.uploadEnded === false;
    const method = CUSTOMREQUEST || (POSTFIELDS || streamed ? "PUT" : "GET");
    connection.queue(this.#stream, frame(this.#stream, REQUEST, ascii(`${method} ${this.#target.path}`)));
    if (POSTFIELDS) this.#queueBody(POSTFIELDS);
    if (!streamed) this.#endBody();
  }

  #exchange(hint: number): void {
    const connection = this.#connection as Connection;
    this.#pumpBody();
    connection.write();
    this.#pumpBody();
    // A bit that is missing postpones its direction up to 8.9; what is there is found at the next event (C 5.2).
    const look = !this.#machine.profile.bitsMatter || hint === 0 || (hint & 1) !== 0;
    if (look && !this.easy.receivingPaused && !this.#limited && connection.read()) this.#machine.soon(this);
    this.#handOver();
    if (connection.ended === undefined) return;
    for (const other of connection.streams) if (other !== this) this.#machine.soon(other as Transfer);
  }

  /** A body that is streamed: as much as fits, and a word when there is room for more. */
  #pumpBody(): void {
    const { gather } = this.easy;
    if (!gather || this.#sentAll) return;
    while (gather.upload.length > 0 && (this.#connection?.unsent(this.#stream) ?? 0) < UNSENT_BYTES) {
      const bytes = gather.upload.shift() as Uint8Array;
      gather.uploadBytes -= bytes.length;
      this.#queueBody(bytes);
      if (gather.upload.length === 0 && !gather.uploadEnded) gather.push("drain", new Uint8Array(0));
    }
    if (gather.upload.length > 0) return;
    if (gather.uploadEnded) this.#endBody();
    else gather.starved = true;
  }

  #queueBody(bytes: Uint8Array): void {
    for (const part of dataFrames(this.#stream, bytes)) this.#connection?.queue(this.#stream, part);
    this.easy.infos.SIZE_UPLOAD_T = Number(this.easy.infos.SIZE_UPLOAD_T) + bytes.length;
  }

  #endBody(): void {
    this.#sentAll = true;
    this.#connection?.queue(this.#stream, frame(this.#stream, END));
  }

  get #limited(): boolean {
    return this.#receiveAtMs < NEVER;
  }

  /** What arrived reaches the user, until something stands in the way. */
  #handOver(): void {
    this.#handingOver = true;
    while (this.#inbox.length > 0 && this.#mayHandOver) {
      const frame = this.#inbox[0] as Frame;
      if (!this.#take(frame)) break;
      this.#inbox.shift();
    }
    this.#handingOver = false;
    if (this.#running && this.state === "exchanging" && this.#inbox.length === 0) this.#checkConnection();
  }

  get #mayHandOver(): boolean {
    const wanted = !this.easy.receivingPaused && !this.#limited;
    return wanted && this.state === "exchanging" && this.#failedWith === undefined;
  }

  /** false: it was refused for now, and is kept. */
  #take({ kind, bytes }: Frame): boolean {
    this.#receivedAnything = true;
    if (kind === HEADERS || kind === TRAILERS) return this.#takeHeaders(kind, bytes);
    if (kind === DATA) return this.#takeBody(bytes);
    if (kind === END || kind === END_AND_CLOSE) {
      if (!this.#running) return false;
      if (kind === END_AND_CLOSE && this.#connection) this.#connection.lastExchange = true;
      this.#done(0);
    }
    return true;
  }

  #takeHeaders(kind: number, bytes: Uint8Array): boolean {
    if (kind === HEADERS) this.easy.infos.RESPONSE_CODE = Number(String.fromCharCode(...bytes.subarray(9, 12)));
    const { gather, options } = this.easy;
    if (gather) gather.push(kind === HEADERS ? "headers" : "trailers", bytes.slice());
    else if (options.HEADERFUNCTION) return this.#callUser(options.HEADERFUNCTION, bytes);
    return true;
  }

  #takeBody(bytes: Uint8Array): boolean {
    const { gather, options, infos } = this.easy;
    if (gather) gather.push("body", bytes.slice());
    else if (options.WRITEFUNCTION && !this.#callUser(options.WRITEFUNCTION, bytes)) return false;
    infos.SIZE_DOWNLOAD_T = Number(infos.SIZE_DOWNLOAD_T) + bytes.length;
    const { MAX_RECV_SPEED_LARGE: speed } = options;
    if (speed > 0) this.#receiveAtMs = this.#machine.nowMs + Math.ceil((bytes.length * 1000) / speed);
    return true;
  }

  #callUser(callback: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
    const answer = this.#machine.callUser(() => callback(bytes.slice()));
    if (answer === undefined || answer === bytes.length) return true;
    if (answer === CURL_WRITEFUNC_PAUSE) {
      this.easy.pausedBits |= PAUSE_RECV;
      return false;
    }
    this.#failedWith = 23;
    if (this.#running) this.#done(23);
    return this.#running;
  }

  /** The connection ended under it. */
  #checkConnection(): void {
    const connection = this.#connection as Connection;
    if (connection.ended === undefined) return;
    const canRetry = connection.uses > 1 && !this.#receivedAnything && !this.easy.gather?.starved && this.#sentAll;
    if (canRetry && this.easy.gather?.uploadEnded !== false) return this.#retry();
    if (connection.ended !== 0) return this.#done(connection.ended);
    this.#done(this.#receivedAnything ? 18 : 52);
  }

  /** A connection that was used before may be gone when it is used again: nothing was lost, so it starts over. */
  #retry(): void {
    this.#leave(false);
    this.#sentAll = false;
    this.state = "new";
    this.#machine.soon(this);
  }

  #checkTime(): void {
    const now = this.#machine.nowMs;
    const connecting = this.state === "resolving" || this.state === "connecting" || this.state === "pending";
    if (this.state === "done") return;
    if (this.#endsAtMs <= now || (connecting && this.#connectEndsAtMs <= now)) this.#done(28);
  }

  #endLookup(): void {
    this.#pollAtMs = NEVER;
    if (this.#lookup) this.#machine.resolver.end(this.#lookup, this.easy);
    this.#lookup = undefined;
  }

  #done(code: number): void {
    this.state = "done";
    this.#leave(code === 0);
    this.#machine.finished(this, code);
  }

  /** Lets go of descriptors and connection; in order when the exchange is complete. */
  #leave(complete: boolean): void {
    this.#endLookup();
    this.#connecting?.abandon();
    this.#connecting = undefined;
    this.#inbox.length = 0;
    const connection = this.#connection;
    if (!connection) return;
    this.#connection = undefined;
    connection.end(this.#stream);
    if (!complete && connection.multiplexed && connection.ended === undefined) {
      connection.queue(this.#stream, frame(this.#stream, CANCEL));
      connection.write();
    }
    const keep = connection.ended === undefined && !connection.lastExchange && this.easy.options.FORBID_REUSE === 0;
    const whole = complete || connection.multiplexed;
    this.#machine.released(this, connection, keep && whole && (complete || connection.unsent(this.#stream) === 0));
  }
}
