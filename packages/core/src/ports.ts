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

declare function queueMicrotask(run: () => void): void;
declare const console: { warn(message: string): void };

export function reportError(ports: Ports, error: unknown): void {
  if (ports.reportError) return ports.reportError(error);
  queueMicrotask(() => {
    throw error;
  });
}

export function warn(ports: Ports, message: string): void {
  if (ports.warn) return ports.warn(message);
  console.warn(message);
}
