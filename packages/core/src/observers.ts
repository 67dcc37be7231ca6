import type { PollAction } from "./constants.js";
import { type Ports, reportError } from "./ports.js";

/**
 * Sees what passes between the driver and the engine: the raw material of a tracer. Called inside libcurl's callbacks,
 * so whatever an observer asks of the driver is queued like everything else. A throw goes to the port `reportError` and
 * changes nothing.
 */
export interface Observers<E> {
  /** The engine told an action on a descriptor; `easy` is undefined for handles of its own. */
  socket?(fd: number, action: PollAction, easy: E | undefined): void;
  /** The engine told a timeout in milliseconds, -1 to delete it. */
  timer?(timeoutMs: number): void;
  /** The driver called socketAction; `running` is its answer. */
  action?(fd: number, bits: number, running: number): void;
  /** A transfer is done; `result` is its CURLcode. */
  message?(easy: E, result: number): void;
}

/** The observers with their throws kept away from the driver. */
export function guarded<E>(observers: Observers<E>, ports: Ports): Required<Observers<E>> {
  const guard = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      reportError(ports, error);
    }
  };
  return {
    socket: (fd, action, easy) => observers.socket && guard(() => observers.socket?.(fd, action, easy)),
    timer: (timeoutMs) => observers.timer && guard(() => observers.timer?.(timeoutMs)),
    action: (fd, bits, running) => observers.action && guard(() => observers.action?.(fd, bits, running)),
    message: (easy, result) => observers.message && guard(() => observers.message?.(easy, result)),
  };
}

/** Observers that come and go. With none of them a call is one look at an empty list. */
export class ObserverList<E> implements Required<Observers<E>> {
  #list: readonly Observers<E>[] = [];

  /** Answers how to take it out again. */
  add(observers: Observers<E>): () => void {
    const entry = { ...observers };
    this.#list = [...this.#list, entry];
    return () => {
      this.#list = this.#list.filter((other) => other !== entry);
    };
  }

  socket(fd: number, action: PollAction, easy: E | undefined): void {
    for (const one of this.#list) one.socket?.(fd, action, easy);
  }

  timer(timeoutMs: number): void {
    for (const one of this.#list) one.timer?.(timeoutMs);
  }

  action(fd: number, bits: number, running: number): void {
    for (const one of this.#list) one.action?.(fd, bits, running);
  }

  message(easy: E, result: number): void {
    for (const one of this.#list) one.message?.(easy, result);
  }
}
