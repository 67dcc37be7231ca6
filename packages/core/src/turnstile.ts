/** What users ask for, with what it is about: so that asking makes no closure. */
export interface Command<T> {
  run(subject: T): void;
  failed(subject: T, error: unknown): void;
}

interface Waiting {
  readonly command: Command<unknown>;
  readonly subject: unknown;
}

/**
 * Keeps what users ask for out of the engine's callbacks.
 *
 * libcurl refuses most calls while one of its callbacks is on the stack, and up to 8.3 forgets that it is when a callback
 * is nested in another (C 10.4): so the depth is counted here, and it never gets to refuse. A command counts as a call of
 * the engine, because it may be one: `pause` calls data callbacks (C 11.3).
 */
export class Turnstile {
  #depth = 0;
  #running = false;
  #waiting: Waiting[] = [];

  /** Whether a call of the engine, a command, or the queue is on the stack. */
  get inside(): boolean {
    return this.#depth > 0 || this.#running;
  }

  /** Before a call of the engine. */
  enter(): void {
    this.#depth++;
  }

  /** After it, whatever happened. The outermost one lets the commands through that came in the meantime. */
  leave(): void {
    this.#depth--;
    if (this.#depth > 0 || this.#running) return;
    this.#running = true;
    try {
      while (this.#waiting.length > 0) for (const waiting of this.#take()) attempt(waiting);
    } finally {
      this.#running = false;
    }
  }

  /**
   * Runs a command now, or in its turn once the outermost call of the engine has returned. What it throws reaches the
   * caller in the first case and `failed` in the second.
   */
  submit<T>(command: Command<T>, subject: T): void {
    if (this.inside) {
      this.#waiting.push({ command: command as Command<unknown>, subject });
      return;
    }
    this.enter();
    try {
      command.run(subject);
    } finally {
      this.leave();
    }
  }

  #take(): Waiting[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}

function attempt({ command, subject }: Waiting): void {
  try {
    command.run(subject);
  } catch (error) {
    command.failed(subject, error);
  }
}
