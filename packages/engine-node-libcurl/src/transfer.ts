import {
  type CurlewError,
  callbackFailed,
  MisuseError,
  type Outcome,
  type RunInContext,
  type Transfer,
  TransferError,
  type TransferRequest,
  type TransferSink,
} from "@curlew/core";
import type { Library } from "./library.js";
import { isResolved } from "./lingering.js";
import {
  CURLE_ABORTED_BY_CALLBACK,
  CURLE_BAD_FUNCTION_ARGUMENT,
  CURLE_SEND_ERROR,
  CURLE_WRITE_ERROR,
  CURLPAUSE_RECV,
  CURLPAUSE_SEND,
  type NodeEasy,
} from "./node-libcurl.js";
import { type Gathered, Receiving } from "./receiving.js";
import { configure, isIdempotent, type Marks, marksOf } from "./request.js";
import { type BodyFault, Sending } from "./sending.js";
import type { Turn } from "./turn.js";

const SEND_HIGH_WATER_BYTES = 524_288;
/** The host is an address: nothing is looked up. */
const NUMERIC_HOST = /^[a-z]+:\/\/(?:[^/?#@]*@)?(?:[\d.]+|\[[^\]]*\])(?::\d+)?(?:[/?#]|$)/i;

/** What a transfer needs of its engine. */
export interface TransferOwner {
  readonly library: Library;
  readonly turn: Turn;
  readonly closing: boolean;
  /** It has something to tell. */
  due(transfer: NodeTransfer): void;
  /** Takes it out of the multi. Inside a turn. */
  withdraw(transfer: NodeTransfer): void;
  /** Closes its handle, as soon as that can be done. Inside a turn, after `withdraw`. */
  free(transfer: NodeTransfer): void;
  /** Begins it again, on another handle. Inside a turn. */
  again(transfer: NodeTransfer): void;
  /** A throw that belongs to nobody. */
  report(error: unknown): void;
}

const faults: Readonly<Record<BodyFault, readonly ["NO_BODY" | "BODY_SIZE_DIFFERS", string]>> = {
  missing: ["NO_BODY", "libcurl asked for a body to send, and there is none: give one, or no POST or UPLOAD"],
  "too short": ["BODY_SIZE_DIFFERS", "the body ended before the sizeBytes that were promised"],
  "too long": ["BODY_SIZE_DIFFERS", "the body has more bytes than the sizeBytes that were promised"],
};

/** One transfer, from the request to its outcome, on a handle of its own: node-libcurl's are not used again. */
export class NodeTransfer implements Transfer {
  easy: NodeEasy;
  readonly #owner: TransferOwner;
  readonly #request: TransferRequest;
  readonly #marks: Marks;
  readonly #sink: TransferSink;
  readonly #runInContext: RunInContext;
  readonly #receiving: Receiving;
  readonly #sending: Sending;
  readonly #sendHighWaterBytes: number;
  /** In the multi. */
  added = false;
  /** There is a name to look up. */
  readonly #namedHost: boolean;
  #endedByLibcurl = false;
  #repeated = false;
  #held = false;
  /** By an error of ours. */
  #failed = false;
  #ended: { readonly error: CurlewError | undefined } | undefined;
  /** Nothing is told any more, and nothing can be asked. */
  #over = false;
  #sendingEnded = false;
  /** It is queued that libcurl be told of what was sent. */
  #proceeds = false;
  /** What a callback of the user's threw inside libcurl. */
  #thrown: { readonly option: string; readonly error: unknown } | undefined;

  /** @throws MisuseError for what is wrong with the request; CurlewError OPTION_REFUSED, NOT_IN_THIS_LIBCURL */
  constructor(owner: TransferOwner, request: TransferRequest, sink: TransferSink, runInContext: RunInContext) {
    const marks = marksOf(request);
    this.#owner = owner;
    this.#request = request;
    this.#marks = marks;
    this.#sink = sink;
    this.#runInContext = runInContext;
    this.#sendHighWaterBytes = request.sendHighWaterBytes ?? SEND_HIGH_WATER_BYTES;
    this.#receiving = new Receiving({ ...marks, canPause: !/^file:/i.test(request.url) }, () => owner.due(this));
    this.#sending = new Sending(request.body, marks.sizeBytes, () => this.#receiving.drain());
    this.#namedHost = !NUMERIC_HOST.test(request.url);
    this.easy = this.#prepare();
  }

  // --- Transfer ------------------------------------------------------------------------------------------------------

  pause(): void {
    this.#held = !this.#failed && !this.#owner.closing;
  }

  resume(): void {
    this.#held = false;
    if (!this.#over) this.#owner.due(this);
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#receiving.close();
    this.#owner.turn.submit(() => {
      this.#owner.withdraw(this);
      this.#owner.free(this);
    });
  }

  send(bytes: Uint8Array): boolean {
    if (this.#over) return false;
    if (this.#sendingEnded)
      throw new MisuseError("HANDLE_CLOSED", "the body was ended: nothing can be sent after endSending");
    return this.#send(bytes) < this.#sendHighWaterBytes;
  }

  endSending(): void {
    if (this.#over || this.#sendingEnded) return;
    this.#sendingEnded = true;
    this.#send(null);
  }

  getinfo(info: string): unknown {
    return this.#over ? undefined : this.#owner.library.getinfo(this.easy, info);
  }

  // --- for the engine ------------------------------------------------------------------------------------------------

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** libcurl has it, and may be looking up its name. */
  get mayBeResolving(): boolean {
    return this.#namedHost && !this.#endedByLibcurl && !isResolved(this.#owner.library, this.easy);
  }

  /** libcurl is done with it. `cause` is node-libcurl's error, where there is one. */
  libcurlEnded(curlCode: number, cause?: unknown): void {
    this.#endedByLibcurl = true;
    if (!this.#ended && this.#mayBeRepeated(curlCode)) return this.#owner.turn.submit(() => this.#owner.again(this));
    this.#ended ??= { error: this.#failureOf(curlCode, cause ?? undefined) };
    if (!this.#over) this.#owner.due(this);
  }

  /** A handle for the same once more, on a new connection. */
  prepareAgain(): NodeEasy {
    this.#repeated = true;
    const easy = this.#prepare();
    this.#owner.library.set(easy, "FRESH_CONNECT", 1);
    return easy;
  }

  goOnWith(easy: NodeEasy): void {
    this.#endedByLibcurl = false;
    this.easy = easy;
  }

  /** An error of ours: nothing comes before it, and nothing holds it back. */
  fail(error: CurlewError): void {
    if (this.#over) return;
    this.#receiving.close();
    this.#held = false;
    this.#failed = true;
    this.#ended = { error };
    this.#owner.due(this);
  }

  /** The engine was closed: what has ended keeps its outcome, unless it is held back. */
  closed(error: CurlewError): void {
    if (!this.#ended || this.#held) this.fail(error);
  }

  /** Tells what there is to tell. Inside a turn. */
  deliver(): void {
    for (let event = this.#next(); event; event = this.#next()) {
      try {
        this.#runInContext(tell, this.#sink, event, this.#receiving);
      } catch (error) {
        if (this.#over) return this.#owner.report(error); // cancelled itself, then threw: nobody left to tell
        this.fail(callbackFailed(event.kind, error));
      }
    }
    if (this.#held || this.#over) return;
    if (!this.#ended) this.#proceed();
    if (this.#ended && this.#receiving.empty) this.#tellOutcome(this.#ended.error);
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  #prepare(): NodeEasy {
    const { library } = this.#owner;
    const easy = new library.module.Easy();
    try {
      library.set(easy, "WRITEFUNCTION", this.#receiving.write);
      library.set(easy, "HEADERFUNCTION", this.#receiving.header);
      library.set(easy, "READFUNCTION", this.#sending.read);
      library.set(easy, "SEEKFUNCTION", this.#sending.seek);
      if (this.#request.progress === true) library.set(easy, "XFERINFOFUNCTION", this.#receiving.progress);
      configure(library, easy, this.#request, this.#marks, (option, error) => {
        this.#thrown ??= { option, error };
      });
      return easy;
    } catch (error) {
      library.free(easy);
      throw error;
    }
  }

  /**
   * libcurl tries once more when a connection that it uses again turns out to have been closed by the server. node-libcurl keeps
   * it from finding that out: it is told of an error, and ends with 55 (C 5.2). What came before the error is lost, too, so only
   * what does no harm twice is sent twice (RFC 9110 9.2.2).
   */
  #mayBeRepeated(curlCode: number): boolean {
    if (curlCode !== CURLE_SEND_ERROR || this.#repeated || !this.#receiving.untouched) return false;
    return isIdempotent(this.#request) && this.#owner.library.getinfo(this.easy, "NUM_CONNECTS") === 0;
  }

  #next(): Gathered | undefined {
    return this.#held || this.#over ? undefined : this.#receiving.take();
  }

  #send(bytes: Uint8Array | null): number {
    const queued = this.#sending.add(bytes);
    if (!this.#proceeds) {
      this.#proceeds = true;
      this.#owner.turn.submit(() => {
        this.#proceeds = false;
        this.#proceed();
      });
    }
    return queued;
  }

  /** Goes on in both directions as far as their reasons to wait are gone. libcurl may hand out at once what it kept (C 11.3). */
  #proceed(): void {
    const receiving = this.#receiving;
    const sending = this.#sending;
    if (this.#over || this.#ended || !this.added || !(receiving.paused || sending.paused)) return;
    receiving.paused &&= receiving.full;
    sending.paused &&= sending.starved;
    const curlCode = this.easy.pause((receiving.paused ? CURLPAUSE_RECV : 0) | (sending.paused ? CURLPAUSE_SEND : 0));
    // 43: between two connections, after a redirect for one, there is nothing to go on with yet (C 11.9).
    if (curlCode !== 0 && curlCode !== CURLE_BAD_FUNCTION_ARGUMENT) this.libcurlEnded(curlCode);
  }

  /** Also where libcurl says that all is well: it goes on after some failures of callbacks. */
  #failureOf(curlCode: number, cause: unknown): CurlewError | undefined {
    if (this.#thrown) return callbackFailed(this.#thrown.option, this.#thrown.error);
    if (this.#receiving.headersTooLarge) {
      const message = "the server sent more header bytes than headerLimitBytes";
      return new TransferError("HEADERS_TOO_LARGE", message, { curlCode: curlCode || CURLE_WRITE_ERROR });
    }
    if (this.#sending.fault) {
      const [code, message] = faults[this.#sending.fault];
      return new TransferError(code, message, { curlCode: curlCode || CURLE_ABORTED_BY_CALLBACK });
    }
    if (curlCode === 0) return undefined;
    return new TransferError("TRANSFER_FAILED", this.#owner.library.module.Easy.strError(curlCode), {
      curlCode,
      cause,
    });
  }

  #tellOutcome(error: CurlewError | undefined): void {
    this.#over = true;
    this.#owner.withdraw(this);
    let easy: NodeEasy | undefined = this.easy;
    const getinfo = (info: string): unknown => {
      if (easy) return this.#owner.library.getinfo(easy, info);
      const message = "infos can be asked for until `outcome` returns: keep what is wanted later";
      throw new MisuseError("HANDLE_CLOSED", message);
    };
    try {
      this.#runInContext((outcome: Outcome) => this.#sink.outcome(outcome), { error, getinfo });
    } catch (thrown) {
      this.#owner.report(thrown);
    } finally {
      easy = undefined;
      this.#owner.free(this);
    }
  }
}

function tell(sink: TransferSink, { kind, pieces }: Gathered, receiving: Receiving): void {
  if (kind === "drain") return sink.drain?.();
  if (kind === "progress") return sink.progress?.(receiving.moved);
  const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  sink[kind]?.(bytes);
}
