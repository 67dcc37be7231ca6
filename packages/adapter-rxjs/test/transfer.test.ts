/** Transfers as Observables, over libcurl. */
import { contentOf, sha256 } from "@curlew/testkit";
import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  firstValueFrom,
  forkJoin,
  from,
  lastValueFrom,
  map,
  merge,
  mergeMap,
  of,
  range,
  repeat,
  retry,
  share,
  switchMap,
  take,
  takeUntil,
  tap,
  timeout,
  timer,
  toArray,
} from "rxjs";
import { describe, expect, it } from "vitest";
import { body$, json$, type TransferEvent, text$, transfer$ } from "../src/index.js";
import { turns, until, useClient, useServer } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;
const whole = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks);

describe("transfer$", () => {
  it("tells started, head, chunks, trailers, done, and completes", async () => {
    const client = useClient();
    const events = await lastValueFrom(transfer$(client, url("chunked/200000")).pipe(toArray()));
    const types = events.map(({ type }) => type);
    expect(types.filter((type, i) => type !== types[i - 1])).toEqual(["started", "head", "chunk", "trailers", "done"]);
    const chunks = events.flatMap((event) => (event.type === "chunk" ? [event] : []));
    expect(whole(chunks.map(({ bytes }) => bytes)).equals(contentOf("bytes", 200_000))).toBe(true);
    let at = 0;
    for (const { bytes, offset } of chunks) {
      expect(offset).toBe(at);
      at += bytes.length;
    }
    const told = Object.assign({}, ...events.map((event) => ({ [event.type]: event })));
    expect(told.head.head.status).toBe(200);
    expect(told.trailers.trailers.get("x-checksum")).toBe(sha256(contentOf("bytes", 200_000)));
    expect(told.done).toMatchObject({ droppedBytes: 0, infos: { status: 200, httpVersion: "1.1" } });
  });

  it("is cold: nothing is sent before it is subscribed to, and each subscription is a transfer", async () => {
    const client = useClient();
    const transfer = transfer$(client, url("bytes/10"));
    expect(client.size).toEqual({ running: 0, queued: 0 });
    const seen = await firstValueFrom(forkJoin([transfer, transfer]));
    expect(seen.map((event) => event.type)).toEqual(["done", "done"]);
  });

  it("tells progress only when asked, and no more often than that", async () => {
    const client = useClient();
    const progressOf = (progressIntervalMs?: number): Promise<TransferEvent[]> =>
      lastValueFrom(
        transfer$(client, url("bytes/3000000"), { progressIntervalMs }).pipe(
          mergeMap((event) => (event.type === "progress" ? of(event) : [])),
          toArray(),
        ),
      );
    expect(await progressOf()).toEqual([]);
    const [last] = (await progressOf(60_000)).slice(-1);
    const often = await progressOf(1);
    expect(last).toMatchObject({
      type: "progress",
      progress: { receivedBytes: 3_000_000, receivedTotalBytes: 3_000_000 },
    });
    expect(often.length).toBeGreaterThan(1);
    expect((await progressOf(60_000)).length).toBeLessThanOrEqual(2); // the first, and the last before done
  });

  it("errors as the client does", async () => {
    const client = useClient();
    const errorOf = (path: string, options = {}) =>
      lastValueFrom(transfer$(client, path, options).pipe(catchError((error) => of(error))));
    expect(await errorOf("http://127.0.0.1:1/")).toMatchObject({
      code: "TRANSFER_FAILED",
      curlCode: 7,
      phase: "connecting",
    });
    expect(await errorOf(url("reset/100000"))).toMatchObject({ code: "TRANSFER_FAILED", phase: "receiving" });
    expect(await errorOf(url("bytes/1"), { curl: { NONSENSE: 1 } })).toMatchObject({ code: "UNKNOWN_OPTION" });
    expect(await errorOf(url("bytes/1"), { method: "TRACE" })).toMatchObject({ code: "OUT_OF_RANGE" });
  });
});

describe("body$, text$, json$", () => {
  it("give chunks, text, and what was parsed", async () => {
    const client = useClient();
    expect(
      whole(await lastValueFrom(body$(client, url("bytes/100000")).pipe(toArray()))).equals(
        contentOf("bytes", 100_000),
      ),
    ).toBe(true);
    expect(await lastValueFrom(text$(client, url("status/404")))).toBe("status 404");
    expect(await lastValueFrom(json$(client, url("manifest")))).toEqual([]);
    const failed = json$(client, url("status/200")).pipe(catchError((error) => of(error)));
    expect(await lastValueFrom(failed)).toMatchObject({ code: "NOT_JSON" });
  });

  it("cancel when they are unsubscribed from", async () => {
    const client = useClient();
    for (const make of [body$, text$, json$]) {
      const subscription = make(client, url("hang")).subscribe(() => expect.unreachable());
      await until(() => client.size.running === 1);
      subscription.unsubscribe();
      expect(client.size).toEqual({ running: 0, queued: 0 });
    }
  });
});

describe("standard operators", () => {
  it("retry(3) against a server that fails twice makes exactly three transfers", async () => {
    const client = useClient();
    let started = 0;
    const paths = ["reset/1000", "reset/1000", "bytes/1000"];
    const answer = defer(() => body$(client, url(paths[started++] ?? "none"))).pipe(retry(3), toArray());
    const chunks = await lastValueFrom(answer);
    expect(started).toBe(3);
    // What came before each failure was told: an Observable takes nothing back.
    expect(whole(chunks).length).toBe(1000 + 500 + 500);
    expect(client.size.running).toBe(0);
  });

  it("retry with back-off waits in between", async () => {
    const client = useClient();
    const delays: number[] = [];
    let startedMs = performance.now();
    const answer = defer(() => {
      delays.push(performance.now() - startedMs);
      startedMs = performance.now();
      return text$(client, delays.length < 3 ? "http://127.0.0.1:1/" : url("status/200"));
    }).pipe(retry({ count: 3, delay: (_error, attempt) => timer(20 * attempt) }));
    expect(await lastValueFrom(answer)).toBe("status 200");
    expect(delays).toHaveLength(3);
    expect(delays[2]).toBeGreaterThanOrEqual(39);
  });

  it("repeat makes new transfers", async () => {
    const client = useClient();
    const texts = await lastValueFrom(text$(client, url("status/201")).pipe(repeat(4), toArray()));
    expect(texts).toEqual(Array(4).fill("status 201"));
  });

  it("timeout ends the transfer, and what comes in its place is another", async () => {
    const client = useClient();
    const answer = text$(client, url("hang")).pipe(
      timeout({ first: 30, with: () => text$(client, url("status/200")) }),
    );
    expect(await lastValueFrom(answer)).toBe("status 200");
    expect(client.size.running).toBe(0);
  });

  it("switchMap leaves one transfer", async () => {
    const client = useClient();
    const asked = range(1, 5).pipe(concatMap((n) => timer(5).pipe(map(() => n))));
    const seen: string[] = [];
    const answers = asked.pipe(switchMap((n) => text$(client, url(n < 5 ? "hang" : "status/200"))));
    await lastValueFrom(answers.pipe(tap((text) => seen.push(text))));
    expect(seen).toEqual(["status 200"]);
    expect(client.size).toEqual({ running: 0, queued: 0 });
  });

  it("mergeMap keeps to its concurrency", async () => {
    const client = useClient();
    let most = 0;
    const done = await lastValueFrom(
      range(0, 100).pipe(
        mergeMap(
          (n) => text$(client, url(`bytes/${n}`)).pipe(tap(() => (most = Math.max(most, client.size.running)))),
          7,
        ),
        toArray(),
      ),
    );
    expect(done).toHaveLength(100);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(7);
  });

  it("takeUntil and take cancel, also synchronously and inside next", async () => {
    const client = useClient();
    const ended = await lastValueFrom(body$(client, url("bytes/50000000")).pipe(takeUntil(timer(20)), toArray()));
    expect(whole(ended).length).toBeLessThan(50_000_000);
    expect(client.size.running).toBe(0);
    for (const type of ["started", "head", "chunk"] as const) {
      const events: TransferEvent[] = [];
      await new Promise<void>((complete) => {
        const subscription = transfer$(client, url("bytes/5000000")).subscribe((event) => {
          events.push(event);
          if (event.type !== type) return;
          subscription.unsubscribe();
          expect(client.size.running).toBe(0);
          complete();
        });
      });
      await turns(10);
      expect(events.at(-1)?.type).toBe(type);
    }
    await lastValueFrom(merge(of(1), body$(client, url("hang"))).pipe(take(1), takeUntil(timer(1000))));
    await lastValueFrom(body$(client, url("hang")).pipe(takeUntil(of(1)), toArray()));
    expect(client.size).toEqual({ running: 0, queued: 0 });
  });

  it("share makes one transfer for all, cancelled by the last; retry behind it makes another for all", async () => {
    const client = useClient();
    let started = 0;
    const shared = defer(() => {
      started++;
      return transfer$(client, url("hang"));
    }).pipe(share());
    const [one, two] = [shared.subscribe(), shared.subscribe()];
    await until(() => client.size.running === 1);
    one.unsubscribe();
    expect(client.size.running).toBe(1);
    two.unsubscribe();
    expect({ started, running: client.size.running }).toEqual({ started: 1, running: 0 });

    started = 0;
    const flaky = defer(() => text$(client, url(started++ === 0 ? "reset/10" : "status/200"))).pipe(share(), retry(1));
    expect(await firstValueFrom(forkJoin([flaky, flaky]))).toEqual(["status 200", "status 200"]);
    expect(started).toBe(2);
  });

  it("of time run on the loop's own clock, or another, alike", async () => {
    const client = useClient();
    const late = text$(client, url("delay/20")).pipe(timeout({ each: 60_000, scheduler: asyncScheduler }));
    expect(await lastValueFrom(late)).toBe("late");
  });
});

describe("an error in a consumer's callback", () => {
  it("in an operator ends that subscription only, with that error", async () => {
    const client = useClient();
    const mistake = new Error("a mistake");
    const wrong = body$(client, url("bytes/20000000")).pipe(
      tap(() => {
        throw mistake;
      }),
      catchError((error) => of(error)),
      toArray(),
    );
    const right = body$(client, url("bytes/2000000")).pipe(toArray());
    const [failed, chunks] = await firstValueFrom(forkJoin([wrong, right]));
    expect(failed).toEqual([mistake]);
    expect(whole(chunks).equals(contentOf("bytes", 2_000_000))).toBe(true);
    expect(client.size.running).toBe(0);
  });
});

describe("from()", () => {
  it("takes the client's promises too, as any", async () => {
    const client = useClient();
    expect(await lastValueFrom(from(client.request(url("status/200")).text()))).toBe("status 200");
  });
});
