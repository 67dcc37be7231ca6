/** What types say to users: most of this is checked by `npm run types`. */
import type { Head } from "@curlew/core";
import { filter, lastValueFrom, map, mergeMap, type Observable, of, range, Subject, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { scene } from "../../core/test/client/scripted-transfers.js";
import { body$, concatMapBody, json$, pullTransfer, type TransferEvent, text$, transfer$ } from "../src/index.js";

/** Narrowed by `type`, and nothing is left over. */
function said(event: TransferEvent): string {
  switch (event.type) {
    case "started":
      return "started";
    case "head":
      return `head ${event.head.status} ${event.head.headers.get("x-one")}`;
    case "chunk":
      return `chunk ${event.bytes.length} at ${event.offset}`;
    case "progress":
      return `progress ${event.progress.receivedBytes}`;
    case "trailers":
      return `trailers ${event.trailers.get("x-two")}`;
    case "done":
      return `done ${event.droppedBytes} ${typeof event.infos.status}`;
    default: {
      const nothing: never = event;
      return nothing;
    }
  }
}

describe("types", () => {
  it("are narrowed by a value's type, in functions and behind filter", async () => {
    const { client, engine } = scene();
    const told = lastValueFrom(transfer$(client, "http://a/", { progressIntervalMs: 1 }).pipe(map(said), toArray()));
    await Promise.resolve();
    engine.last.headers("HTTP/1.1 200 OK\r\nX-One: 1\r\n\r\n");
    engine.last.progress(3);
    engine.last.chunk("abc");
    engine.last.trailers("X-Two: 2\r\n\r\n");
    engine.last.end();
    const expected = ["started", "head 200 1", "progress 3", "chunk 3 at 0", "trailers 2", "done 0 number"];
    expect(await told).toEqual(expected);
    const heads: Observable<Head> = transfer$(client, "http://a/").pipe(
      filter((event) => event.type === "head"),
      map(({ head }) => head),
    );
    expect(heads).toBeDefined();
  });

  it("of what is made follow from what is asked", () => {
    const { client } = scene();
    const made: [
      Observable<string>,
      Observable<unknown>,
      Observable<Uint8Array>,
      Observable<number>,
      Observable<string>,
    ] = [
      range(0, 3).pipe(mergeMap((n) => text$(client, `http://a/${n}`), 2)),
      json$(client, new URL("http://a/")),
      body$(client, "http://a/", { buffer: { bytes: 1, policy: "pause", ready$: of(true) } }),
      concatMapBody(client, "http://a/", (bytes, index) => of(bytes.length + index)),
      concatMapBody(client, "http://a/", async (bytes) => String(bytes.length), {
        buffer: { bytes: 5, policy: "drop" },
      }),
    ];
    const events: AsyncIterable<TransferEvent> = pullTransfer(client, "http://a/", { body: new Subject<Uint8Array>() });
    expect([...made, events]).toHaveLength(6);
  });

  it("refuse what is wrong", () => {
    const { client } = scene();
    const ready$ = of(true);
    const wrong: unknown[] = [
      // @ts-expect-error no such policy
      body$(client, "http://a/", { buffer: { bytes: 1, policy: "wait", ready$ } }),
      // @ts-expect-error nobody to ask
      body$(client, "http://a/", { buffer: { bytes: 1, policy: "pause" } }),
      // @ts-expect-error text$ has no buffer
      text$(client, "http://a/", { buffer: { bytes: 1, policy: "pause", ready$ } }),
      // @ts-expect-error words are no bytes
      text$(client, "http://a/", { body: of("words") }),
      // @ts-expect-error a client comes first
      transfer$("http://a/"),
    ];
    expect(wrong).toHaveLength(5);
  });
});
