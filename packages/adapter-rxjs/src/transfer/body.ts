import type { Client, ClientTransfer } from "@curlew/core";
import { filter, map, Observable } from "rxjs";
import type { Chunk, TransferEvent } from "./events.js";
import { checkClient, type RequestUrl, requestOf, type TransferOptions } from "./options.js";
import { type StreamedOptions, transfer$ } from "./transfer.js";

/** The chunks of a transfer's body. */
export function body$(client: Client, url: RequestUrl, options?: StreamedOptions): Observable<Uint8Array> {
  return transfer$(client, url, options).pipe(
    filter(isChunk),
    map(({ bytes }) => bytes),
  );
}

/** All of the body as UTF-8, one value, whatever the status. Errors as `ClientTransfer.text`. */
export function text$(client: Client, url: RequestUrl, options?: TransferOptions): Observable<string> {
  return collected(client, url, options, (transfer) => transfer.text());
}

/** All of the body, parsed, one value, whatever the status. Errors as `ClientTransfer.json`. */
export function json$(client: Client, url: RequestUrl, options?: TransferOptions): Observable<unknown> {
  return collected(client, url, options, (transfer) => transfer.json());
}

export function isChunk(event: TransferEvent): event is Chunk {
  return event.type === "chunk";
}

function collected<T>(
  client: Client,
  url: RequestUrl,
  options: TransferOptions = {},
  collect: (transfer: ClientTransfer) => Promise<T>,
): Observable<T> {
  return new Observable((subscriber) => {
    if (subscriber.closed) return;
    checkClient(client);
    const transfer = client.request(url, requestOf(options));
    subscriber.add(() => transfer.cancel());
    collect(transfer).then(
      (value) => {
        subscriber.next(value);
        subscriber.complete();
      },
      (error) => {
        // Of one that was cancelled nobody is told: not config.onStoppedNotification either.
        if (!subscriber.closed) subscriber.error(error);
      },
    );
  });
}
