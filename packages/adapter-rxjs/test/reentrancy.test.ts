/** What consumers do at the worst moment, on a scripted engine. */
import { CurlewError } from "@curlew/core";
import {
  BehaviorSubject,
  filter,
  lastValueFrom,
  Observable,
  of,
  retry,
  Subject,
  Subscriber,
  share,
  take,
  takeUntil,
  toArray,
} from "rxjs";
import { describe, expect, it } from "vitest";
import { microtasks, scene } from "../../core/test/client/scripted-transfers.js";
import { concatMapBody, pullTransfer, text$, transfer$ } from "../src/index.js";

const HEAD = "HTTP/1.1 200 OK\r\n\r\n";

describe("ready$", () => {
  it("that unsubscribes while it is subscribed to: nothing is started", async () => {
    const { client, engine } = scene();
    const stop$ = new Subject<void>();
    const ready$ = new Observable<boolean>(() => stop$.next());
    const events = transfer$(client, "http://a/", { buffer: { bytes: 10, policy: "pause", ready$ } });
    expect(await lastValueFrom(events.pipe(takeUntil(stop$), toArray()))).toEqual([]);
    await microtasks();
    expect(engine.log).toEqual([]);
  });

  it("that is turned on and off inside next: one value at a time, in order, all of them", async () => {
    const { client, engine } = scene();
    const ready$ = new BehaviorSubject(true);
    const seen: string[] = [];
    transfer$(client, "http://a/", { buffer: { bytes: 100_000, policy: "pause", ready$ } }).subscribe((event) => {
      if (!ready$.value) seen.push("too early");
      seen.push(event.type === "chunk" ? `${event.bytes.length}` : event.type);
      if (event.type !== "chunk") return;
      for (const ready of [false, true, false]) ready$.next(ready);
      queueMicrotask(() => ready$.next(true));
    });
    await microtasks();
    engine.last.headers(HEAD);
    for (const chunk of ["a", "bb", "ccc"]) engine.last.chunk(chunk);
    engine.last.trailers("X: y\r\n\r\n");
    engine.last.end();
    await microtasks();
    expect(seen).toEqual(["started", "head", "1", "2", "3", "trailers", "done"]);
    expect(engine.log).toEqual(["start http://a/", "pause", "resume"]);
  });
});

describe("twenty thousand chunks that waited", () => {
  it("do not deepen the stack, and end where they are unsubscribed from", async () => {
    for (const most of [20_000, 10]) {
      const { client, engine } = scene();
      const ready$ = new BehaviorSubject(false);
      const taken: number[] = [];
      const buffer = { bytes: 100_000, policy: "drop", ready$ } as const;
      const events = transfer$(client, "http://a/", { buffer }).pipe(filter(({ type }) => type === "chunk"));
      events.pipe(take(most)).subscribe(() => {
        taken.push(1);
        ready$.next(false);
        ready$.next(true);
      });
      await microtasks();
      engine.last.headers(HEAD);
      for (let i = 0; i < 20_000; i++) engine.last.chunk("x");
      engine.last.end();
      ready$.next(true);
      expect(taken).toHaveLength(most);
      expect(ready$.observed).toBe(false);
    }
  });
});

it("a subscriber that is closed already starts nothing", () => {
  const { client, engine } = scene();
  const sources: Observable<unknown>[] = [transfer$(client, "http://a/"), text$(client, "http://a/")];
  for (const source of sources) {
    const closed = new Subscriber<unknown>();
    closed.unsubscribe();
    source.subscribe(closed);
  }
  expect(engine.log).toEqual([]);
});

describe("the client that is closed", () => {
  it("inside next: CLOSED follows, and nothing else", async () => {
    const { client, engine } = scene();
    const seen: string[] = [];
    transfer$(client, "http://a/").subscribe({
      next({ type }) {
        seen.push(type);
        if (type === "head") void client.close({ wait: false });
      },
      error: ({ code }) => seen.push(code),
    });
    await microtasks();
    engine.last.headers(HEAD);
    await microtasks();
    expect(seen).toEqual(["started", "head", "CLOSED"]);
  });

  it("while a buffer holds back: what was received is told first", async () => {
    const { client, engine } = scene();
    const ready$ = new BehaviorSubject(false);
    const seen: string[] = [];
    transfer$(client, "http://a/", { buffer: { bytes: 5, policy: "pause", ready$ } }).subscribe({
      next: ({ type }) => seen.push(type),
      error: ({ code }) => seen.push(code),
    });
    await microtasks();
    engine.last.headers(HEAD);
    engine.last.chunk("abc");
    void client.close({ wait: false });
    await microtasks();
    expect(seen).toEqual([]);
    ready$.next(true);
    expect(seen).toEqual(["started", "head", "chunk", "CLOSED"]);
  });
});

it("an engine that tells everything inside start is heard, and take(1) takes one", async () => {
  const { client, engine } = scene();
  const start = engine.start.bind(engine);
  engine.start = (request, sink) => {
    const transfer = start(request, sink);
    engine.last.answer("abc");
    return transfer;
  };
  const types = async (source: ReturnType<typeof transfer$>) =>
    (await lastValueFrom(source.pipe(toArray()))).map(({ type }) => type);
  expect(await types(transfer$(client, "http://a/"))).toEqual(["head", "chunk", "done"]);
  expect(await types(transfer$(client, "http://a/").pipe(take(1)))).toEqual(["head"]);
  expect(client.size).toEqual({ running: 0, queued: 0 });
});

it("concatMapBody, shared and retried: one transfer for all, and another after it failed", async () => {
  const { client, engine } = scene();
  const seen: string[] = [];
  const shared = concatMapBody(client, "http://a/", (bytes, index) => of(`${index}:${bytes.length}`)).pipe(
    share(),
    retry(1),
  );
  for (const name of ["a", "b"])
    shared.subscribe({ next: (value) => seen.push(name + value), complete: () => seen.push(`${name}|`) });
  await microtasks();
  engine.last.headers(HEAD);
  engine.last.chunk("x");
  engine.last.end(new CurlewError("TRANSFER_FAILED", "broken"));
  await microtasks();
  expect(engine.transfers).toHaveLength(2);
  engine.last.headers(HEAD);
  engine.last.chunk("xx");
  engine.last.end();
  expect(seen).toEqual(["a0:1", "b0:1", "a0:2", "b0:2", "a|", "b|"]);
});

it("an iterator that is returned from before it was asked starts nothing, and twice is once", async () => {
  const { client, engine } = scene();
  const iterator = pullTransfer(client, "http://a/")[Symbol.asyncIterator]();
  await iterator.return?.();
  await iterator.return?.();
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect(engine.log).toEqual([]);
});
