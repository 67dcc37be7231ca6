/** Bodies that are sent from Observables and AsyncIterables. */
import { contentOf, sha256 } from "@curlew/testkit";
import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  defer,
  finalize,
  firstValueFrom,
  forkJoin,
  from,
  interval,
  lastValueFrom,
  map,
  NEVER,
  type Observable,
  of,
  range,
  repeat,
  retry,
  Subject,
  scheduled,
  take,
  tap,
  throwError,
  timer,
  toArray,
} from "rxjs";
import { describe, expect, it } from "vitest";
import { json$, text$, transfer$ } from "../src/index.js";
import { turns, until, useClient, useServer } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;

interface Echo {
  readonly method: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly headers: Record<string, string>;
}

const body = contentOf("sent", 1_000_000);
const pieces = (size: number) =>
  Array.from({ length: Math.ceil(body.length / size) }, (_, i) => body.subarray(i * size, (i + 1) * size));

describe("a body from an Observable", () => {
  it("is sent as it is emitted, every byte: at once, later, and slowly", async () => {
    const client = useClient();
    const sources = {
      "at once": from(pieces(10_000)),
      later: scheduled(pieces(10_000), asyncScheduler),
      slowly: from(pieces(100_000)).pipe(concatMap((piece) => timer(3).pipe(map(() => piece)))),
    };
    for (const [name, source] of Object.entries(sources)) {
      const echo = (await lastValueFrom(json$(client, url("echo"), { body: source }))) as Echo;
      expect([name, echo.method, echo.bytes, echo.sha256]).toEqual([name, "POST", body.length, sha256(body)]);
    }
  });

  it("pauses sending while there is nothing, and the transfer lives", async () => {
    const client = useClient();
    const source = new Subject<Uint8Array>();
    let echo: Echo | undefined;
    json$(client, url("echo"), { body: source }).subscribe((told) => {
      echo = told as Echo;
    });
    await until(() => source.observed);
    for (let i = 0; i < 5; i++) {
      source.next(Buffer.from(`${i}`));
      await turns(30);
    }
    expect(echo).toBeUndefined();
    source.complete();
    await until(() => echo !== undefined);
    expect(echo).toMatchObject({ bytes: 5, sha256: sha256(Buffer.from("01234")) });
  });

  it("is subscribed to when the request is sent, once a transfer, and left when the transfer ends", async () => {
    const client = useClient();
    let subscribed = 0;
    let left = 0;
    const source = defer(() => {
      subscribed++;
      return concat(of(Buffer.from("x")), NEVER).pipe(finalize(() => left++));
    });
    const transfer = transfer$(client, url("echo"), { body: source });
    expect(subscribed).toBe(0);
    const subscription = transfer.subscribe();
    await until(() => subscribed === 1);
    subscription.unsubscribe();
    await turns(5);
    expect({ subscribed, left }).toEqual({ subscribed: 1, left: 1 });
  });

  it("is sent anew by retry and repeat", async () => {
    const client = useClient();
    let asked = 0;
    const answer = defer(() =>
      json$(client, asked++ === 0 ? "http://127.0.0.1:1/" : url("echo"), { body: from(pieces(300_000)) }),
    ).pipe(retry(1), repeat(2), toArray());
    const echoes = (await lastValueFrom(answer)) as Echo[];
    expect(echoes.map((echo) => echo.sha256)).toEqual([sha256(body), sha256(body)]);
  });

  it("fails the transfer with its error, or when it is of no bytes", async () => {
    const client = useClient();
    const mistake = new Error("a mistake");
    const failing = concat(
      of(Buffer.from("x")),
      throwError(() => mistake),
    );
    await expect(lastValueFrom(text$(client, url("echo"), { body: failing }))).rejects.toMatchObject({
      code: "BODY_FAILED",
      cause: mistake,
    });
  });

  it("fails the transfer at what is no bytes, whatever that is, and is left at once", async () => {
    const client = useClient();
    for (const wrong of ["words", "", 0, null, undefined, new ArrayBuffer(1)]) {
      let emitted = 0;
      const source = concat(of(Buffer.from("x")), range(0, 100_000).pipe(map(() => wrong))).pipe(tap(() => emitted++));
      const sent = json$(client, url("echo"), { body: source as Observable<Uint8Array> });
      await expect(lastValueFrom(sent), String(wrong)).rejects.toMatchObject({
        code: "BODY_FAILED",
        cause: { code: "WRONG_TYPE" },
      });
      expect(emitted).toBe(2);
    }
  });

  it("may be of any view, empty ones too", async () => {
    const client = useClient();
    const empty = new Uint8Array(0);
    const views = of(empty, new DataView(new ArrayBuffer(4)), empty, new Uint16Array(3), empty);
    expect(await lastValueFrom(json$(client, url("echo"), { body: views }))).toMatchObject({ bytes: 10 });
  });

  it("that emits 200 000 chunks at once is sent in the time of their number, not of its square", async () => {
    const client = useClient();
    const crumbs = range(0, 200_000).pipe(map((n) => body.subarray(n, n + 1)));
    const startedMs = performance.now();
    const echo = await lastValueFrom(json$(client, url("echo"), { body: crumbs }));
    const tookMs = performance.now() - startedMs;
    console.log(`200 000 chunks of a byte that were emitted at once: ${tookMs.toFixed(0)} ms`);
    expect(echo).toMatchObject({ bytes: 200_000, sha256: sha256(body.subarray(0, 200_000)) });
    expect(tookMs).toBeLessThan(10_000);
  });

  it("that emits more than sendBufferBytes ahead fails the transfer, and is left at once", async () => {
    const client = useClient();
    let emitted = 0;
    const flood = range(0, 1_000_000).pipe(
      map(() => new Uint8Array(10_000)),
      tap(() => emitted++),
    );
    await expect(
      lastValueFrom(text$(client, url("echo"), { body: flood, sendBufferBytes: 100_000 })),
    ).rejects.toMatchObject({
      code: "BODY_FAILED",
      cause: { code: "BUFFERS_FULL" },
    });
    expect(emitted).toBeLessThan(20);
    const bounded = interval(1).pipe(
      take(20),
      map(() => new Uint8Array(10_000)),
    );
    expect(await lastValueFrom(json$(client, url("echo"), { body: bounded, sendBufferBytes: 100_000 }))).toMatchObject({
      bytes: 200_000,
    });
  });
});

describe("a body from an AsyncIterable", () => {
  it("is asked as there is room, every byte", async () => {
    const client = useClient();
    const source = {
      async *[Symbol.asyncIterator]() {
        yield* pieces(50_000);
      },
    };
    for (let i = 0; i < 2; i++)
      expect(await lastValueFrom(json$(client, url("echo"), { body: source }))).toMatchObject({ sha256: sha256(body) });
  });

  it("that can be read once fails the second transfer, instead of sending nothing", async () => {
    const client = useClient();
    async function* generate() {
      yield body;
    }
    const bodies = { generator: generate(), stream: new Blob([Uint8Array.from(body)]).stream() };
    for (const [name, once] of Object.entries(bodies)) {
      const echo$ = json$(client, url("echo"), { body: once });
      expect([name, await lastValueFrom(echo$)]).toMatchObject([name, { sha256: sha256(body) }]);
      await expect(lastValueFrom(echo$), name).rejects.toMatchObject({ code: "BODY_USED" });
    }
  });

  it("that can be read once is left for the next transfer by one that did not come to ask for it", async () => {
    const client = useClient();
    let tries = 0;
    const once = new Blob([Uint8Array.from(body)]).stream();
    const echo$ = defer(() => json$(client, tries++ === 0 ? "http://127.0.0.1:1/" : url("echo"), { body: once }));
    expect(await lastValueFrom(echo$.pipe(retry(1)))).toMatchObject({ sha256: sha256(body) });
    await expect(lastValueFrom(echo$.pipe(retry(1)))).rejects.toMatchObject({ code: "BODY_USED" });
  });

  it("that can be read once is read by the first of two that are under way", async () => {
    const client = useClient();
    async function* generate() {
      yield body;
    }
    const echo$ = json$(client, url("echo"), { body: generate() }).pipe(catchError((error) => of(error)));
    const answers = await firstValueFrom(forkJoin([echo$, echo$]));
    expect(answers).toEqual([
      expect.objectContaining({ sha256: sha256(body) }),
      expect.objectContaining({ code: "BODY_FAILED", cause: expect.objectContaining({ code: "BODY_USED" }) }),
    ]);
  });
});
