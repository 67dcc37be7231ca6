import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import type { TransferRequest } from "@curlew/core";
import { contentOf, type TestServer } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import type { Easy } from "../src/index.js";
import { eachTestWith, type HandLoop } from "./hand-loop.js";

let server: TestServer;
let loop: HandLoop;

eachTestWith((ownServer, ownLoop) => {
  server = ownServer;
  loop = ownLoop;
});

/** One transfer to its end, with a handle of the pool. Answers the handle, given back, and its body. */
async function transfer(
  path: string,
  more: Partial<TransferRequest> = {},
  sent?: Buffer,
): Promise<{ easy: Easy; body: Buffer }> {
  const easy = loop.multi.prepare({ url: server.http + path, redirects: 5, ...more });
  if (sent) for (const bytes of [sent, null]) loop.multi.send(easy, bytes);
  const chunks: Uint8Array[] = [];
  const ended = loop.done.length + 1;
  loop.multi.addHandle(easy);
  await loop.until(ended);
  expect(loop.done.at(-1)?.result).toBe(0);
  loop.multi.collect((_easy, kind, bytes) => kind === "body" && chunks.push(bytes));
  const body = Buffer.concat(chunks);
  loop.multi.release(easy, true);
  return { easy, body };
}

/**
 * Answers with what was sent, and how; at /early with 413, at once, to a body that it does not read; at /once nothing to the second
 * request of a connection, which it closes.
 */
async function startTaker() {
  const known = new WeakSet();
  const server = createHttpServer(async (request, response) => {
    const { url, socket } = request;
    if (url === "/once" && known.has(socket)) return socket.resetAndDestroy();
    known.add(socket);
    if (url === "/early") return response.writeHead(413, { Connection: "close" }).end("enough");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end(`${request.method} ${request.headers["content-length"]} ${Buffer.concat(chunks)}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

/** Answers one request of each connection, and closes it when there comes another. */
async function startFickle() {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
      socket.once("data", () => socket.destroy());
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connections: () => connections,
    stop() {
      loop.multi.cleanup(); // whose connection would keep it
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a handle that has served", () => {
  it("is not told of again by a multi that was cleaned up", async () => {
    const easy = loop.multi.prepare({ url: `${server.http}/bytes/5` });
    let told = 0;
    loop.multi.addHandle(easy);
    await loop.until(1);
    loop.multi.collect(() => told++);
    expect(told).toBe(2); // the head, the body
    loop.multi.cleanup();
    loop.multi.collect(() => told++);
    expect(told).toBe(2);
    easy.cleanup();
  });

  it("serves on and on where each kept connection turns out to be closed", async () => {
    const fickle = await startFickle();
    const { easy } = await transfer("/", { url: fickle.url });
    // Each but the first is sent a second time, on a new connection: libcurl's own count of that must begin anew (native/replay.h).
    for (let i = 0; i < 8; i++)
      expect(await transfer("/", { url: fickle.url })).toEqual({ easy, body: Buffer.from("hello") });
    expect(fickle.connections()).toBe(9);
    await fickle.stop();
  });

  it("serves the same and other URLs as it is, after a redirect as one that was set up anew", async () => {
    const { easy } = await transfer("/bytes/100");
    for (const path of ["/bytes/100", "/bytes/200", "/redirect/2", "/bytes/100", "/redirect/1", "/bytes/200"]) {
      const next = await transfer(path);
      expect(next.easy).toBe(easy);
      const [, size] = /^.bytes.(\d+)/.exec(path) ?? [];
      expect(next.body.equals(size ? contentOf("bytes", Number(size)) : Buffer.from("arrived"))).toBe(true);
    }
  });

  it("trusts a server unseen for those requests that ask for that, and for no other", async () => {
    const unseen = { SSL_VERIFYPEER: 0, SSL_VERIFYHOST: 0 };
    const handles = new Set<Easy>();
    const result = async (curl: TransferRequest["curl"]) => {
      const easy = loop.multi.prepare({ url: `${server.https}/bytes/5`, ...(curl && { curl }) });
      loop.multi.addHandle(easy);
      await loop.until(loop.done.length + 1);
      const code = loop.done.at(-1)?.result;
      loop.multi.release(easy, true);
      handles.add(easy);
      return code;
    };
    const trusted = { SSL_VERIFYPEER: 1, SSL_VERIFYHOST: 2 };
    for (let i = 0; i < 3; i++)
      expect([await result(unseen), await result(trusted), await result(unseen), await result(undefined)]).toEqual([
        0, 60, 0, 60,
      ]);
    expect(handles.size).toBe(3); // one for each kind of request, kept each time
  });

  it("sends the header lines of its own request, and nothing of one before", async () => {
    const none = (await transfer("/echo")).body.toString();
    const { easy } = await transfer("/bytes/1");
    const lists = [
      ["Authorization: Bearer secret", "Cookie: a=1", "X-A: 1"],
      ["Host: other", "User-Agent: me", "Accept: text/plain"],
      ["Range: bytes=0-3", "Referer: http://x/", "Accept-Encoding: gzip"],
      ["Accept:", "X-Empty;"],
    ];
    for (const headers of lists) {
      const sent = await transfer("/echo", { headers });
      expect(sent.easy).toBe(easy);
      const { headers: got } = JSON.parse(sent.body.toString());
      for (const line of headers.filter((one) => /: |;/.test(one))) {
        const [name = "", value = ""] = line.replace(";", "").split(": ");
        expect(got[name.toLowerCase()]).toBe(value);
      }
      const bare = await transfer("/echo");
      expect(bare.easy).toBe(easy);
      expect(bare.body.toString()).toBe(none);
    }
  });

  it.each(["PUT", "POST", "PATCH"])(
    "sends the streamed body of its own request, however long, by %s",
    async (method) => {
      const taker = await startTaker();
      const send = (path: string, sent: string) =>
        transfer(
          path,
          { url: taker.url + path, method, body: { stream: true, sizeBytes: sent.length } },
          Buffer.from(sent),
        );
      const { easy } = await send("/", "first");
      for (const sent of ["other", "a longer one", "", "x".repeat(200_000), "short"]) {
        const next = await send("/", sent);
        expect(next.easy).toBe(easy);
        expect(next.body.toString()).toBe(`${method} ${sent.length} ${sent}`);
        // What a server would not have is nothing to the next one, whichever handle that gets.
        const refused = await send("/early", "y".repeat(3_000_000));
        expect(refused.body.toString()).toBe("enough");
      }
      expect((await transfer("/bytes/1", { method: "GET" })).easy).not.toBe(easy);
      loop.multi.cleanup();
      await taker.stop();
    },
  );

  it("sends a stream again whose kept connection turns out to be closed", async () => {
    const taker = await startTaker();
    const put = (sent: string) => {
      const body = { stream: true, sizeBytes: sent.length } as const;
      return transfer("", { url: `${taker.url}/once`, method: "PUT", body }, Buffer.from(sent));
    };
    for (const sent of ["first", "second", "x".repeat(65_536), "", "last"])
      expect((await put(sent)).body.toString()).toBe(`PUT ${sent.length} ${sent}`);
    loop.multi.cleanup();
    await taker.stop();
  });

  it("tells nothing of its last transfer before the next one has begun, and then that one", async () => {
    const { easy } = await transfer("/bytes/100");
    const next = loop.multi.prepare({ url: `${server.http}/hang`, redirects: 5 });
    expect(next).toBe(easy);
    const known = () => [next.getinfo("RESPONSE_CODE"), next.getinfo("STARTTRANSFER_TIME_T")];
    expect(known()).toEqual([undefined, undefined]);
    loop.multi.addHandle(next);
    expect(known()).toEqual([undefined, undefined]);
    expect(loop.multi.bytesMoved()).toBe(0);
    loop.multi.socketAction(-1, 0);
    expect(known()).toEqual([0, 0]);
    loop.multi.removeHandle(next);
    loop.multi.release(next, false);
  });
});
