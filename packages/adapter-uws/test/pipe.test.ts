/** Answers of a real server through a real uWS app, to real clients. */
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { ClientRequestOptions } from "@curlew/core";
import { contentOf } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { type Piped, type PipeOptions, pipeToResponse } from "../src/index.js";
import { behind, raw, serve, until, useClient, useServer, useUws } from "./support.js";

useUws();
const upstream = useServer();

/** A uWS app that pipes what is asked from there; and how each ended. */
async function proxyTo(origin: string, options: ClientRequestOptions = {}, pipe: PipeOptions = {}) {
  const client = useClient();
  const ends: Piped[] = [];
  const url = await serve((res, req) => {
    const method = req.getCaseSensitiveMethod();
    const transfer = client.request(`${origin}${req.getUrl()}`, { method, redirect: "manual", ...options });
    void pipeToResponse(transfer, res, pipe).then((end) => ends.push(end));
  });
  return { url, client, ends };
}

/** Both go on only when they are let: by `resume`. */
async function unread(url: string): Promise<IncomingMessage> {
  const asked = request(url, { agent: false }).end();
  asked.on("error", () => {});
  return new Promise((resolve) => asked.on("response", (response) => resolve(response.pause())));
}

describe("a body", () => {
  it("of a known size keeps it", async () => {
    const { url, ends } = await proxyTo(upstream.current.http);
    for (const size of [0, 1, 5000, 100_000, 3_000_000]) {
      const answer = await fetch(`${url}/bytes/${size}`);
      expect([answer.status, answer.headers.get("content-length")]).toEqual([200, String(size)]);
      expect(Buffer.from(await answer.arrayBuffer()).equals(contentOf("bytes", size))).toBe(true);
      await until(() => ends.length > 0);
      expect(ends.pop()).toEqual({ how: "done", status: 200, sentBytes: size, error: undefined });
    }
  });

  it("of an unknown size comes in chunks", async () => {
    const { url } = await proxyTo(upstream.current.http);
    for (const size of [0, 1, 16_384, 3_000_000]) {
      const answer = await fetch(`${url}/chunked/${size}`);
      expect(answer.headers.get("trailer")).toBe(null); // which uWS cannot send
      expect(Buffer.from(await answer.arrayBuffer()).equals(contentOf("bytes", size))).toBe(true);
    }
  });

  it.each(["length", "chunks"])("waits for a slow reader, and its server with it: a %s", async (framing) => {
    const content = contentOf("bytes", 50_000_000);
    let sent = 0;
    const origin = await behind((_request, response) => {
      if (framing === "length") response.setHeader("Content-Length", content.length);
      const pieces = function* () {
        for (; sent < content.length; sent += 50_000) yield content.subarray(sent, sent + 50_000);
      };
      Readable.from(pieces()).pipe(response);
    });
    const { url, client, ends } = await proxyTo(origin);
    const response = await unread(url);
    // Nothing is read: what fits into buffers is sent, and no more.
    for (let before = -1; sent !== before; ) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    console.log(`${framing}: ${sent} of ${content.length} bytes left the server while nobody read`);
    expect(sent).toBeLessThan(content.length / 2);
    expect([client.size.running, ends.length]).toEqual([1, 0]);
    let at = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (!content.subarray(at, at + chunk.length).equals(chunk)) throw new Error(`wrong at ${at}`);
      at += chunk.length;
    }
    expect(at).toBe(content.length);
    await until(() => ends.length > 0);
    expect(ends[0]).toMatchObject({ how: "done", sentBytes: content.length });
  });

  it("is not there for HEAD, 204 and 304, and the connection goes on", async () => {
    const origin = await behind(({ url }, response) => {
      response.statusCode = Number(url?.slice(1)) || 200;
      if (url === "/") response.setHeader("Content-Length", 12);
      response.end(url === "/" ? "hello, world" : undefined);
    });
    const { url, ends } = await proxyTo(origin);
    const asked = ["HEAD /", "GET /204", "GET /304", "HEAD /200", "HEAD /404", "GET /"];
    const connection = await raw(url, "");
    for (const [i, one] of asked.entries()) {
      connection.socket.write(`${one} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await until(() => ends.length > i && connection.text.split("\r\n\r\n").length > i + 1);
    }
    await until(() => connection.text.endsWith("hello, world"));
    const answers = connection.text.split(/(?=HTTP\/1\.1)/);
    expect(answers.map((answer) => Number(answer.split(" ")[1]))).toEqual([200, 204, 304, 200, 404, 200]);
    const length = (answer?: string) => /^content-length: (\d+)/im.exec(answer ?? "")?.[1];
    expect(answers.map(length)).toEqual(["12", undefined, undefined, undefined, undefined, "12"]);
    expect(connection.text).not.toMatch(/^transfer-encoding/im);
  });
});

describe("header fields", () => {
  it("are those for the other end: hop-by-hop ones and what Connection lists stay behind", async () => {
    const origin = await behind(async ({ socket }) => {
      const fields = ["Connection: close, X-One", "X-One: 1", "Keep-Alive: timeout=5", "Proxy-Authenticate: Basic"];
      const kept = [
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "X-Latin: \xe9",
        "X-Utf: \xc3\xa9",
        'ETag: "1"',
        "Upgrade: h2c",
      ];
      const rogue = ["Transfer-Encoding : chunked", "X-Cr: a\rInjected: b"];
      const head = ["HTTP/1.1 299 Very Fine", ...fields, ...kept, ...rogue, "Date: x", "Content-Length: 2"];
      socket.end(Buffer.from(`${head.join("\r\n")}\r\n\r\nok`, "latin1"));
    });
    const { url } = await proxyTo(origin);
    const connection = await raw(url, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => connection.text.endsWith("ok"));
    const lines = connection.text.split("\r\n").filter((line) => !/^(Date|uWebSockets):/.test(line));
    expect(lines).toEqual([
      "HTTP/1.1 299 Very Fine",
      "Set-Cookie: a=1",
      "Set-Cookie: b=2",
      "X-Latin: \xe9",
      "X-Utf: \xc3\xa9",
      'ETag: "1"',
      "X-Cr: a Injected: b",
      "Content-Length: 2",
      "",
      "ok",
    ]);
    expect(connection.text.match(/^Date:/gm)).toHaveLength(1);
  });

  it("say of an encoding what is true: of a body that was decoded nothing, of one that was not all", async () => {
    const text = "curlew ".repeat(10_000);
    const zipped = gzipSync(text);
    const origin = await behind((_request, response) => {
      response.setHeader("Content-Encoding", "gzip").setHeader("Content-Length", zipped.length).end(zipped);
    });
    const cases: [ClientRequestOptions, boolean][] = [
      [{}, true],
      [{ decompress: false }, false],
      [{ decompress: false, curl: { ACCEPT_ENCODING: "gzip" } }, true],
      [{ curl: { HTTP_CONTENT_DECODING: 0 } }, false],
    ];
    for (const [options, decoded] of cases) {
      const { url } = await proxyTo(origin, options);
      const connection = await raw(url, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      await until(() => connection.closed);
      expect(/^content-encoding: gzip/im.test(connection.text)).toBe(!decoded);
      expect(/^content-length: (\d+)/im.exec(connection.text)?.[1]).toBe(decoded ? undefined : String(zipped.length));
      expect(await (await fetch(url)).text()).toBe(text);
    }
  });

  it("are changed by options.headers", async () => {
    const { url } = await proxyTo(
      upstream.current.http,
      {},
      { headers: (fields, { status }) => [...fields, ["X-Status", String(status)], ["X-Euro", "\u20ac"]] },
    );
    const answer = await fetch(`${url}/status/404`);
    expect([answer.status, answer.headers.get("x-status"), await answer.text()]).toEqual([404, "404", "status 404"]);
    expect(Buffer.from(answer.headers.get("x-euro") ?? "", "latin1").toString()).toBe("\u20ac");
  });
});

describe("a client that leaves", () => {
  it.each(["hang", "bytes/50000000", "chunked/50000000"])("ends the transfer at once: /%s", async (path) => {
    const { url, client, ends } = await proxyTo(upstream.current.http);
    const leaver = await raw(url, `GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    if (path === "hang") await until(() => client.size.running === 1);
    else await until(() => leaver.text.length > 100_000);
    leaver.socket.pause().destroy();
    await until(() => ends.length > 0);
    expect(client.size).toEqual({ running: 0, queued: 0 });
    expect(ends[0]).toMatchObject({ how: "aborted", error: { code: "RESPONSE_ABORTED" } });
    expect(ends[0]?.status).toBe(path === "hang" ? 0 : 200);
  });
});
