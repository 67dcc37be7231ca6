import type { SignalLike } from "./runtime.js";

interface Listening {
  readonly waiting: Set<() => void>;
  readonly listener: () => void;
}

/**
 * One listener a signal, whatever number of transfers share it: Node warns of a leak at eleven, and a signal that lives as
 * long as its program must keep nothing of a transfer that has ended (P 1.4.4).
 */
const signals = new WeakMap<SignalLike, Listening>();

/** Calls `run` when the signal aborts; the answer takes that back. */
export function onAbort(signal: SignalLike, run: () => void): () => void {
  const listening = signals.get(signal) ?? listen(signal);
  listening.waiting.add(run);
  return () => {
    if (!listening.waiting.delete(run) || listening.waiting.size > 0) return;
    signals.delete(signal);
    signal.removeEventListener("abort", listening.listener);
  };
}

function listen(signal: SignalLike): Listening {
  const waiting = new Set<() => void>();
  const listener = (): void => {
    for (const run of [...waiting]) if (waiting.has(run)) run();
  };
  const listening = { waiting, listener };
  signal.addEventListener("abort", listener);
  signals.set(signal, listening);
  return listening;
}
