/** Consumers that are slower than their server: what waits is bounded, and every byte right. */
import { createClient, type Transfer, type TransferEngine } from "@curlew/core";
import { contentOf, type TestServer } from "@curlew/testkit";
import { createTransfers } from "curlew";
import {
  catchError,
  concat,
  concatMap,
  from,
  interval,
  lastValueFrom,
  map,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
  tap,
  throwError,
  timer,
  toArray,
} from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import { body$, concatMapBody, pullTransfer, type TransferEvent, transfer$ } from "../src/index.js";
import { turns, until, useClient, useServer } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;
const BUFFER = 65_536;
/** What libcurl reads at once (CURLOPT_BUFFERSIZE). */
const READ = 16_384;

/** A client, and how much libcurl has read of the body of the transfer that was started last. */
function measured() {
  const inner = createTransfers();
  let last: Transfer | undefined;
  const engine: TransferEngine = {
    name: inner.name,
    now: () => inner.now(),
    close: () => inner.close(),
    start(request, sink) {
      last = inner.start(request, sink);
      return last;
    },
  };
  const client = createClient({ engine });
  onTestFinished(() => client.close({ wait: false }));
  return { client, read: () => Number(last?.getinfo("SIZE_DOWNLOAD_T") ?? Number.NaN) };
}

/** Watches what was read and not consumed, until it is stopped: the most there was. */
function watchHeld(read: () => number, consumed: () => number) {
  let most = 0;
  const look = (): void => {
    const held = read() - consumed();
    if (held > most) most = held;
  };
  const watching = interval(1).subscribe(look);
  return {
    look,
    stop() {
      watching.unsubscribe();
      return most;
    },
  };
}

/** What a consumer of 1 MB/s takes, and what was held meanwhile. */
async function consumeSlowly(path: string, curl: Record<string, unknown>, bufferBytes = BUFFER) {
  const { client, read } = measured();
  const chunks: Uint8Array[] = [];
  let consumed = 0;
  const held = watchHeld(read, () => consumed);
  const startedMs = performance.now();
  const slow$ = concatMapBody(
    client,
    path,
    (bytes) => {
      held.look();
      return timer(bytes.length / 1000).pipe(
        tap(() => {
          held.look();
          chunks.push(Uint8Array.from(bytes));
          consumed += bytes.length;
        }),
      );
    },
    { buffer: { bytes: bufferBytes, policy: "pause" }, curl },
  );
  await lastValueFrom(slow$);
  return { body: Buffer.concat(chunks), held: held.stop(), tookMs: performance.now() - startedMs };
}

const BYTES = 1_500_000;

describe("a consumer of 1 MB/s behind a buffer of 64 KiB", () => {
  it("over HTTP/1.1: at most the buffer and one read wait", async () => {
    const { body, held, tookMs } = await consumeSlowly(url(`bytes/${BYTES}`), {});
    console.log(`HTTP/1.1: at most ${held} bytes read and not consumed, ${(BYTES / tookMs / 1000).toFixed(2)} MB/s`);
    expect(body.equals(contentOf("bytes", BYTES))).toBe(true);
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(BUFFER + READ);
  });

  it("other buffers keep to that, down to three reads", async () => {
    // Just above three reads, a piece that is one read too long shows.
    for (const buffer of [1, 3 * READ + 3, 100_000]) {
      const { body, held } = await consumeSlowly(url("bytes/300000"), {}, buffer);
      console.log(`a buffer of ${buffer}: at most ${held} bytes`);
      expect(body.equals(contentOf("bytes", 300_000))).toBe(true);
      expect(held).toBeLessThanOrEqual(Math.max(buffer + READ, 3 * READ));
    }
  });

  it("over HTTP/2: besides, what libcurl keeps of a paused stream (C 11.7); every byte right", async () => {
    const { http2, caFile } = server.current as TestServer;
    const { body, held } = await consumeSlowly(`${http2}/bytes/${BYTES}`, { CAINFO: caFile });
    console.log(`HTTP/2: at most ${held} bytes handed over by the stream and not consumed`);
    expect(body.equals(contentOf("bytes", BYTES))).toBe(true);
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(BUFFER + READ); // what the stream keeps is not counted until it is handed over
  });
});

describe("concatMapBody", () => {
  it("asks for the next chunk when the inner Observable has ended, never before", async () => {
    const client = useClient();
    const order: string[] = [];
    const chunks = await lastValueFrom(
      concatMapBody(
        client,
        url("bytes/300000"),
        (bytes, index) => {
          order.push(`${index} begins`);
          return timer(1).pipe(
            tap({ complete: () => order.push(`${index} ends`) }),
            map(() => bytes),
          );
        },
        { buffer: { bytes: 10_000, policy: "pause" } },
      ).pipe(toArray()),
    );
    expect(Buffer.concat(chunks).equals(contentOf("bytes", 300_000))).toBe(true);
    expect(chunks.length).toBeGreaterThan(5);
    expect(order).toEqual(chunks.flatMap((_, i) => [`${i} begins`, `${i} ends`]));
  });

  it("takes synchronous inner Observables and promises; many of them do not deepen the stack", async () => {
    const client = useClient();
    const buffer = { bytes: 3000, policy: "pause" } as const;
    const sync = concatMapBody(client, url("bytes/3000000"), (bytes) => [bytes.length], { buffer });
    expect((await lastValueFrom(sync.pipe(toArray()))).reduce((sum, n) => sum + n)).toBe(3_000_000);
    const promised = concatMapBody(client, url("bytes/100000"), async (bytes) => bytes.length, { buffer });
    expect((await lastValueFrom(promised.pipe(toArray()))).reduce((sum, n) => sum + n)).toBe(100_000);
  });

  it("ends with the error of an inner Observable, or of the function; the transfer is cancelled", async () => {
    const client = useClient();
    const failing = [
      () => throwError(() => new Error("a mistake")),
      () => {
        throw new Error("a mistake");
      },
    ];
    for (const project of failing) {
      const failed = concatMapBody(client, url("bytes/30000000"), project).pipe(
        catchError((error) => of(error.message)),
      );
      expect(await lastValueFrom(failed)).toBe("a mistake");
      expect(client.size.running).toBe(0);
    }
  });

  it("is unsubscribed from while an inner Observable runs: all ends", async () => {
    const client = useClient();
    let began = 0;
    const subscription = concatMapBody(client, url("bytes/30000000"), () => {
      began++;
      return NEVER;
    }).subscribe();
    await until(() => began > 0);
    await turns(20);
    subscription.unsubscribe();
    expect({ began, running: client.size.running }).toEqual({ began: 1, running: 0 });
  });
});

describe("a buffer's policy", () => {
  const buffered = (policy: "pause" | "drop" | "error", bytes: number, ready$: Observable<boolean>) =>
    lastValueFrom(transfer$(useClient(), url("bytes/1000000"), { buffer: { bytes, policy, ready$ } }).pipe(toArray()));
  /** What a consumer is told that is not ready for the first 300 ms. */
  const told = (policy: "pause" | "drop" | "error", bytes: number): Promise<TransferEvent[]> =>
    buffered(policy, bytes, concat(of(false), timer(300).pipe(map(() => true))));
  const chunksOf = (events: TransferEvent[]) => events.flatMap((event) => (event.type === "chunk" ? [event] : []));

  it("pause: nothing is lost", async () => {
    const events = await told("pause", BUFFER);
    expect(Buffer.concat(chunksOf(events).map(({ bytes }) => bytes)).equals(contentOf("bytes", 1_000_000))).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "done", droppedBytes: 0 });
  });

  it("drop: what has no room is left out, offsets show where, and it is counted", async () => {
    const events = await told("drop", BUFFER);
    const chunks = chunksOf(events);
    const kept = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const body = contentOf("bytes", 1_000_000);
    for (const { bytes, offset } of chunks)
      expect(body.subarray(offset, offset + bytes.length).equals(bytes)).toBe(true);
    expect(kept).toBeLessThanOrEqual(BUFFER);
    expect(kept).toBeGreaterThan(0);
    expect(events.at(-1)).toMatchObject({ type: "done", droppedBytes: 1_000_000 - kept, infos: { status: 200 } });
  });

  it("error: fails at once, while nobody is ready", async () => {
    await expect(buffered("error", BUFFER, concat(of(false), NEVER))).rejects.toMatchObject({ code: "BUFFERS_FULL" });
  });

  it("error: a body that fits waits, and is told whole", async () => {
    const chunks = chunksOf(await told("error", 2_000_000));
    expect(Buffer.concat(chunks.map(({ bytes }) => bytes)).equals(contentOf("bytes", 1_000_000))).toBe(true);
  });
});

describe("ready$", () => {
  it("holds everything back while its last value is false, and lets go when it completes", async () => {
    const client = useClient();
    const ready$ = new Subject<boolean>();
    const events: string[] = [];
    let completed = false;
    const buffer = { bytes: BUFFER, policy: "pause", ready$ } as const;
    transfer$(client, url("bytes/200000"), { buffer }).subscribe({
      next: ({ type }) => events.push(type),
      complete: () => (completed = true),
    });
    ready$.next(false);
    await turns(50);
    expect(events).toEqual([]);
    ready$.complete();
    await until(() => completed);
    expect(new Set(events)).toEqual(new Set(["started", "head", "chunk", "done"]));
  });

  it("errs for the transfer", async () => {
    const client = useClient();
    const buffer = { bytes: BUFFER, policy: "pause", ready$: throwError(() => new Error("no")) } as const;
    await expect(lastValueFrom(transfer$(client, url("hang"), { buffer }))).rejects.toThrow("no");
    expect(client.size).toEqual({ running: 0, queued: 0 });
  });
});

describe("pullTransfer", () => {
  it("starts nothing before it is asked, receives no more than its buffer, and loses nothing", async () => {
    const { client, read } = measured();
    const iterator = pullTransfer(client, url(`bytes/${BYTES}`), { highWaterBytes: BUFFER })[Symbol.asyncIterator]();
    await turns(5);
    expect(client.size).toEqual({ running: 0, queued: 0 });
    const chunks: Uint8Array[] = [];
    let consumed = 0;
    let most = 0;
    for (let events = 0; ; events++) {
      const { done, value } = await iterator.next();
      if (done) break;
      if (value.type !== "chunk") continue;
      chunks.push(Uint8Array.from(value.bytes));
      consumed += value.bytes.length;
      if (events % 10 === 0) await turns(20); // as long as it takes to fill what there is
      const held = read() - consumed;
      if (held > most) most = held;
    }
    console.log(`pulled: at most ${most} bytes read and not asked for`);
    expect(Buffer.concat(chunks).equals(contentOf("bytes", BYTES))).toBe(true);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(BUFFER + READ);
  });

  it("is a transfer each time it is iterated over; leaving the loop cancels", async () => {
    const client = useClient();
    const events = pullTransfer(client, url("bytes/30000000"));
    for (let i = 0; i < 3; i++) {
      for await (const { type } of events) if (type === "chunk") break;
      expect(client.size).toEqual({ running: 0, queued: 0 });
    }
  });

  it("answers several askers in their order, throws once, and is over", async () => {
    const client = useClient();
    const iterator = pullTransfer(client, url("bytes/10"))[Symbol.asyncIterator]();
    const asked = await Promise.all(Array.from({ length: 6 }, () => iterator.next()));
    expect(asked.map(({ value }) => value?.type)).toEqual(["started", "head", "chunk", "done", undefined, undefined]);
    const failing = pullTransfer(client, "http://127.0.0.1:1/")[Symbol.asyncIterator]();
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => failing.next()));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(await failing.next()).toEqual({ done: true, value: undefined });
  });

  it("ends for who waits when it is returned from", async () => {
    const client = useClient();
    const iterator = pullTransfer(client, url("hang"))[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(client.size.running).toBe(0);
  });

  it("is what from() takes: a body as a stream of RxJS with true pull behind concatMap", async () => {
    const client = useClient();
    const events = await lastValueFrom(
      from(pullTransfer(client, url("bytes/1000"))).pipe(
        concatMap((event) => timer(1).pipe(map(() => event.type))),
        toArray(),
      ),
    );
    expect(events).toEqual(["started", "head", "chunk", "done"]);
  });
});

describe("without a buffer", () => {
  it("nothing holds a server back but the consumer's own time: take(1) of a body still cancels it", async () => {
    const client = useClient();
    await lastValueFrom(body$(client, url("bytes/30000000")).pipe(take(1)));
    expect(client.size.running).toBe(0);
  });
});
