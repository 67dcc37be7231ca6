import { contentOf, sha256 } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { MisuseError, type TransferRequest } from "../src/index.js";
import { run, turns, until, useServer, useTransfers } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;

describe("a transfer", () => {
  it("brings headers, body, and the outcome with infos", async () => {
    const result = await run(useTransfers(), { url: url("bytes/100000") });
    expect(result).toMatchObject({ error: undefined, status: 200, trailers: "" });
    expect(result.headers).toMatch(/^HTTP\/1\.1 200 OK\r\n(.+: .+\r\n)+\r\n$/);
    expect(result.body.equals(contentOf("bytes", 100_000))).toBe(true);
  });

  it("brings trailers after the body", async () => {
    const { body, trailers, headers } = await run(useTransfers(), { url: url("chunked/5000") });
    expect(trailers).toBe(`X-Checksum: ${sha256(body)}\r\n`);
    expect(headers).not.toContain("X-Checksum:");
  });

  it("brings the blocks of all answers on the way when redirects are followed", async () => {
    const { headers, body, infos } = await run(useTransfers(), {
      url: url("redirect/2"),
      curl: { FOLLOWLOCATION: 1 },
    });
    expect(headers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 302", "HTTP/1.1 302", "HTTP/1.1 200"]);
    expect(body.toString()).toBe("arrived");
    expect(infos.REDIRECT_COUNT).toBe(2);
  });

  it("of nothing has an outcome and no chunk", async () => {
    const result = await run(useTransfers(), { url: url("bytes/0") });
    expect(result).toMatchObject({ error: undefined, status: 200 });
    expect(result.body).toHaveLength(0);
  });

  it("with method, headers and options sends what it says", async () => {
    const { body } = await run(useTransfers(), {
      url: url("echo"),
      method: "DELETE",
      headers: ["X-One: 1", "Accept:"],
      curl: { USERAGENT: "curlew test" },
    });
    const told = JSON.parse(body.toString());
    expect(told).toMatchObject({ method: "DELETE", headers: { "x-one": "1", "user-agent": "curlew test" }, bytes: 0 });
    expect(told.headers.accept).toBeUndefined();
  });

  it("by HEAD has headers and no body", async () => {
    const { headers, body, error } = await run(useTransfers(), { url: url("bytes/1000"), method: "HEAD" });
    expect(error).toBeUndefined();
    expect(headers).toContain("Content-Length: 1000");
    expect(body).toHaveLength(0);
  });

  it("over HTTPS and HTTP/2 is verified against the authority, and refused without it", async () => {
    const transfers = useTransfers();
    const CAINFO = server.current.caFile;
    for (const [base, version] of [
      [server.current.https, 2],
      [server.current.http2, 3],
    ] as const) {
      const request = { url: `${base}/bytes/70000`, curl: { HTTP_VERSION: 4, CAINFO } };
      const good = await run(transfers, request);
      expect(good).toMatchObject({ error: undefined, status: 200, infos: { HTTP_VERSION: version } });
      expect(good.body.equals(contentOf("bytes", 70_000))).toBe(true);
      const bad = await run(useTransfers(), { url: request.url });
      expect(bad.error).toMatchObject({ code: "TRANSFER_FAILED", curlCode: 60 });
      const elsewhere = await run(useTransfers(), {
        url: `${base.replace("127.0.0.1", "example.test")}/bytes/1`,
        curl: { CAINFO, RESOLVE: [`example.test:${new URL(base).port}:127.0.0.1`] },
      });
      expect(elsewhere.error).toMatchObject({ curlCode: 60 });
    }
  });

  it("that fails has libcurl's code and words", async () => {
    const refused = await run(useTransfers(), { url: "http://127.0.0.1:1/" });
    expect(refused.error).toMatchObject({ code: "TRANSFER_FAILED", curlCode: 7 });
    expect(refused.error?.message).toMatch(/connect to 127\.0\.0\.1 port 1/);
    const cut = await run(useTransfers(), { url: url("reset/100000") });
    expect([18, 56]).toContain((cut.error as { curlCode?: number }).curlCode);
    expect(cut.body.length).toBeGreaterThan(0); // what came before is delivered
  });

  it("speaks http and https only, also across redirects, until the caller widens it", async () => {
    const transfers = useTransfers();
    expect((await run(transfers, { url: "file:///etc/hostname" })).error).toMatchObject({ curlCode: 1 });
    const widened = await run(transfers, { url: "file:///etc/hostname", curl: { PROTOCOLS_STR: "file" } });
    expect(widened.error).toBeUndefined();
    expect(widened.body.length).toBeGreaterThan(0);
  });

  it("with more header bytes than its limit fails, and says so", async () => {
    const transfers = useTransfers();
    const few = await run(transfers, { url: url("headers/20000"), headerLimitBytes: 10_000 });
    expect(few.error).toMatchObject({ code: "HEADERS_TOO_LARGE" });
    expect((await run(transfers, { url: url("headers/12000") })).error).toBeUndefined();
  });
});

describe("a rate limit", () => {
  it("is kept, and is not mistaken for a stall: nothing is watched while it waits (C17, C 11.8)", async () => {
    const started = performance.now();
    const { error, body } = await run(useTransfers(), {
      url: url("bytes/6000000"),
      curl: { MAX_RECV_SPEED_LARGE: 3_000_000, BUFFERSIZE: 16_384 },
    });
    const seconds = (performance.now() - started) / 1000;
    console.log(`6 000 000 bytes at 3 000 000 a second took ${seconds.toFixed(2)} s`);
    expect(error).toBeUndefined();
    expect(body).toHaveLength(6_000_000);
    expect(seconds).toBeGreaterThan(0.5); // 7.88.1 keeps it coarsely
  });
});

describe("sending", () => {
  const big = contentOf("upload", 3_000_000);

  it("bytes: whole, with their size, and again after a redirect", async () => {
    const { body } = await run(useTransfers(), { url: url("echo"), method: "POST", body: big });
    expect(JSON.parse(body.toString())).toMatchObject({
      method: "POST",
      bytes: big.length,
      sha256: sha256(big),
      headers: { "content-length": String(big.length) },
    });
    const empty = await run(useTransfers(), { url: url("echo"), body: new Uint8Array(0) });
    expect(JSON.parse(empty.body.toString())).toMatchObject({ method: "PUT", bytes: 0 });
  });

  it("a stream: as it comes, with or without a size, pausing when there is nothing", async () => {
    for (const sizeBytes of [undefined, big.length]) {
      let sent = 0;
      let drains = 0;
      const transfers = useTransfers();
      const stream = sizeBytes === undefined ? { stream: true as const } : { stream: true as const, sizeBytes };
      let send = (): void => {};
      const result = await run(
        transfers,
        { url: url("echo"), method: "PUT", body: stream },
        {
          started(transfer) {
            send = () => {
              while (sent < big.length) {
                const piece = Buffer.from(big.subarray(sent, sent + 100_000));
                sent += piece.length;
                const more = transfer.send(piece);
                piece.fill(0); // the bytes were copied
                if (!more) return;
              }
              transfer.endSending();
            };
          },
          drain() {
            drains++;
            setImmediate(send);
          },
        },
      );
      expect(JSON.parse(result.body.toString())).toMatchObject({ bytes: big.length, sha256: sha256(big) });
      expect(drains).toBeGreaterThan(1);
    }
  });

  it("a stream that is slow: every byte once, in order", async () => {
    const pieces = Array.from({ length: 30 }, (_, i) => Buffer.from(`piece ${i};`));
    const { body } = await run(
      useTransfers(),
      { url: url("echo"), body: { stream: true } },
      {
        async started(transfer) {
          for (const piece of pieces) {
            await turns(2);
            transfer.send(piece);
          }
          transfer.endSending();
        },
      },
    );
    const all = Buffer.concat(pieces);
    expect(JSON.parse(body.toString())).toMatchObject({ bytes: all.length, sha256: sha256(all) });
  });
});

describe("pausing", () => {
  it("holds back everything, also the outcome, and resuming brings every byte once, in order", async () => {
    for (const highWaterBytes of [1, 16_384, 524_288]) {
      const content = contentOf("bytes", 400_000);
      let pauses = 0;
      let paused = false;
      const { body, error } = await run(
        useTransfers(),
        { url: url("bytes/400000"), highWaterBytes },
        {
          started(transfer) {
            transfer.pause();
            setTimeout(() => transfer.resume(), 5);
            this.chunk = () => {
              expect(paused).toBe(false);
              if (++pauses > 20) return;
              paused = true;
              transfer.pause();
              transfer.pause(); // as often as one likes
              setImmediate(() => {
                paused = false;
                transfer.resume();
                transfer.resume();
              });
            };
          },
        },
      );
      expect(error).toBeUndefined();
      expect(body.equals(content)).toBe(true);
      expect(pauses).toBeGreaterThan(0);
    }
  });

  it("frees the transfer's place when it ends meanwhile; bytes, then outcome come with resume", async () => {
    const transfers = useTransfers();
    const order: string[] = [];
    const transfer = transfers.start(
      { url: url("bytes/5000") },
      { headers: () => order.push("headers"), chunk: () => order.push("chunk"), outcome: () => order.push("outcome") },
    );
    transfer.pause();
    await run(transfers, { url: url("delay/50") });
    await turns(20);
    expect(order).toEqual([]);
    transfer.resume();
    await until(() => order.includes("outcome"));
    expect(order).toEqual(["headers", "chunk", "outcome"]);
  });
});

describe("cancelling", () => {
  it("is silent from then on, in every phase, and harmless afterwards", async () => {
    const transfers = useTransfers();
    const heard: string[] = [];
    const sink = (name: string, at?: () => void) => ({
      headers: () => {
        heard.push(`${name} headers`);
        at?.();
      },
      chunk: () => heard.push(`${name} chunk`),
      outcome: () => heard.push(`${name} outcome`),
    });
    transfers.start({ url: url("bytes/10") }, sink("before")).cancel();
    const hanging = transfers.start({ url: url("hang") }, sink("hanging"));
    const inHeaders = transfers.start(
      { url: url("bytes/100000") },
      sink("in headers", () => inHeaders.cancel()),
    );
    await until(() => heard.length > 0);
    hanging.cancel();
    await run(transfers, { url: url("bytes/10") });
    await turns(20);
    expect(heard).toEqual(["in headers headers"]);
    for (const call of ["pause", "resume", "cancel", "endSending"] as const) hanging[call]();
    expect(hanging.send(new Uint8Array(5))).toBe(false);
  });
});

describe("requests that are wrong", () => {
  const wrong: [string, Partial<Record<keyof TransferRequest, unknown>>, string][] = [
    ["no URL", { url: undefined }, "WRONG_TYPE"],
    ["a URL object", { url: new URL("http://a/") }, "WRONG_TYPE"],
    ["a line break in the URL", { url: "http://a/\nb" }, "FORBIDDEN_CHARACTER"],
    ["NUL in the URL", { url: "http://a/\0" }, "FORBIDDEN_CHARACTER"],
    ["a URL over the limit", { url: `http://a/${"é".repeat(40_000)}` }, "URL_TOO_LONG"],
    ["a method of two words", { method: "GET /x" }, "FORBIDDEN_CHARACTER"],
    ["an empty method", { method: "" }, "FORBIDDEN_CHARACTER"],
    ["headers as an object", { headers: { a: "b" } }, "WRONG_TYPE"],
    ["a header with a line break", { headers: ["A: b\r\nC: d"] }, "FORBIDDEN_CHARACTER"],
    ["a header without a name", { headers: [": b"] }, "FORBIDDEN_CHARACTER"],
    ["a body that is a string", { body: "text" }, "WRONG_TYPE"],
    ["a stream of negative size", { body: { stream: true, sizeBytes: -2 } }, "OUT_OF_RANGE"],
    ["a high-water mark of 0", { highWaterBytes: 0 }, "OUT_OF_RANGE"],
    ["a header limit that is no number", { headerLimitBytes: "1" }, "OUT_OF_RANGE"],
    ["an unknown option", { curl: { NONSENSE: 1 } }, "UNKNOWN_OPTION"],
    ["an option of ours", { curl: { NOSIGNAL: 0 } }, "OPTION_IS_OURS"],
    ["another URL", { curl: { URL: "http://elsewhere/" } }, "OPTION_IS_OURS"],
    ["the callback that is ours", { curl: { WRITEFUNCTION: () => 0 } }, "OPTION_IS_OURS"],
    ["a HEAD with a body", { method: "HEAD", body: Buffer.from("x") }, "OUT_OF_RANGE"],
    ["a body's size twice", { body: Buffer.from("x"), curl: { INFILESIZE: 3 } }, "OPTION_IS_OURS"],
    ["headers in the body", { curl: { HEADER: 1 } }, "OPTION_IS_OURS"],
    ["an option of the wrong type", { curl: { TIMEOUT_MS: "1" } }, "WRONG_TYPE"],
  ];

  for (const [what, part, code] of wrong)
    it(`${what}: ${code}, at once, and nothing is lost`, async () => {
      const transfers = useTransfers();
      const start = () =>
        transfers.start({ url: url("bytes/5"), ...part } as TransferRequest, { outcome: () => expect.unreachable() });
      expect(start).toThrow(MisuseError);
      expect(start).toThrow(expect.objectContaining({ code }));
      expect((await run(transfers, { url: url("bytes/5") })).error).toBeUndefined();
    });

  it("a start after close: CLOSED", async () => {
    const transfers = useTransfers();
    const pending = run(transfers, { url: url("hang") });
    await Promise.all([transfers.close(), transfers.close()]);
    expect((await pending).error).toMatchObject({ code: "CLOSED" });
    expect(() => transfers.start({ url: url("bytes/5") }, { outcome() {} })).toThrow(
      expect.objectContaining({ code: "CLOSED" }),
    );
  });
});
