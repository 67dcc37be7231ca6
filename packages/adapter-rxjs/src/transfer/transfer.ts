import type {
  Client,
  Head,
  HeaderFields,
  Progress,
  TransferControl,
  TransferInfos,
  TransferObserver,
} from "@curlew/core";
import { Observable, type Observer, type Subscriber, type Unsubscribable } from "rxjs";
import { BoundedBuffer, type BufferOptions, checkBuffer, highWaterOf } from "./bounded-buffer.js";
import type { Started, TransferEvent } from "./events.js";
import { checkClient, type RequestUrl, requestOf, type TransferOptions } from "./options.js";

export interface StreamedOptions extends TransferOptions {
  /** Default: none. What is received is told at once, as fast as it comes. */
  readonly buffer?: BufferOptions | undefined;
}

/**
 * A transfer, cold: each subscription makes one. Unsubscribing cancels it, whatever it is at; nothing follows. Its errors are
 * those of `Client.start`; what is wrong with the options is the error of the subscription.
 */
export function transfer$(client: Client, url: RequestUrl, options: StreamedOptions = {}): Observable<TransferEvent> {
  return new Observable((subscriber) => {
    if (subscriber.closed) return;
    checkClient(client);
    if (options.buffer) return startBuffered(client, url, options, options.buffer, subscriber);
    const relay = new Relay(subscriber);
    relay.control = client.start(url, requestOf(options), relay);
    subscriber.add(relay);
  });
}

function startBuffered(
  client: Client,
  url: RequestUrl,
  options: TransferOptions,
  bounds: BufferOptions,
  subscriber: Subscriber<TransferEvent>,
): void {
  checkBuffer(bounds);
  const request = { ...requestOf(options), highWaterBytes: highWaterOf(bounds) };
  const buffer = new BoundedBuffer(subscriber, bounds);
  const relay = new Relay(buffer);
  subscriber.add(
    bounds.ready$.subscribe({
      next: (ready) => buffer.setReady(ready),
      error: (error) => subscriber.error(error),
      complete: () => buffer.setReady(true),
    }),
  );
  if (subscriber.closed) return;
  relay.control = client.start(url, request, relay);
  buffer.control = relay.control;
  subscriber.add(relay);
}

const STARTED: Started = { type: "started" };

/** Hands on what the client tells; unsubscribing from it cancels. One object a transfer: ten thousand of them are cheap. */
class Relay implements TransferObserver, Unsubscribable {
  readonly #to: Observer<TransferEvent>;
  #offset = 0;
  control: TransferControl | undefined;

  constructor(to: Observer<TransferEvent>) {
    this.#to = to;
  }

  started(): void {
    this.#to.next(STARTED);
  }

  head(head: Head): void {
    this.#to.next({ type: "head", head });
  }

  chunk(bytes: Uint8Array): void {
    const offset = this.#offset;
    this.#offset += bytes.length;
    this.#to.next({ type: "chunk", bytes, offset });
  }

  progress(progress: Progress): void {
    this.#to.next({ type: "progress", progress });
  }

  trailers(trailers: HeaderFields): void {
    this.#to.next({ type: "trailers", trailers });
  }

  done(infos: TransferInfos): void {
    this.#to.next({ type: "done", infos, droppedBytes: 0 });
    this.#to.complete();
  }

  error(error: unknown): void {
    this.#to.error(error);
  }

  unsubscribe(): void {
    this.control?.cancel();
  }
}
