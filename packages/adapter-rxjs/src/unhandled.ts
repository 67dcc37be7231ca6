import { config } from "rxjs";

declare function queueMicrotask(run: () => void): void;

/** An error that no Observable can carry: goes where RxJS sends those, `config.onUnhandledError`, or is uncaught. */
export function reportUnhandled(error: unknown): void {
  queueMicrotask(() => {
    const { onUnhandledError } = config;
    if (!onUnhandledError) throw error;
    onUnhandledError(error);
  });
}
