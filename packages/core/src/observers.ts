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

/** The observers with their throws kept away from the driver. Called several times a transfer: no closure is made for that. */
export function guarded<E>(observers: Observers<E>, ports: Ports): Required<Observers<E>> {
  return {
    socket(fd, action, easy) {
      try {
        observers.socket?.(fd, action, easy);
      } catch (error) {
        reportError(ports, error);
      }
    },
    timer(timeoutMs) {
      try {
        observers.timer?.(timeoutMs);
      } catch (error) {
        reportError(ports, error);
      }
    },
    action(fd, bits, running) {
      try {
        observers.action?.(fd, bits, running);
      } catch (error) {
        reportError(ports, error);
      }
    },
    message(easy, result) {
      try {
        observers.message?.(easy, result);
      } catch (error) {
        reportError(ports, error);
      }
    },
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
