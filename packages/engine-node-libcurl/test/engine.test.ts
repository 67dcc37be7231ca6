/** The engine itself: what is asked for at odd moments, ends, contexts, mistakes. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type CurlewError, MisuseError, type Outcome, type Transfer, type TransferEngine } from "@curlew/core";
import { contentOf, sha256 } from "@curlew/testkit";
import { raw } from "@curlew/testkit/in-tests";
import { beforeEach, describe, expect, it } from "vitest";
import { createNodeLibcurlEngine, nodeLibcurlVersions } from "../src/index.js";
import { runProgram } from "./run-program.js";
import { nodeLibcurl, skipWithout, turns, until, useClient, useEngine, useServer } from "./support.js";

beforeEach(skipWithout);
const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;

/** The outcome of a transfer, and how many bytes came before it. */
function run(
  engine: TransferEngine,
  path: string,
  chunk: (transfer: Transfer) => void = () => {},
): Promise<{ error: CurlewError | undefined; bytes: number }> {
  return new Promise((resolve) => {
    let bytes = 0;
    const transfer = engine.start(
      { url: url(path) },
      {
        chunk(piece) {
          bytes += piece.length;
          chunk(transfer);
        },
        outcome: ({ error }) => resolve({ error, bytes }),
      },
    );
  });
}

describe("10 000 requests, 100 at once, each on a handle of its own", () => {
  it("come whole, and leave nothing behind", { timeout: 120_000 }, async () => {
    const client = useClient();
    const wanted = sha256(contentOf("bytes", 2000));
    let left = 10_000;
    let wrong = 0;
    const worker = async (): Promise<void> => {
      while (left-- > 0) if (sha256(await client.request(url("bytes/2000")).bytes()) !== wanted) wrong++;
    };
    const many = () => Promise.all(Array.from({ length: 100 }, worker));
    await many();
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    left = 2000;
    await many();
    globalThis.gc?.();
    const grownMiB = (process.memoryUsage.rss() - before) / 2 ** 20;
    console.log(`2000 more requests: ${grownMiB.toFixed(1)} MiB more`);
    expect(wrong).toBe(0);
    expect(grownMiB).toBeLessThan(30);
  });
});

describe("what is asked for inside a callback of libcurl, or in a microtask that runs there", () => {
  for (const [where, at] of Object.entries({ itself: (ask: () => void) => ask(), microtask: queueMicrotask }))
    it(`${where}: starting, pausing, resuming, sending and cancelling happen after it`, async () => {
      const client = useClient();
      const others: Promise<Uint8Array>[] = [];
      const waiting = client.request(url("hang"));
      const paused = client.request(url("bytes/500000"), { highWaterBytes: 50_000 });
      await paused.head;
      paused.pause();
      let asked = 0;
      const curl = {
        DEBUGFUNCTION: () => {
          if (asked++ > 0) return;
          at(() => {
            others.push(client.request(url("bytes/100")).bytes());
            paused.resume();
            waiting.cancel();
          });
        },
      };
      expect((await client.request(url("bytes/1000"), { curl }).bytes()).length).toBe(1000);
      expect(asked).toBeGreaterThan(3);
      expect(await Promise.all(others)).toHaveLength(1);
      expect((await paused.bytes()).length).toBe(500_000);
      await expect(waiting.head).rejects.toMatchObject({ code: "ABORTED" });
      await until(() => client.size.running === 0);
    });

  it("a throw ends the transfer, and no other", async () => {
    const client = useClient();
    const thrown = new Error("mine");
    const curl = {
      DEBUGFUNCTION() {
        throw thrown;
      },
    };
    const other = client.request(url("bytes/100000")).bytes();
    await expect(client.request(url("bytes/10"), { curl }).bytes()).rejects.toMatchObject({
      code: "CALLBACK_FAILED",
      cause: thrown,
    });
    expect((await other).length).toBe(100_000);
  });
});

describe("a sink", () => {
  it("that throws fails its transfer", async () => {
    const cause = new Error("mine");
    const { error } = await run(useEngine(), "bytes/100000", () => {
      throw cause;
    });
    expect(error).toMatchObject({ code: "CALLBACK_FAILED", cause });
  });

  it("that cancels hears nothing more", async () => {
    const engine = useEngine();
    let heard = 0;
    void run(engine, "bytes/1000000", (transfer) => {
      heard++;
      transfer.cancel();
    }).then(() => expect.fail("it was told an outcome"));
    await until(() => heard > 0);
    expect((await run(engine, "bytes/10")).bytes).toBe(10);
    expect(heard).toBe(1);
  });

  it("runs in the context its transfer was started in", async () => {
    const storage = new AsyncLocalStorage<number>();
    const engine = useEngine();
    const seen = await Promise.all(
      [1, 2, 3].map((number) =>
        storage.run(number, async () => {
          const contexts = new Set<number | undefined>();
          await run(engine, "bytes/50000", () => contexts.add(storage.getStore()));
          return [...contexts];
        }),
      ),
    );
    expect(seen).toEqual([[1], [2], [3]]);
  });

  it("without an outcome is refused, like a request that is none", () => {
    const engine = useEngine();
    expect(() => engine.start({ url: url("echo") }, {} as never)).toThrow(MisuseError);
    expect(() => engine.start({ url: 5 as never }, { outcome() {} })).toThrow(
      expect.objectContaining({ code: "WRONG_TYPE" }),
    );
    expect(() => engine.start({ url: url("echo"), highWaterBytes: 0 }, { outcome() {} })).toThrow(
      expect.objectContaining({ code: "OUT_OF_RANGE" }),
    );
  });
});

describe("cancelling what has a name that was looked up before", () => {
  for (const protocol of ["http", "https", "http2"] as const)
    it(`over ${protocol}, on a connection that is used again: at once, and closing waits for nothing`, async () => {
      const client = useClient();
      const { hostname, port, protocol: scheme } = new URL(server.current[protocol]);
      const curl = { RESOLVE: [`some.test:${port}:${hostname}`], CAINFO: server.current.caFile, SSL_VERIFYHOST: 0 };
      const at = (path: string) => `${scheme}//some.test:${port}/${path}`;
      await client.request(at("bytes/10"), { curl }).bytes();
      for (const ask of [
        async () => client.request(at("hang"), { curl }), // before it has begun
        async () => {
          const transfer = client.request(at("hang"), { curl });
          await turns(20);
          return transfer;
        },
        async () => {
          const transfer = client.request(at("bytes/5000000"), { curl, highWaterBytes: 50_000 });
          await transfer.head;
          return transfer;
        },
      ])
        (await ask()).cancel();
      await client.close({ wait: false });
    });
});

describe("a connection that the server resets when it is used again", () => {
  it("costs a GET nothing, and a POST its transfer", async () => {
    const connections: number[] = [];
    const port = await raw((socket) => {
      const number = connections.push(0) - 1;
      socket.on("data", () => {
        connections[number] = (connections[number] ?? 0) + 1;
        if (connections[number] === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
        else socket.resetAndDestroy();
      });
    });
    const client = useClient();
    const at = `http://127.0.0.1:${port}/`;
    for (let i = 0; i < 5; i++) expect(await client.request(at).text()).toBe("one");
    expect(connections).toEqual([2, 2, 2, 2, 1]);
    await expect(client.request(at, { body: "once" }).text()).rejects.toMatchObject({ curlCode: 55 });
    expect(connections).toEqual([2, 2, 2, 2, 2]);
  });
});

describe("infos", () => {
  it("are there until the outcome returns", async () => {
    const engine = useEngine();
    let asked: Outcome["getinfo"] = () => {};
    let transfer: Transfer | undefined;
    await new Promise<void>((resolve) => {
      transfer = engine.start(
        { url: url("bytes/10") },
        {
          chunk: () => expect(transfer?.getinfo("RESPONSE_CODE")).toBe(200),
          outcome({ getinfo }) {
            asked = getinfo;
            expect(getinfo("SIZE_DOWNLOAD_T")).toBe(10);
            expect(getinfo("REDIRECT_URL")).toBeUndefined();
            expect(() => getinfo("NONSENSE")).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
            resolve();
          },
        },
      );
    });
    expect(() => asked("RESPONSE_CODE")).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
    expect(transfer?.getinfo("RESPONSE_CODE")).toBeUndefined();
  });
});

describe("closing", () => {
  it("ends what is under way, paused or not, and takes no more", async () => {
    const engine = createNodeLibcurlEngine({ nodeLibcurl: nodeLibcurl() });
    const hanging = run(engine, "hang");
    const paused = run(engine, "bytes/5000000", (transfer) => transfer.pause());
    await turns(50);
    await Promise.all([engine.close(), engine.close()]);
    for (const { error } of await Promise.all([hanging, paused])) expect(error).toMatchObject({ code: "CLOSED" });
    expect(() => engine.start({ url: url("echo") }, { outcome() {} })).toThrow(
      expect.objectContaining({ code: "CLOSED" }),
    );
  });

  it("also inside a callback", async () => {
    const engine = createNodeLibcurlEngine({ nodeLibcurl: nodeLibcurl() });
    const { error } = await run(engine, "bytes/5000000", () => void engine.close());
    expect(error).toMatchObject({ code: "CLOSED" });
    await engine.close();
  });
});

describe("a process", () => {
  it("ends by itself when its transfers are done, whether the engine was closed or not", async () => {
    for (const how of ["close", "leave"]) {
      const { code, stdout } = await runProgram(
        "ends",
        how,
        url("bytes/1000"),
        server.current.https,
        server.current.caFile,
      );
      const [, tookMs] = /^1000 bytes, then (\d+) ms$/m.exec(stdout) ?? [];
      console.log(`${how}: ${stdout.trim()}`);
      expect({ code, tookMs: Number(tookMs) < 1000 }).toEqual({ code: 0, tookMs: true });
    }
  });

  it("is kept by a transfer that is paused", async () => {
    expect(await runProgram("ends", "paused", url("bytes/3000000"))).toMatchObject({
      code: 0,
      stdout: "still here\n",
    });
  });
});

describe("node-libcurl", () => {
  it("is looked for, and missed with a reason", () => {
    const why = { code: "NO_NODE_LIBCURL", message: expect.stringMatching(/^node-libcurl is not installed/) };
    for (const find of [createNodeLibcurlEngine, nodeLibcurlVersions])
      expect(() => find()).toThrow(expect.objectContaining(why));
  });

  it("says which it is", () => {
    expect(nodeLibcurlVersions(nodeLibcurl())).toEqual({
      version: "4.0.0",
      libcurl: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
  });

  it("is not anything else", () => {
    const { Curl, Easy } = nodeLibcurl();
    for (const wrong of [{}, { Curl, Easy }, { Curl, Easy, Multi: 5 }])
      expect(() => createNodeLibcurlEngine({ nodeLibcurl: wrong as never })).toThrow(
        expect.objectContaining({ code: "WRONG_TYPE" }),
      );
  });
});
