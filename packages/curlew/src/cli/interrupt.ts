/** What a process exits with that was ended by a signal: 128 and its number. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type Interrupt = keyof typeof CODES;

/**
 * Hears SIGINT and SIGTERM: the first one is told, the second one ends the process at once. A function that stops hearing.
 */
export class Interrupts {
  #first: Interrupt | undefined;
  readonly #told: (signal: Interrupt) => void;
  readonly #heard = (signal: Interrupt): void => {
    if (this.#first) process.exit(CODES[signal]);
    this.#first = signal;
    this.#told(signal);
  };

  constructor(told: (signal: Interrupt) => void) {
    this.#told = told;
    for (const signal of Object.keys(CODES)) process.on(signal, this.#heard);
  }

  /** The one that was heard first. */
  get signal(): Interrupt | undefined {
    return this.#first;
  }

  get exitCode(): number | undefined {
    return this.#first && CODES[this.#first];
  }

  stop(): void {
    for (const signal of Object.keys(CODES)) process.off(signal, this.#heard);
  }
}
