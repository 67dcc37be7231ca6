import { type Client, MisuseError } from "@curlew/core";
import { BehaviorSubject, concatMap, defer, filter, finalize, Observable, type ObservableInput, tap } from "rxjs";
import { isChunk } from "./body.js";
import type { Bounds } from "./bounded-buffer.js";
import type { RequestUrl, TransferOptions } from "./options.js";
import { transfer$ } from "./transfer.js";

export interface ConcatMapBodyOptions extends TransferOptions {
  /** What may wait while an inner Observable runs. Default: `highWaterBytes`, and "pause". */
  readonly buffer?: Bounds | undefined;
}

const HIGH_WATER_BYTES = 1_048_576;

/**
 * concatMap over the chunks of a body, for consumers that take their time: the next chunk is asked for when the inner
 * Observable of the one before has ended. RxJS' own concatMap would have an unbounded number of them wait.
 */
export function concatMapBody<T>(
  client: Client,
  url: RequestUrl,
  project: (bytes: Uint8Array, index: number) => ObservableInput<T>,
  options: ConcatMapBodyOptions = {},
): Observable<T> {
  const { buffer = { bytes: options.highWaterBytes ?? HIGH_WATER_BYTES, policy: "pause" }, ...rest } = options;
  return new Observable((subscriber) => {
    if (typeof project !== "function")
      throw new MisuseError("WRONG_TYPE", "concatMapBody takes a function that makes an Observable of a chunk");
    const ready$ = new BehaviorSubject(true);
    return transfer$(client, url, { ...rest, buffer: { ...buffer, ready$ } })
      .pipe(
        filter(isChunk),
        tap(() => ready$.next(false)),
        concatMap(({ bytes }, index) => defer(() => project(bytes, index)).pipe(finalize(() => ready$.next(true)))),
      )
      .subscribe(subscriber);
  });
}
