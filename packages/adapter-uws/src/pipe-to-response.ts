import { type ClientTransfer, CurlewError, MisuseError } from "@curlew/core";
import { BodyWriter } from "./body-writer.js";
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
  const state = ResponseState.of(res);
  state.claim();
  const body = transfer.body;
  return new Pipe(transfer, body, state, options).run();
}

class Pipe {
  readonly #transfer: ClientTransfer;
  readonly #body: AsyncIterator<Uint8Array>;
  readonly #state: ResponseState;
  readonly #options: PipeOptions;
  #head: ResponseHead | undefined;
  #writer: BodyWriter | undefined;

  constructor(transfer: ClientTransfer, body: AsyncIterator<Uint8Array>, state: ResponseState, options: PipeOptions) {
    this.#transfer = transfer;
    this.#body = body;
    this.#state = state;
    this.#options = options;
    state.whenAborted(() => transfer.cancel("the client of the response has left"));
  }

  async run(): Promise<Piped> {
    try {
      // The head goes out with the first chunk, or the end: uWS has no way to send it by itself.
      let next = await this.#body.next();
      const head = new ResponseHead(await this.#transfer.head, this.#transfer, this.#options.headers);
      const writer = new BodyWriter(this.#state, this.#transfer, head);
      this.#head = head;
      this.#writer = writer;
      for (; !next.done; next = await this.#body.next()) {
        const wait = writer.write(next.value);
        if (wait) await wait;
      }
      writer.end();
      return this.#state.aborted ? this.#aborted() : this.#told("done", head.status, undefined);
    } catch (error) {
      return this.#failed(error as CurlewError);
    } finally {
      this.#state.body?.discard();
    }
  }

  #failed(error: CurlewError): Piped {
    const { begun, over } = this.#state;
    if (this.#state.aborted) return this.#aborted();
    if (over) return this.#told("done", this.#head?.status ?? 0, undefined); // the client has all that was promised
    this.#transfer.cancel(error); // where it was not the transfer that failed
    if (begun) this.#state.cut();
    if (begun) return this.#told("cut", this.#head?.status ?? 0, error);
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
    return this.#told("aborted", this.#state.begun ? (this.#head?.status ?? 0) : 0, error);
  }

  #told(how: Piped["how"], status: number, error: CurlewError | undefined): Piped {
    return { how, status, sentBytes: this.#writer?.sentBytes ?? 0, error };
  }
}
