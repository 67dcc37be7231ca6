import type { Client } from "@curlew/core";
import { BehaviorSubject, type Subscription } from "rxjs";
import type { TransferEvent } from "./events.js";
import type { RequestUrl, TransferOptions } from "./options.js";
import { transfer$ } from "./transfer.js";

type Result = IteratorResult<TransferEvent, undefined>;

interface Waiter {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

const END: Result = { done: true, value: undefined };
const HIGH_WATER_BYTES = 1_048_576;

/**
 * What a transfer tells, by asking: each iteration is a transfer, which starts when its first value is asked for. While none is
 * asked for at most `highWaterBytes` are received, then receiving stops. Leaving the loop cancels.
 */
export function pullTransfer(
  client: Client,
  url: RequestUrl,
  options: TransferOptions = {},
): AsyncIterable<TransferEvent> {
  return { [Symbol.asyncIterator]: () => new Pull(client, url, options) };
}

class Pull implements AsyncIterator<TransferEvent> {
  readonly #start: (pull: Pull) => Subscription;
  readonly #asked$ = new BehaviorSubject(false);
  readonly #waiters: Waiter[] = [];
  #subscription: Subscription | undefined;
  #over = false;

  constructor(client: Client, url: RequestUrl, options: TransferOptions) {
    const bytes = options.highWaterBytes ?? HIGH_WATER_BYTES;
    const buffer = { bytes, policy: "pause", ready$: this.#asked$ } as const;
    const events$ = transfer$(client, url, { ...options, buffer });
    this.#start = () =>
      events$.subscribe({
        next: (value) => this.#answer(({ resolve }) => resolve({ done: false, value })),
        error: (error) => this.#end(({ reject }) => reject(error)),
        complete: () => this.#end(({ resolve }) => resolve(END)),
      });
  }

  next(): Promise<Result> {
    if (this.#over) return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#subscription ??= this.#start(this);
      this.#asked$.next(true);
    });
  }

  async return(): Promise<Result> {
    this.#subscription?.unsubscribe();
    this.#end(({ resolve }) => resolve(END));
    return END;
  }

  #answer(how: (waiter: Waiter) => void): void {
    const waiter = this.#waiters.shift();
    this.#asked$.next(this.#waiters.length > 0);
    if (waiter) how(waiter);
  }

  #end(first: (waiter: Waiter) => void): void {
    this.#over = true;
    const [waiter, ...others] = this.#waiters.splice(0);
    if (waiter) first(waiter);
    for (const { resolve } of others) resolve(END);
  }
}
