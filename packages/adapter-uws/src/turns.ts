/** Bytes of request bodies that wait in all of this process, at which those that have nothing take turns. */
const MOST_BYTES = 33_554_432;
/** What uWS reads of a socket at once, at most (LIBUS_RECV_BUFFER_LENGTH). */
export const READ_BYTES = 524_288;
const PATIENCE_MS = 10;

/**
 * Who may read on. A socket that was paused has much to give, and uWS reads 512 KiB of it at once: two hundred that
 * go on together are 100 MiB. So they go on one after the other while much waits; one every 10 ms whatever waits, as that may
 * be for servers that have stopped, and is no reason to stop everybody.
 */
class Turns {
  #bytes = 0;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** Calls `goOn`, at once or later. */
  ask(goOn: () => void): void {
    if (this.#bytes < MOST_BYTES) return goOn();
    this.#waiting.add(goOn);
    this.#timer ??= setInterval(() => this.#next(), PATIENCE_MS).unref();
  }

  /** It does not want to any more. */
  leave(goOn: () => void): void {
    this.#waiting.delete(goOn);
  }

  /** More bytes wait, or less. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (bytes < 0 && this.#bytes < MOST_BYTES) this.#next();
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first) this.#waiting.delete(first);
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    first?.();
  }
}

export const turns = new Turns();
