import { CurlewError, MisuseError } from "../errors.js";
import type { Transfer } from "../transfer-engine.js";
import type { BodyController, BodySource } from "./request-body.js";

/** Takes a body from its source as the engine has room for it. When the transfer ends before it, the source's `cancel` is called. */
export class Upload implements BodyController {
  readonly #source: BodySource;
  readonly #transfer: Transfer;
  readonly #failed: (error: CurlewError) => void;
  /** The request was sent, and the engine wants its body. */
  #wanted = false;
  /** The engine had room for more when it was last given something. */
  #room = true;
  /** As the streams standard has them: a `pull` is under way, and another is to follow it. */
  #pulling = false;
  #pullAgain = false;
  /** "closed": the body is complete. "over": it is nothing to anybody any more. */
  #state: "open" | "closed" | "over" = "open";

  constructor(source: BodySource, transfer: Transfer, failed: (error: CurlewError) => void) {
    this.#source = source;
    this.#transfer = transfer;
    this.#failed = failed;
  }

  begin(): void {
    this.#pulling = this.#await(this.#call(() => this.#source.start?.(this)));
  }

  /** The engine has room. */
  drain(): void {
    this.#wanted = this.#room = true;
    this.#pull();
  }

  /** The transfer has ended. */
  stop(): void {
    if (this.#state === "open") void letGo(this.#source);
    this.#state = "over";
  }

  // --- BodyController ------------------------------------------------------------------------------------------------

  get desiredSize(): number {
    return this.#room && this.#state === "open" ? 1 : 0;
  }

  enqueue(chunk: Uint8Array): void {
    const bytes = bytesOf(chunk);
    if (this.#state === "over") return;
    if (this.#state === "closed")
      throw new MisuseError("HANDLE_CLOSED", "this body was closed: nothing can be enqueued after that");
    this.#room = this.#transfer.send(bytes);
    this.#pull();
  }

  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    this.#transfer.endSending();
  }

  error(reason: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "over";
    const why = reason instanceof Error ? reason.message : String(reason);
    const message = reason instanceof MisuseError ? reason.message : `the source of the body failed: ${why}`;
    this.#failed(new CurlewError("BODY_FAILED", message, reason));
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  #pull(): void {
    this.#pullAgain = this.#wanted;
    while (this.#pullAgain && !this.#pulling && this.desiredSize > 0) {
      this.#pullAgain = false;
      this.#pulling = true;
      this.#pulling = this.#await(this.#call(() => this.#source.pull(this)));
    }
  }

  /** Whether there is something to wait for, before which nothing is pulled. */
  #await(asked: unknown): boolean {
    if (!isThenable(asked)) return false;
    asked.then(this.#pulled, this.#broken);
    return true;
  }

  readonly #pulled = (): void => {
    this.#pulling = false;
    if (this.#pullAgain) this.#pull();
  };

  readonly #broken = (reason: unknown): void => {
    if (this.#state !== "open") return;
    void letGo(this.#source);
    this.error(reason);
  };

  /** What a source throws is its failure; it is told that no more is wanted, as it may still hold something. */
  #call<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (reason) {
      this.#broken(reason);
      return undefined;
    }
  }
}

/** Nothing more is wanted of it, and nobody waits for what it says to that. */
export async function letGo(source: BodySource): Promise<void> {
  try {
    await source.cancel?.();
  } catch {
    // See above.
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | undefined)?.then === "function";
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new MisuseError("WRONG_TYPE", `a body that is streamed is of bytes (Uint8Array), not of ${typeof chunk}`);
}
