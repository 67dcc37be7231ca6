import { MisuseError } from "@curlew/core";
import type { UwsResponse } from "./uws.js";

/**
 * Where a response has its state: uWS lets users attach what they like. A WeakMap would keep each of them, and all that it
 * leads to, until the next full collection: its values, old by then, are roots to a scavenge.
 */
const STATE = Symbol.for("curlew.uws.ResponseState");

/** The request's body, as far as it matters to who answers. */
export interface Unread {
  /** The response is about to end, after which its connection cannot be paused or resumed. */
  unthrottle(): void;
  /** Nobody reads the rest. */
  discard(): void;
}

/**
 * What is known of a response, for all who hold it: whether it may still be touched. uWS has one place for a handler of
 * aborts, and a response that was aborted, or answered, must not be used any more.
 */
export class ResponseState {
  /** The answer has begun: some of it was written. */
  begun = false;
  /** uWS waits for the socket to take more; it then cannot be paused. */
  blocked = false;
  body: Unread | undefined;
  readonly #res: UwsResponse;
  #whenAborted: (() => void)[] = [];
  #claimed = false;
  #over = false;
  #aborted = false;

  /** @throws MisuseError WRONG_TYPE */
  static of(res: UwsResponse): ResponseState {
    const known = (res as { [STATE]?: ResponseState } | undefined)?.[STATE];
    if (known) return known;
    if (typeof res?.onAborted !== "function" || typeof res.tryEnd !== "function")
      throw new MisuseError("WRONG_TYPE", "a response of uWebSockets.js is wanted, as the handler of a route gets it");
    const state = new ResponseState(res);
    (res as { [STATE]?: ResponseState })[STATE] = state;
    return state;
  }

  private constructor(res: UwsResponse) {
    this.#res = res;
    this.touch(() => res.onAborted(() => this.#abort()));
  }

  /** Its client has left before it was answered. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** It must not be touched any more. */
  get over(): boolean {
    return this.#over;
  }

  /** One transfer answers it. @throws MisuseError RESPONSE_USED */
  claim(): void {
    if (this.#claimed)
      throw new MisuseError("RESPONSE_USED", "this response is the answer of another transfer already: it has one");
    this.#claimed = true;
  }

  /** Calls `run` then; at once, if it has happened. */
  whenAborted(run: () => void): void {
    if (this.#aborted) run();
    else this.#whenAborted.push(run);
  }

  /**
   * Uses the response, if it may be used. Where somebody has put a handler of aborts in the place of ours we do not hear of
   * them, but uWS throws when it is used: that is an abort, too.
   */
  touch<T>(use: (res: UwsResponse) => T): T | undefined {
    if (this.#over) return undefined;
    try {
      return use(this.#res);
    } catch {
      this.#abort();
      return undefined;
    }
  }

  /** The same; what is written goes out as one. */
  corked<T>(use: (res: UwsResponse) => T): T | undefined {
    let answer: T | undefined;
    this.touch((res) =>
      res.cork(() => {
        answer = use(res);
      }),
    );
    return answer;
  }

  /** Writes the end of the answer. */
  answer(use: (res: UwsResponse) => void): void {
    this.body?.unthrottle();
    this.corked(use);
    this.finish();
  }

  /** Closes the connection, which is no abort of the client's. */
  cut(): void {
    this.touch((res) => {
      this.#over = true;
      res.close();
    });
  }

  /** The answer is complete. Nothing hangs on the response any more, however long it is kept. */
  finish(): void {
    this.#over = true;
    this.#whenAborted = [];
  }

  #abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#aborted = true;
    for (const run of this.#whenAborted.splice(0)) run();
  }
}
