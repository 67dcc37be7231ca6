import type { Client, TransferObserver } from "@curlew/core";
import { Observable, type Observer, type Subscriber } from "rxjs";
import { BoundedBuffer, type BufferOptions, checkBuffer, highWaterOf } from "./bounded-buffer.js";
import type { Started, TransferEvent } from "./events.js";
import { type RequestUrl, requestOf, type TransferOptions } from "./options.js";

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
    const { buffer, ...rest } = options;
    if (buffer) return startBuffered(client, url, rest, buffer, subscriber);
    const control = client.start(url, requestOf(rest), observerOf(subscriber, rest));
    subscriber.add(() => control.cancel());
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
  let control: ReturnType<Client["start"]> | undefined;
  const buffer = new BoundedBuffer(subscriber, bounds, () => control);
  subscriber.add(() => buffer.close());
  subscriber.add(
    bounds.ready$.subscribe({
      next: (ready) => buffer.setReady(ready),
      error: (error) => subscriber.error(error),
      complete: () => buffer.setReady(true),
    }),
  );
  if (subscriber.closed) return;
  control = client.start(url, request, observerOf(buffer, options));
  subscriber.add(() => control?.cancel());
}

const STARTED: Started = { type: "started" };

function observerOf(to: Observer<TransferEvent>, { progressIntervalMs }: TransferOptions): TransferObserver {
  let offset = 0;
  const observer: TransferObserver = {
    started: () => to.next(STARTED),
    head: (head) => to.next({ type: "head", head }),
    chunk(bytes) {
      const at = offset;
      offset += bytes.length;
      to.next({ type: "chunk", bytes, offset: at });
    },
    trailers: (trailers) => to.next({ type: "trailers", trailers }),
    done(infos) {
      to.next({ type: "done", infos, droppedBytes: 0 });
      to.complete();
    },
    error: (error) => to.error(error),
  };
  if (progressIntervalMs !== undefined) observer.progress = (progress) => to.next({ type: "progress", progress });
  return observer;
}
