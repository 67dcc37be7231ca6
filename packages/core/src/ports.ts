/** What the core needs of a runtime and may not import. Each has a default that works everywhere. */
export interface Ports {
  /**
   * Remembers the caller's context (AsyncLocalStorage.snapshot in Node): the returned function runs something in it.
   * Called once a transfer, when it is started. Default: none.
   */
  bindContext?: (() => RunInContext) | undefined;
  /** An error that belongs to nobody: an uncaught exception. Default: thrown from a microtask. */
  reportError?: ((error: unknown) => void) | undefined;
  /** One line about something that goes on all the same. Default: console.warn. */
  warn?: ((message: string) => void) | undefined;
}

export type RunInContext = <A extends unknown[]>(run: (...args: A) => void, ...args: A) => void;

/** Where no code of a user's is called, or nobody keeps contexts. */
export const NO_CONTEXT: RunInContext = (run, ...args) => run(...args);

declare function queueMicrotask(run: () => void): void;
declare const console: { warn(message: string): void };

/** Throws nothing, whatever the port does: it is called where a throw would do harm to others. */
export function reportError({ reportError = throwLater }: Ports, error: unknown): void {
  try {
    reportError(error);
  } catch (another) {
    throwLater(another);
  }
}

/** The same. */
export function warn(ports: Ports, message: string): void {
  try {
    if (ports.warn) ports.warn(message);
    else console.warn(message);
  } catch (error) {
    reportError(ports, error);
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
