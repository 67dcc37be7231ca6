import {
  type Attachment,
  CURL_POLL_IN,
  CURL_POLL_INOUT,
  CURL_POLL_OUT,
  type Interest,
  LoopError,
  MisuseError,
} from "@curlew/core";
import { Observable, type Subscriber } from "rxjs";

const INTERESTS: readonly unknown[] = [CURL_POLL_IN, CURL_POLL_OUT, CURL_POLL_INOUT] satisfies Interest[];

/** The descriptors of an attachment, each with who hears of it. */
export class Watches {
  readonly #loop: Attachment;
  readonly #listeners = new Map<number, Subscriber<number>>();
  #closed = false;

  constructor(loop: Attachment) {
    this.#loop = loop;
  }

  /** One registration, as long as it is subscribed to. Errors with LoopError; with MisuseError for what is no descriptor. */
  readiness(fd: number, interest$: Observable<Interest>): Observable<number> {
    return new Observable((listener) => {
      const refusal = this.#refusal(fd);
      if (refusal) return listener.error(refusal);
      this.#listeners.set(fd, listener);
      listener.add(() => {
        this.#listeners.delete(fd);
        this.#loop.unwatch(fd);
      });
      const error = (cause: unknown): void => listener.error(cause);
      listener.add(interest$.subscribe({ next: (interest) => this.#watch(fd, interest, listener), error }));
    });
  }

  ready(fd: number, bits: number): void {
    this.#listeners.get(fd)?.next(bits);
  }

  /** The loop is broken. */
  fail(error: LoopError): void {
    for (const listener of this.#listeners.values()) listener.error(error);
  }

  /** The loop is given back. */
  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners.values()) listener.complete();
  }

  #refusal(fd: number): Error | undefined {
    if (!Number.isInteger(fd) || fd < 0 || fd >= 2 ** 31)
      return new MisuseError("OUT_OF_RANGE", `a descriptor is a whole number of 31 bits, not ${String(fd)}`);
    if (this.#closed) return new LoopError("LOOP_REFUSED", `descriptor ${fd}: these streams are closed`);
    if (!this.#listeners.has(fd)) return undefined;
    const message = `descriptor ${fd} is watched already by these streams: share its readiness instead`;
    return new LoopError("LOOP_REFUSED", message, { errno: "EEXIST" });
  }

  #watch(fd: number, interest: Interest, listener: Subscriber<number>): void {
    if (listener.closed) return; // amid subscribing to an interest$ that emits all it has at once
    try {
      checkInterest(interest);
      this.#loop.watch(fd, interest);
    } catch (error) {
      listener.error(error);
    }
  }
}

function checkInterest(interest: Interest): void {
  if (INTERESTS.includes(interest)) return;
  const message = `an interest is CURL_POLL_IN, OUT or INOUT, not ${String(interest)}: unsubscribing is what ends it`;
  throw new MisuseError("OUT_OF_RANGE", message);
}
