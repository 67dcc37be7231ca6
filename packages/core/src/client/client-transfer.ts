import { CurlewError, MisuseError } from "../errors.js";
import type { Head } from "./head.js";
import type { HeaderFields } from "./header-fields.js";
import type { TransferInfos } from "./infos.js";
import type { Reception } from "./reception.js";
import { checkObject, type PreparedRequest } from "./request-options.js";
import { type RuntimeReadableStream, runtime } from "./runtime.js";
import type { AnswerObserver } from "./subscription.js";

/**
 * A transfer under way. Its answer, body and end are asked for when they are wanted; an error is thrown by whatever is
 * asked for, and a transfer nobody asks about fails without a word.
 *
 * A body that is not read keeps its transfer, and its place among `limits.transfers`, once it has more bytes than
 * `highWaterBytes`: read it, `discard` it, or `cancel`.
 */
export class ClientTransfer {
  /** The word of the request: an answer to HEAD says how long a body would be, and has none. */
  readonly method: string;
  /** Whether an encoded body is decoded, so that neither Content-Encoding nor Content-Length are about what is read. */
  readonly decodes: boolean;
  readonly #reception: Reception;

  /** @internal */
  constructor(reception: Reception, { request, decodes }: PreparedRequest) {
    this.method = request.method ?? "GET";
    this.decodes = decodes;
    this.#reception = reception;
  }

  /** The answer, as soon as its headers are there. */
  get head(): Promise<Head> {
    return this.#reception.askHead();
  }

  /** Fields that came after the body; none, as a rule. */
  get trailers(): Promise<HeaderFields> {
    return this.#reception.askTrailers();
  }

  /** What is known at the end: resolves when all of the body was received. */
  get infos(): Promise<TransferInfos> {
    return this.#reception.askInfos();
  }

  /** Whether somebody has begun to read the body. */
  get bodyUsed(): boolean {
    return this.#reception.body.used;
  }

  /**
   * The body, chunk by chunk, as it is read: receiving pauses at the high-water mark. To leave the loop early cancels
   * the transfer. Once. @throws MisuseError BODY_USED
   */
  get body(): AsyncIterableIterator<Uint8Array> {
    const { body } = this.#reception;
    body.use();
    return body.iterate();
  }

  /**
   * Gives back a chunk of this body, for those who have many and keep none: its memory is used for others instead of being
   * garbage, and the chunk, all views of it included, may be empty afterwards. What is no chunk, or small, is left as it is.
   * At most 64 MiB are kept so by each thread, until a client is closed. @throws MisuseError WRONG_TYPE
   */
  recycle(chunk: Uint8Array): void {
    if (!(chunk instanceof Uint8Array))
      throw new MisuseError("WRONG_TYPE", "recycle takes a chunk, as it was told: a Uint8Array");
    this.#reception.recycle(chunk);
  }

  /** The same as a stream of the runtime's. Cancelling it cancels the transfer. @throws MisuseError BODY_USED; CurlewError NOT_IN_THIS_RUNTIME */
  stream(): RuntimeReadableStream {
    const { ReadableStream } = runtime;
    if (!ReadableStream)
      throw new CurlewError("NOT_IN_THIS_RUNTIME", "this runtime has no ReadableStream: iterate over `body` instead");
    const { body } = this.#reception;
    body.use();
    return new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await body.read();
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => body.abandon(),
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * Tells the answer as it comes, and at once what of it is here: what passes it on need neither keep it nor wait for a promise
   * at every chunk. While the transfer is paused neither a chunk is told nor how it ended, but for an abort. In the context of this call. A throw is CALLBACK_FAILED; one of `done` or `error` goes to the port `reportError`.
   * @throws MisuseError BODY_USED, WRONG_TYPE
   */
  subscribe(observer: AnswerObserver): void {
    checkObject("observer", observer);
    this.#reception.subscribe(observer);
  }

  /** All of the body. @throws MisuseError BODY_USED; CurlewError BODY_TOO_LARGE, and whatever ended the transfer */
  bytes(): Promise<Uint8Array> {
    const { body, bodyLimitBytes } = this.#reception;
    return body.collect(bodyLimitBytes);
  }

  /** As UTF-8, whatever the answer says; what is no UTF-8 becomes U+FFFD, and a byte order mark is left out. */
  async text(): Promise<string> {
    return new runtime.TextDecoder().decode(await this.bytes());
  }

  /** @throws CurlewError NOT_JSON */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CurlewError("NOT_JSON", `the body is no JSON: ${why}`, cause);
    }
  }

  /** Receives the rest of the body and drops it, so that the connection can be used again. */
  async discard(): Promise<TransferInfos> {
    const { body } = this.#reception;
    body.use();
    await body.discard();
    return this.infos;
  }

  /** Receives nothing until `resume`, beyond what fits below the high-water mark. */
  pause(): void {
    this.#reception.setPausedByUser(true);
  }

  resume(): void {
    this.#reception.setPausedByUser(false);
  }

  /** Ends it at once. What is asked for and was not there yet fails with ABORTED. */
  cancel(reason: unknown = "cancelled"): void {
    this.#reception.cancel(reason);
  }
}
