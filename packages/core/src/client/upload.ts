import { CurlewError, MisuseError } from "../errors.js";
import type { Transfer } from "../transfer-engine.js";

/**
 * Takes a body from its source as the engine has room for it. The source is first asked when the request was sent, and
 * never for more than one chunk at a time; when the transfer ends before it, its `return` is called.
 */
export class Upload {
  readonly #open: () => AsyncIterator<unknown>;
  readonly #transfer: Transfer;
  readonly #failed: (error: CurlewError) => void;
  #source: AsyncIterator<unknown> | undefined;
  #pumping = false;
  #stopped = false;

  constructor(open: () => AsyncIterator<unknown>, transfer: Transfer, failed: (error: CurlewError) => void) {
    this.#open = open;
    this.#transfer = transfer;
    this.#failed = failed;
  }

  /** The engine has room. */
  drain(): void {
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    void this.#pump();
  }

  /** The transfer has ended. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    void this.#close();
  }

  async #pump(): Promise<void> {
    try {
      this.#source ??= this.#open();
      for (;;) {
        const { done, value } = await this.#source.next();
        if (this.#stopped) return;
        if (done) return this.#end();
        if (!this.#transfer.send(bytesOf(value))) break; // until `drain`
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pumping = false;
    }
  }

  #end(): void {
    this.#stopped = true;
    this.#transfer.endSending();
  }

  #fail(cause: unknown): void {
    if (this.#stopped) return;
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = cause instanceof MisuseError ? cause.message : `the source of the body failed: ${why}`;
    this.stop();
    this.#failed(new CurlewError("BODY_FAILED", error, cause));
  }

  async #close(): Promise<void> {
    try {
      await this.#source?.return?.();
    } catch {
      // Nobody waits for it any more.
    }
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new MisuseError("WRONG_TYPE", `a body that is streamed is of bytes (Uint8Array), not of ${typeof chunk}`);
}
