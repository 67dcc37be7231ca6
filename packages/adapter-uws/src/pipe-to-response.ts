import { type AnswerObserver, type ClientTransfer, CurlewError, type Head, MisuseError } from "@curlew/core";
import { BodyWriter, type Flow } from "./body-writer.js";
import { statusOf } from "./failure.js";
import { type ChangeFields, ResponseHead, statusLine } from "./head.js";
import { ResponseState } from "./response-state.js";
import type { UwsResponse } from "./uws.js";

export interface PipeOptions {
  /**
   * Makes other header fields of those that would be sent, which are the answer's without hop-by-hop ones: adds, leaves out,
   * rewrites. What it throws is CALLBACK_FAILED, and a 500.
   */
  readonly headers?: ChangeFields | undefined;
}

/** How it ended. */
export interface Piped {
  /**
   * "done": the whole answer was given to uWS. "aborted": the client left before that, the transfer was cancelled. "refused": no
   * answer could be had, and the client was told so (502, 504, ...). "cut": the body could not be finished, so the connection
   * was closed; all a client can be told when the head is out.
   */
  readonly how: "done" | "aborted" | "refused" | "cut";
  /** What the client was told; 0 when it was told nothing. */
  readonly status: number;
  /** Of the body, given to uWS. */
  readonly sentBytes: number;
  /** RESPONSE_ABORTED for "aborted"; undefined for "done". */
  readonly error: CurlewError | MisuseError | undefined;
}

/**
 * Makes the transfer's answer the answer of the response: status and end-to-end header fields, then the body as fast as the client
 * takes it; the transfer is paused while it does not, and cancelled when the client leaves. To be called before the
 * route's handler returns or awaits anything: that is when uWS wants to know who hears of aborts.
 *
 * @returns a promise that is never rejected: how it ended, for a log
 * @throws MisuseError WRONG_TYPE; BODY_USED for a response that has an answer, or a transfer whose body is read
 */
export function pipeToResponse(transfer: ClientTransfer, res: UwsResponse, options: PipeOptions = {}): Promise<Piped> {
  if (typeof transfer?.cancel !== "function")
    throw new MisuseError("WRONG_TYPE", "pipeToResponse takes a transfer: what `request` of a client answers");
  if (options.headers !== undefined && typeof options.headers !== "function")
    throw new MisuseError("WRONG_TYPE", `options.headers takes a function, not ${typeof options.headers}`);
  if (transfer.bodyUsed)
    throw new MisuseError("BODY_USED", "the body of this transfer is read already: it can be once");
  const state = ResponseState.of(res);
  state.claim();
  return new Pipe(transfer, state, options).run();
}

class Pipe implements AnswerObserver, Flow {
  readonly #transfer: ClientTransfer;
  readonly #state: ResponseState;
  readonly #options: PipeOptions;
  #head: ResponseHead | undefined;
  #writer: BodyWriter | undefined;
  /** The transfer has told all there is. */
  #complete = false;
  #settled = false;
  #resolve: ((piped: Piped) => void) | undefined;

  constructor(transfer: ClientTransfer, state: ResponseState, options: PipeOptions) {
    this.#transfer = transfer;
    this.#state = state;
    this.#options = options;
  }

  run(): Promise<Piped> {
    const piped = new Promise<Piped>((resolve) => {
      this.#resolve = resolve;
    });
    this.#transfer.subscribe(this);
    this.#state.whenAborted(() => this.#settle(this.#aborted()));
    return piped;
  }

  // --- AnswerObserver ------------------------------------------------------------------------------------------------

  /** It goes out with the first chunk, or the end: uWS has no way to send it by itself. */
  head(head: Head): void {
    try {
      this.#head = new ResponseHead(head, this.#transfer, this.#options.headers);
      this.#writer = new BodyWriter(this.#state, this, this.#head);
    } catch (error) {
      this.error(error as CurlewError);
    }
  }

  chunk(chunk: Uint8Array): void {
    if (!this.#settled) this.#writer?.write(chunk);
  }

  done(): void {
    this.#complete = true;
    this.#finish();
  }

  error(error: CurlewError | MisuseError): void {
    if (!this.#settled) this.#settle(this.#failed(error));
  }

  // --- Flow ----------------------------------------------------------------------------------------------------------

  pause(): void {
    this.#transfer.pause();
  }

  resume(): void {
    this.#transfer.resume();
    this.#finish();
  }

  written(chunk: Uint8Array): void {
    this.#transfer.recycle(chunk);
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  /** The end of the answer, behind all of the body. */
  #finish(): void {
    if (!this.#complete || this.#settled || this.#state.blocked) return;
    try {
      this.#writer?.end();
      this.#settle(this.#state.aborted ? this.#aborted() : this.#told("done", this.#status, undefined));
    } catch (error) {
      this.error(error as CurlewError);
    }
  }

  get #status(): number {
    return this.#head?.status ?? 0;
  }

  #settle(piped: Piped): void {
    if (this.#settled) return;
    this.#settled = true;
    if (piped.error) this.#transfer.cancel(piped.error); // where it was not the transfer that failed
    this.#state.body?.discard();
    this.#resolve?.(piped);
  }

  #failed(error: CurlewError | MisuseError): Piped {
    const { begun, over } = this.#state;
    if (this.#state.aborted) return this.#aborted();
    if (over) return this.#told("done", this.#status, undefined); // the client has all that was promised
    if (begun) this.#state.cut();
    if (begun) return this.#told("cut", this.#status, error);
    const status = statusOf(error);
    const line = statusLine(status);
    this.#state.answer((res) => {
      res.writeStatus(line);
      res.writeHeader("Content-Type", "text/plain");
      res.end(`${line}\n`);
    });
    return this.#state.aborted ? this.#aborted() : this.#told("refused", status, error);
  }

  #aborted(): Piped {
    const error = new CurlewError("RESPONSE_ABORTED", "the client left before it had the whole answer");
    return this.#told("aborted", this.#state.begun ? this.#status : 0, error);
  }

  #told(how: Piped["how"], status: number, error: Piped["error"]): Piped {
    return { how, status, sentBytes: this.#writer?.sentBytes ?? 0, error };
  }
}
