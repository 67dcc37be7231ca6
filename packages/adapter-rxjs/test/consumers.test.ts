/** Consumers of every kind: what they throw, when they leave, and operators put together as their users do. */
import { contentOf } from "@curlew/testkit";
import {
  BehaviorSubject,
  catchError,
  concatMap,
  config,
  count,
  defaultIfEmpty,
  EMPTY,
  expand,
  firstValueFrom,
  lastValueFrom,
  map,
  materialize,
  merge,
  type Observable,
  of,
  onErrorResumeNextWith,
  range,
  repeat,
  retry,
  scan,
  shareReplay,
  take,
  takeWhile,
  tap,
  timer,
  toArray,
  zip,
} from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import { microtasks, scene } from "../../core/test/client/scripted-transfers.js";
import {
  body$,
  concatMapBody,
  json$,
  pullTransfer,
  type StreamedOptions,
  type TransferEvent,
  text$,
  transfer$,
} from "../src/index.js";
import { turns, until, useClient, useServer } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;
const HEAD = "HTTP/1.1 200 OK\r\n\r\n";
const idle = { running: 0, queued: 0 };

/** What RxJS is told of errors that nobody takes, during the test. */
function unhandled(): string[] {
  const errors: string[] = [];
  config.onUnhandledError = (error) => errors.push(error.message);
  onTestFinished(() => {
    config.onUnhandledError = null;
  });
  return errors;
}

describe("what a subscriber throws", () => {
  it("in next is reported, of each; the subscription goes on, as RxJS has it since 7, and so do others", async () => {
    const client = useClient();
    const errors = unhandled();
    const seen: string[] = [];
    transfer$(client, url("bytes/5")).subscribe({
      next({ type }) {
        seen.push(type);
        throw new Error(type);
      },
      complete: () => seen.push("complete"),
      error: () => seen.push("error"),
    });
    expect(await lastValueFrom(text$(client, url("bytes/5")))).toHaveLength(5);
    await until(() => errors.length === 4);
    expect(seen).toEqual(["started", "head", "chunk", "done", "complete"]);
    expect(errors).toEqual(["started", "head", "chunk", "done"]);
  });

  it("in error and complete is reported; a failure nobody listens for, too", async () => {
    const client = useClient();
    const errors = unhandled();
    const refused = "http://127.0.0.1:1/";
    for (const make of [transfer$, text$] as ((...args: Parameters<typeof text$>) => Observable<unknown>)[]) {
      make(client, url("bytes/5")).subscribe({
        complete() {
          throw new Error("in complete");
        },
      });
      make(client, refused).subscribe({
        error() {
          throw new Error("in error");
        },
      });
      make(client, refused).subscribe();
    }
    await until(() => errors.length === 6);
    expect(errors.filter((message) => message === "in complete")).toHaveLength(2);
    expect(errors.filter((message) => message === "in error")).toHaveLength(2);
    expect(errors.filter((message) => message.includes("Failed to connect"))).toHaveLength(2);
    expect(client.size).toEqual(idle);
  });

  it("behind a buffer, while it is let go, is reported like that", async () => {
    const { client, engine } = scene();
    const errors = unhandled();
    const ready$ = new BehaviorSubject(false);
    const seen: string[] = [];
    transfer$(client, "http://a/", { buffer: { bytes: 10, policy: "drop", ready$ } }).subscribe(({ type }) => {
      seen.push(type);
      throw new Error(type);
    });
    await microtasks();
    engine.last.answer("abc");
    ready$.next(true);
    await until(() => errors.length === 4);
    expect(seen).toEqual(["started", "head", "chunk", "done"]);
  });
});

describe("unsubscribing", () => {
  it("tells nothing to anybody, config.onStoppedNotification neither", async () => {
    const client = useClient();
    const stopped: string[] = [];
    config.onStoppedNotification = ({ kind }) => stopped.push(kind);
    onTestFinished(() => {
      config.onStoppedNotification = null;
    });
    for (const make of [transfer$, text$, json$, body$] as ((
      ...args: Parameters<typeof text$>
    ) => Observable<unknown>)[])
      for (const waiting of [0, 10]) {
        const subscription = make(client, url("hang")).subscribe();
        await turns(waiting);
        subscription.unsubscribe();
      }
    const slow = concatMapBody(client, url("bytes/1000000"), () => timer(1)).subscribe();
    await turns(20);
    slow.unsubscribe();
    for await (const { type } of pullTransfer(client, url("bytes/100000"))) if (type === "chunk") break;
    const ready$ = new BehaviorSubject(false);
    const kept = transfer$(client, url("bytes/100"), { buffer: { bytes: 100, policy: "drop", ready$ } });
    const first = lastValueFrom(kept.pipe(take(1)));
    await until(() => client.size.running === 0);
    ready$.next(true);
    await first;
    await turns(20);
    await new Promise((resolve) => setTimeout(resolve, 1)); // behind RxJS' own timer, by which it would tell
    expect(stopped).toEqual([]);
    expect(client.size).toEqual(idle);
  });

  it("in the tick of subscribing sends nothing", async () => {
    const { client, engine } = scene();
    const events: string[] = [];
    for (const make of [transfer$, text$, body$] as ((...args: Parameters<typeof text$>) => Observable<unknown>)[])
      make(client, "http://a/")
        .subscribe(() => events.push("told"))
        .unsubscribe();
    await microtasks();
    expect(events).toEqual([]);
    expect(engine.log).toEqual(["start http://a/", "cancel", "start http://a/", "cancel", "start http://a/", "cancel"]);
  });

  it("at each kind of value by take, first and takeWhile ends there, with a buffer and without", async () => {
    const client = useClient();
    const ready$ = of(true);
    const buffers: StreamedOptions[] = [{}, { buffer: { bytes: 65_536, policy: "pause", ready$ } }];
    for (const options of buffers)
      for (const type of ["started", "head", "chunk", "trailers", "done"] as const) {
        const source = transfer$(client, url("chunked/300000"), options);
        const isIt = (event: TransferEvent) => event.type === type;
        expect(
          (
            await firstValueFrom(
              source.pipe(
                takeWhile((event) => !isIt(event), true),
                toArray(),
              ),
            )
          ).at(-1),
        ).toSatisfy(isIt);
        expect(client.size).toEqual(idle);
      }
  });
});

describe("a client that was closed", () => {
  it("is CLOSED to whoever subscribes", async () => {
    const client = useClient();
    await client.close();
    const sources: Observable<unknown>[] = [
      ...[transfer$, text$, json$, body$].map((make) => make(client, url("bytes/5"))),
      concatMapBody(client, url("bytes/5"), () => of(1)),
      transfer$(client, url("bytes/5"), { buffer: { bytes: 1, policy: "error", ready$: of(true) } }),
    ];
    for (const source of sources) await expect(lastValueFrom(source)).rejects.toMatchObject({ code: "CLOSED" });
    const iterator = pullTransfer(client, url("bytes/5"))[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("operators put together", () => {
  it("materialize shows all of it, an error too", async () => {
    const client = useClient();
    const kinds = (source: Observable<unknown>) =>
      lastValueFrom(
        source.pipe(
          materialize(),
          map(({ kind }) => kind),
          toArray(),
        ),
      );
    expect(await kinds(text$(client, url("status/200")))).toEqual(["N", "C"]);
    expect(await kinds(text$(client, "http://127.0.0.1:1/"))).toEqual(["E"]);
  });

  it("concatMap of 1 000, one after the other", async () => {
    const client = useClient();
    let most = 0;
    const texts = range(0, 1000).pipe(
      concatMap((n) => text$(client, url(`bytes/${n % 7}`))),
      tap(() => (most = Math.max(most, client.size.running))),
      count(),
    );
    expect(await lastValueFrom(texts)).toBe(1000);
    expect(most).toBeLessThanOrEqual(1);
  });

  it("catchError and onErrorResumeNext go on with another transfer", async () => {
    const client = useClient();
    const failing = text$(client, "http://127.0.0.1:1/");
    const other = text$(client, url("status/202"));
    expect(await lastValueFrom(failing.pipe(catchError(() => other)))).toBe("status 202");
    expect(await lastValueFrom(failing.pipe(onErrorResumeNextWith(other)))).toBe("status 202");
    expect(
      await lastValueFrom(
        failing.pipe(
          catchError(() => EMPTY),
          defaultIfEmpty("none"),
        ),
      ),
    ).toBe("none");
  });

  it("repeat with a delay, retry that counts anew after a success, expand, zip, merge", async () => {
    const client = useClient();
    let asked = 0;
    const paths = ["reset/10", "status/200", "reset/10", "status/201", "reset/10", "status/202"];
    const next$ = of(0).pipe(concatMap(() => text$(client, url(paths[asked++] ?? "none"))));
    const polled = next$.pipe(repeat({ delay: 1 }), retry({ count: 1, resetOnSuccess: true }), take(3), toArray());
    expect(await lastValueFrom(polled)).toEqual(["status 200", "status 201", "status 202"]);
    const followed = text$(client, url("bytes/1")).pipe(
      expand((text) => text$(client, url(`bytes/${text.length + 1}`))),
      take(5),
      scan((sum, text) => sum + text.length, 0),
    );
    expect(await lastValueFrom(followed)).toBe(1 + 2 + 3 + 4 + 5);
    const both = zip(text$(client, url("status/200")), text$(client, url("status/201")));
    expect(await lastValueFrom(both)).toEqual(["status 200", "status 201"]);
    expect(await lastValueFrom(merge(body$(client, url("bytes/3")), body$(client, url("bytes/4"))).pipe(count()))).toBe(
      2,
    );
    expect(client.size).toEqual(idle);
  });

  it("shareReplay: one transfer, its answer for all who come later", async () => {
    const client = useClient();
    let started = 0;
    const answer = transfer$(client, url("bytes/9")).pipe(
      tap(({ type }) => (started += Number(type === "started"))),
      shareReplay({ refCount: false }),
    );
    const [one, two] = [await lastValueFrom(answer.pipe(toArray())), await lastValueFrom(answer.pipe(toArray()))];
    expect(two).toEqual(one);
    expect(started).toBe(1);
  });
});

describe("a buffer at its bounds", () => {
  const content = contentOf("bytes", 300_000);

  /** What a consumer that was not ready is told of 300 000 bytes: how many before, whether each is right, and how it ended. */
  async function kept(policy: "pause" | "drop" | "error", bytes: number) {
    const client = useClient();
    const ready$ = new BehaviorSubject(false);
    let [before, told] = [0, 0];
    let right = true;
    let end: unknown;
    transfer$(client, url("bytes/300000"), { buffer: { bytes, policy, ready$ } }).subscribe({
      next(event) {
        if (event.type === "done") end = event.droppedBytes;
        if (event.type !== "chunk") return;
        told += event.bytes.length;
        right &&= content.subarray(event.offset, event.offset + event.bytes.length).equals(event.bytes);
      },
      error: ({ code }) => (end = code),
    });
    if (policy === "pause") await turns(30);
    else await until(() => client.size.running === 0);
    before = told;
    ready$.next(true);
    await until(() => end !== undefined);
    return { before, told, right, end };
  }

  it("of one byte: pause loses nothing, drop drops it all, error errs", async () => {
    expect(await kept("pause", 1)).toEqual({ before: 0, told: 300_000, right: true, end: 0 });
    expect(await kept("drop", 1)).toEqual({ before: 0, told: 0, right: true, end: 300_000 });
    expect(await kept("error", 1)).toEqual({ before: 0, told: 0, right: true, end: "BUFFERS_FULL" });
  });

  it("of as many bytes as there are, and one less", async () => {
    for (const policy of ["pause", "drop", "error"] as const)
      expect(await kept(policy, 300_000), policy).toEqual({ before: 0, told: 300_000, right: true, end: 0 });
    expect(await kept("error", 299_999)).toMatchObject({ told: 0, end: "BUFFERS_FULL" });
    const { told, right, end } = await kept("drop", 299_999);
    expect([right, told + Number(end)]).toEqual([true, 300_000]);
    expect(end).toBeGreaterThan(0);
  });

  it("is full with exactly that many; a chunk that is bigger than it has no room, a smaller one after it has", async () => {
    for (const [policy, told] of [
      ["drop", ["1 byte", "5 bytes", "12 dropped"]],
      ["error", ["BUFFERS_FULL"]],
    ] as const) {
      const { client, engine } = scene();
      const ready$ = new BehaviorSubject(false);
      const seen: string[] = [];
      transfer$(client, "http://a/", { buffer: { bytes: 6, policy, ready$ } }).subscribe({
        next(event) {
          if (event.type === "chunk") seen.push(`${event.bytes.length} byte${event.bytes.length === 1 ? "" : "s"}`);
          if (event.type === "done") seen.push(`${event.droppedBytes} dropped`);
        },
        error: ({ code }) => seen.push(code),
      });
      await microtasks();
      engine.last.headers(HEAD);
      for (const size of [1, 10, 5, 2]) engine.last.chunk("x".repeat(size));
      engine.last.end();
      ready$.next(true);
      expect(seen).toEqual(told);
    }
  });
});
