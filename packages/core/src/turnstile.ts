interface Command {
  run(): void;
  failed(error: unknown): void;
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
  #waiting: Command[] = [];

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
      while (this.#waiting.length > 0) for (const command of this.#take()) attempt(command);
    } finally {
      this.#running = false;
    }
  }

  /**
   * Runs a command now, or in its turn once the outermost call of the engine has returned. What it throws reaches the
   * caller in the first case and `failed` in the second.
   */
  submit(run: () => void, failed: (error: unknown) => void): void {
    if (this.inside) {
      this.#waiting.push({ run, failed });
      return;
    }
    this.enter();
    try {
      run();
    } finally {
      this.leave();
    }
  }

  #take(): Command[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}

function attempt(command: Command): void {
  try {
    command.run();
  } catch (error) {
    command.failed(error);
  }
}
