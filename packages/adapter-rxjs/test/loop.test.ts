/** The loop as streams, beyond the conformance suite: what the inner loop is asked, functions of a user's, marbles. */
import {
  CURL_POLL_IN,
  CURL_POLL_INOUT,
  CURL_POLL_OUT,
  createClient,
  type Interest,
  type LoopAdapter,
  LoopError,
  type LoopSink,
} from "@curlew/core";
import { loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { contentOf, descriptors, sha256 } from "@curlew/testkit";
import {
  asyncScheduler,
  BehaviorSubject,
  EMPTY,
  filter,
  finalize,
  interval,
  lastValueFrom,
  map,
  mergeMap,
  NEVER,
  Observable,
  of,
  range,
  Subject,
  startWith,
  switchMap,
  take,
  tap,
  throwError,
  toArray,
  VirtualTimeScheduler,
} from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { ScriptedLoop } from "../../core/test/scripted.js";
import { body$, fromLoop, type Readiness, rxjsLoop } from "../src/index.js";
import { noted, openTestLoop, useServer } from "./support.js";

const server = useServer();

describe("the one inner watch", () => {
  function over(batches = true) {
    const log: string[] = [];
    const inner = new ScriptedLoop(log, batches);
    const { sink, log: told, failures } = noted();
    return { log, inner, told, failures, loop: rxjsLoop(fromLoop(inner)).attach(sink) };
  }

  it("is made, changed without being left, and left", () => {
    const { loop, log } = over();
    for (const interest of [CURL_POLL_IN, CURL_POLL_INOUT, CURL_POLL_OUT, CURL_POLL_OUT] as const)
      loop.watch(7, interest);
    loop.unwatch(7);
    loop.watch(7, CURL_POLL_IN);
    expect(log).toEqual(["watch 7 IN", "watch 7 INOUT", "watch 7 OUT", "watch 7 OUT", "unwatch 7", "watch 7 IN"]);
  });

  it("that is refused, at first or as it changes, throws the loop's own error and is gone", () => {
    const { loop, log, inner } = over();
    const refusal = new LoopError("LOOP_REFUSED", "no", { errno: "EPERM" });
    inner.refusals.set(7, refusal);
    expect(() => loop.watch(7, CURL_POLL_IN)).toThrow(refusal);
    inner.refusals.clear();
    loop.watch(7, CURL_POLL_IN);
    inner.refusals.set(7, refusal);
    expect(() => loop.watch(7, CURL_POLL_OUT)).toThrow(refusal);
    log.length = 0;
    loop.unwatch(7);
    expect(log).toEqual([]);
  });

  it("and its batches pass through; after close nothing does", async () => {
    const { loop, inner, told } = over();
    loop.watch(7, CURL_POLL_IN);
    inner.sink.ready(7, 1);
    inner.sink.ready(8, 1); // nobody's
    inner.sink.batchEnd();
    expect(told).toEqual(["ready 7 1", "batchEnd"]);
    await loop.close();
    inner.sink.ready(7, 1);
    inner.sink.batchEnd();
    expect(told).toHaveLength(2);
  });

  it("that emits while it is subscribed to is told with the end of a batch, by the loop's next timer", () => {
    const inner = new ScriptedLoop([], true);
    const source = fromLoop(inner);
    const open = () => {
      const streams = source.open();
      const readiness: Readiness = (fd, interest$) => streams.readiness(fd, interest$).pipe(startWith(1));
      return { ...streams, readiness };
    };
    const { sink, log } = noted();
    rxjsLoop({ ...source, open })
      .attach(sink)
      .watch(7, CURL_POLL_IN);
    expect(log).toEqual([]);
    inner.pass(0);
    expect(log).toEqual(["ready 7 1", "batchEnd"]);
  });

  it("of a function is left when the loop is closed", async () => {
    let left = 0;
    const loop = rxjsLoop(() => NEVER.pipe(finalize(() => left++))).attach(noted().sink);
    for (const fd of [7, 8]) loop.watch(fd, CURL_POLL_IN);
    await loop.close();
    expect(left).toBe(2);
  });

  it("breaks with the loop: failed, with the loop's error", () => {
    const { inner, failures } = over();
    const error = new LoopError("LOOP_FAILED", "the loop is gone");
    inner.sink.failed(error);
    expect(failures).toEqual([error]);
  });
});

describe("fromLoop", () => {
  it("gives streams to be used as they are: one registration a descriptor, a second is refused", () => {
    const inner = new ScriptedLoop([], false);
    const { readiness } = fromLoop(inner).open();
    const seen: unknown[] = [];
    const interest$ = new BehaviorSubject<Interest>(CURL_POLL_IN);
    const subscription = readiness(7, interest$).subscribe((bits) => seen.push(bits));
    readiness(7, interest$).subscribe({ error: (error) => seen.push(error.errno) });
    interest$.next(CURL_POLL_OUT);
    inner.sink.ready(7, 2);
    expect(inner.watched).toEqual(new Map([[7, CURL_POLL_OUT]]));
    subscription.unsubscribe();
    expect({ seen, watched: inner.watched.size }).toEqual({ seen: ["EEXIST", 2], watched: 0 });
    expect(interest$.observed).toBe(false);
  });

  it("unsubscribing inside next is the end of it", () => {
    const inner = new ScriptedLoop([], false);
    const { readiness } = fromLoop(inner).open();
    const seen: number[] = [];
    readiness(7, of(CURL_POLL_IN))
      .pipe(take(1))
      .subscribe((bits) => seen.push(bits));
    inner.sink.ready(7, 1);
    inner.sink.ready(7, 1);
    expect({ seen, watched: inner.watched.size }).toEqual({ seen: [1], watched: 0 });
  });
});

describe("readiness from a function", () => {
  const attach = (readiness: Readiness) => {
    const told = noted();
    const loop = rxjsLoop(readiness, { scheduler: new VirtualTimeScheduler() }).attach(told.sink);
    return { ...told, loop };
  };

  it("that emits at once is told from a fresh stack, if it is still wanted", () => {
    const scheduler = new VirtualTimeScheduler();
    const { sink, log } = noted();
    const loop = rxjsLoop(
      (fd) => of(fd === 7 ? 1 : 2).pipe(mergeMap((bits) => new Observable<number>((s) => s.next(bits)))),
      { scheduler },
    ).attach(sink);
    loop.watch(7, CURL_POLL_IN);
    loop.watch(8, CURL_POLL_OUT);
    loop.unwatch(7);
    expect(log).toEqual([]);
    scheduler.flush();
    expect(log).toEqual(["ready 8 2"]);
  });

  it("that emits while the sink is at work waits until it is done", () => {
    const scheduler = new VirtualTimeScheduler();
    const ready$ = new Subject<number>();
    const { sink, log } = noted();
    const reentrant: LoopSink = {
      ...sink,
      ready(fd, bits) {
        log.push(`begin ${fd}`);
        if (log.length === 1) ready$.next(2);
        sink.ready(fd, bits);
      },
    };
    const loop = rxjsLoop(() => ready$, { scheduler }).attach(reentrant);
    loop.watch(7, CURL_POLL_IN);
    ready$.next(1);
    scheduler.flush();
    expect(log).toEqual(["begin 7", "ready 7 1", "begin 7", "ready 7 2"]);
  });

  it("that throws, errs or ends at once refuses the descriptor", () => {
    const functions: Record<string, Readiness> = {
      throws: () => {
        throw new Error("no");
      },
      errs: () => throwError(() => new Error("no")),
      ends: () => EMPTY,
    };
    for (const [name, readiness] of Object.entries(functions)) {
      const { loop, log } = attach(readiness);
      expect(() => loop.watch(7, CURL_POLL_IN), name).toThrow(expect.objectContaining({ code: "LOOP_REFUSED" }));
      loop.unwatch(7);
      expect(log).toEqual([]);
    }
  });

  it("that errs or ends later breaks the loop: nobody would hear of the descriptor", () => {
    for (const end of [
      (ready$: Subject<number>) => ready$.error(new Error("no")),
      (ready$: Subject<number>) => ready$.complete(),
    ]) {
      const ready$ = new Subject<number>();
      const { loop, failures } = attach(() => ready$);
      loop.watch(7, CURL_POLL_IN);
      end(ready$);
      expect(failures).toEqual([
        expect.objectContaining({ code: "LOOP_FAILED", message: expect.stringContaining("descriptor 7") }),
      ]);
    }
  });

  it("and timers, in marbles", () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
      ({ hot, expectObservable, expectSubscriptions }) => {
        const seven = hot("--r--r--r");
        const told = new Observable<string>((subscriber) => {
          const loop = rxjsLoop(() => seven.pipe(map(() => 1))).attach({
            ready: (fd, bits) => {
              subscriber.next(`ready ${fd} ${bits}`);
              loop.arm(2);
            },
            batchEnd() {},
            expired: () => {
              subscriber.next("expired");
              if (loop.now() > 6) loop.unwatch(7);
            },
            failed() {},
          });
          loop.watch(7, CURL_POLL_IN);
          return () => void loop.close();
        });
        expectObservable(told, "^----------!").toBe("--r-er-e", { r: "ready 7 1", e: "expired" });
        expectSubscriptions(seven.subscriptions).toBe("^------!");
      },
    );
  });
});

/** Real transfers on a loop. */
async function download(loop: LoopAdapter, url: string, curl: Record<string, unknown> = {}): Promise<string[]> {
  const client = createClient({ engine: () => new Multi(loadLibcurl()), loop });
  const bodies = range(1, 30).pipe(
    mergeMap(
      (n) =>
        body$(client, `${url}/bytes/${n * 5000}`, { curl }).pipe(
          toArray(),
          map((chunks) => Buffer.concat(chunks)),
        ),
      10,
    ),
    toArray(),
  );
  const all = await lastValueFrom(bodies);
  await client.close();
  return all.sort((a, b) => a.length - b.length).map(sha256);
}

describe("real transfers", () => {
  const expected = Array.from({ length: 30 }, (_, i) => sha256(contentOf("bytes", (i + 1) * 5000)));
  /** poll(2), every millisecond. */
  const polled: Readiness = (fd, interest$) =>
    interest$.pipe(
      switchMap((interest) => {
        const events = (interest & CURL_POLL_IN ? 1 : 0) | (interest & CURL_POLL_OUT ? 4 : 0);
        return interval(1).pipe(map(() => descriptors.poll(fd, events)));
      }),
      filter((seen) => seen !== 0),
      map((seen) => (seen & 1 ? 1 : 0) | (seen & 4 ? 2 : 0) | (seen & ~5 ? 4 : 0)),
    );
  const loops: Record<string, () => LoopAdapter> = {
    "a loop's streams": () => rxjsLoop(fromLoop(openTestLoop())),
    "a loop's streams, timers of asyncScheduler": () =>
      rxjsLoop(fromLoop(openTestLoop()), { scheduler: asyncScheduler }),
    "a function that polls": () => rxjsLoop(polled),
    "a loop's streams with an operator in between": () => {
      const source = fromLoop(openTestLoop());
      let reports = 0;
      onTestFinished(() => expect(reports).toBeGreaterThan(0));
      return rxjsLoop({
        ...source,
        open() {
          const streams = source.open();
          const counted: Readiness = (fd, interest$) => streams.readiness(fd, interest$).pipe(tap(() => reports++));
          return { ...streams, readiness: counted };
        },
      });
    },
  };
  for (const [name, make] of Object.entries(loops))
    it(`on ${name}, HTTP/1.1 and HTTP/2`, async () => {
      expect(await download(make(), server.current.http)).toEqual(expected);
      expect(await download(make(), server.current.http2, { CAINFO: server.current.caFile })).toEqual(expected);
    });
});
