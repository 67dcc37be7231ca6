/**
 * The only place from which libcurl is told to start, go on or stop, and from which users are told.
 *
 * node-libcurl enters JavaScript by MakeCallback, which lets microtasks run before it goes back into libcurl: whatever waits for
 * a promise may run there, where libcurl refuses most calls and forgets to refuse some (C 10). So what is asked for is queued
 * and done in a setImmediate, where no call of libcurl is on the stack.
 */
export class Turn {
  readonly #run: () => void;
  readonly #report: (error: unknown) => void;
  readonly #commands: (() => void)[] = [];
  #inside = false;
  #asked = false;

  /** @param report gets what a command throws: it belongs to nobody, and those after it are run all the same */
  constructor(run: () => void, report: (error: unknown) => void) {
    this.#run = run;
    this.#report = report;
  }

  /** Runs it where libcurl can be called: now, if this is such a place. */
  submit(command: () => void): void {
    if (this.#inside) return this.#guarded(command);
    this.#commands.push(command);
    this.ask();
  }

  /** There is something to do. */
  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#asked = false;
    this.#inside = true;
    for (const command of this.#commands.splice(0)) this.#guarded(command);
    this.#guarded(this.#run);
    this.#inside = false;
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#report(error);
    }
  }
}
