import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it, onTestFinished } from "vitest";
import { run, turns, until, useServer, useTransfers } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;

/** Catches what would end the process. */
function uncaught(): unknown[] {
  const errors: unknown[] = [];
  const before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => errors.push(error));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of before) process.on("uncaughtException", listener);
  });
  return errors;
}

describe("a throw (P 24)", () => {
  for (const callback of ["headers", "chunk", "trailers", "drain"] as const)
    it(`in ${callback} fails its own transfer, with cause; others finish, and the multi is well`, async () => {
      const transfers = useTransfers();
      const cause = new Error(`thrown in ${callback}`);
      const heard: string[] = [];
      const others = [1, 2, 3].map(() => run(transfers, { url: url("bytes/50000") }));
      const error = await new Promise((resolve) => {
        const stream =
          callback === "drain" ? { url: url("echo"), body: { stream: true as const } } : { url: url("chunked/50000") };
        transfers.start(stream, {
          [callback]: () => {
            heard.push(callback);
            throw cause;
          },
          outcome: (outcome) => {
            heard.push("outcome");
            resolve(outcome.error);
          },
        });
      });
      expect(error).toMatchObject({ code: "CALLBACK_FAILED", cause });
      for (const other of await Promise.all(others)) expect(other).toMatchObject({ error: undefined, status: 200 });
      expect((await run(transfers, { url: url("bytes/5") })).error).toBeUndefined();
      expect(heard).toEqual([callback, "outcome"]);
    });

  it("in an outcome is an uncaught exception, and nothing else is harmed", async () => {
    const errors = uncaught();
    const transfers = useTransfers();
    const thrown = new Error("in the outcome");
    const other = run(transfers, { url: url("bytes/50000") });
    transfers.start(
      { url: url("bytes/5") },
      {
        outcome() {
          throw thrown;
        },
      },
    );
    await until(() => errors.length > 0);
    expect(errors).toEqual([thrown]);
    expect((await other).error).toBeUndefined();
  });

  it("in an observer is an uncaught exception, and the transfer goes on", async () => {
    const errors = uncaught();
    const transfers = useTransfers({
      observers: {
        timer() {
          throw new Error("in the observer");
        },
      },
    });
    expect((await run(transfers, { url: url("bytes/5") })).error).toBeUndefined();
    await turns();
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe("a continuation (P 42)", () => {
  it("after a completed transfer runs at once on an otherwise idle loop", async () => {
    const transfers = useTransfers();
    const keepBusy = setTimeout(() => {}, 30_000);
    let endedAt = 0;
    await new Promise<void>((resolve) => {
      transfers.start(
        { url: url("delay/30") },
        {
          outcome() {
            endedAt = performance.now();
            resolve();
          },
        },
      );
    });
    const tookMs = performance.now() - endedAt;
    clearTimeout(keepBusy);
    console.log(`from outcome to continuation: ${tookMs.toFixed(3)} ms`);
    expect(tookMs).toBeLessThan(1000); // without a callback scope it would wait for the timer of 30 s
  });
});

describe("AsyncLocalStorage (P 43)", () => {
  it("is that of whoever started the transfer, in every callback and after await", async () => {
    const storage = new AsyncLocalStorage<string>();
    const transfers = useTransfers();
    const seen: Record<string, Set<string | undefined>> = { a: new Set(), b: new Set(), c: new Set() };
    const note = (who: string) => seen[who]?.add(storage.getStore());
    const one = (who: string, path: string, body?: { stream: true }) =>
      storage.run(who, async () => {
        await new Promise<void>((resolve) => {
          const transfer = transfers.start(body ? { url: url(path), body } : { url: url(path) }, {
            headers: () => note(who),
            chunk: () => note(who),
            trailers: () => note(who),
            drain: () => {
              note(who);
              transfer.endSending();
            },
            outcome: () => {
              note(who);
              resolve();
            },
          });
        });
        note(who);
      });
    await Promise.all([one("a", "chunked/40000"), one("b", "bytes/200000"), one("c", "echo", { stream: true })]);
    expect(seen).toEqual({ a: new Set(["a"]), b: new Set(["b"]), c: new Set(["c"]) });
    expect(storage.getStore()).toBeUndefined();
  });
});

describe("everything a user may do inside a callback of a transfer", () => {
  it("start, cancel, pause, close, send: legal, on this transfer and on others", async () => {
    const transfers = useTransfers();
    const order: string[] = [];
    const other = transfers.start({ url: url("hang") }, { outcome: () => order.push("other outcome") });
    await new Promise<void>((resolve) => {
      const transfer = transfers.start(
        { url: url("bytes/300000"), highWaterBytes: 20_000 },
        {
          headers() {
            order.push("headers");
            transfer.pause();
            other.cancel();
            transfers.start(
              { url: url("bytes/1") },
              { outcome: () => order.push("second outcome") && transfer.resume() },
            );
          },
          chunk() {
            if (order.at(-1) === "chunk") return;
            order.push("chunk");
            transfer.send(new Uint8Array(1)); // not an upload: harmless
          },
          outcome({ error }) {
            order.push(error ? error.code : "outcome");
            resolve();
          },
        },
      );
    });
    expect(order).toEqual(["headers", "second outcome", "chunk", "outcome"]);
  });

  it("close in a chunk: that transfer and all others get CLOSED once", async () => {
    const transfers = useTransfers();
    const codes: (string | undefined)[] = [];
    let closed: Promise<void> | undefined;
    for (let i = 0; i < 3; i++)
      transfers.start(
        { url: url("bytes/3000000") },
        {
          chunk() {
            closed ??= transfers.close();
          },
          outcome: ({ error }) => codes.push(error?.code),
        },
      );
    await until(() => closed !== undefined);
    await closed;
    expect(codes).toEqual(["CLOSED", "CLOSED", "CLOSED"]);
  });
});
