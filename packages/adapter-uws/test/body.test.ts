/** Request bodies of real clients of a real uWS app, as what a transfer sends. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { contentOf, sha256 } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { bodyOf, type Piped, pipeToResponse } from "../src/index.js";
import { behind, raw, serve, until, useClient, useServer, useUws } from "./support.js";

useUws();
const upstream = useServer();

/** A uWS app that sends on what it is sent; and how each answer ended. */
async function proxyTo(url: string) {
  const client = useClient();
  const ends: Piped[] = [];
  const front = await serve((res, req) => {
    const length = req.getHeader("content-length");
    const transfer = client.request(url, {
      method: "PUT",
      body: bodyOf(res),
      bodySizeBytes: length === "" ? undefined : Number(length),
      redirect: "manual",
    });
    void pipeToResponse(transfer, res).then((end) => ends.push(end));
  });
  return { url: front, client, ends };
}

async function put(url: string, body: Buffer, chunked: boolean): Promise<string> {
  const headers = chunked ? { "Transfer-Encoding": "chunked" } : { "Content-Length": body.length };
  const asked = request(url, { method: "PUT", agent: false, headers });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return text(response);
}

describe("bodyOf", () => {
  it.each([false, true])("is what the client sent, chunked %s", async (chunked) => {
    const { url } = await proxyTo(`${upstream.current.http}/echo`);
    for (const size of [0, 1, 100, 70_000, 5_000_000]) {
      const body = contentOf("bytes", size);
      const told = JSON.parse(await put(url, body, chunked));
      expect(told).toMatchObject({ method: "PUT", bytes: size, sha256: sha256(body) });
      expect(told.headers["content-length"]).toBe(chunked ? undefined : String(size));
    }
  });

  it("can be read by anybody, chunks stay what they are", async () => {
    const bodies: Buffer[] = [];
    const url = await serve(async (res) => {
      res.onAborted(() => {});
      const chunks: Uint8Array[] = [];
      for await (const chunk of bodyOf(res)) chunks.push(chunk);
      bodies.push(Buffer.concat(chunks));
      res.cork(() => res.end("thanks"));
    });
    const content = contentOf("bytes", 3_000_000);
    expect(await put(url, content, false)).toBe("thanks");
    expect(bodies[0]?.equals(content)).toBe(true);
  });

  it("makes the client wait while nobody reads", async () => {
    const length = 50_000_000;
    let goOn: () => void = () => {};
    let arrived = 0;
    const url = await serve(async (res) => {
      const body = bodyOf(res);
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      for await (const chunk of body) arrived += chunk.length;
      res.cork(() => res.end("thanks"));
    });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`);
    const piece = contentOf("bytes", 50_000);
    let sent = 0;
    const send = (): void => {
      while (sent < length) {
        sent += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    socket.on("drain", send);
    send();
    for (let before = -1; sent !== before; ) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    console.log(`${sent} of ${length} bytes left the client while nobody read`);
    expect(sent).toBeLessThan(length / 2);
    goOn();
    await once(socket, "data");
    expect(arrived).toBe(length);
    socket.destroy();
  });

  it("that is sent elsewhere is not taken for whole when the response ends before it", async () => {
    let stored: string | undefined;
    const store = await behind((incoming, response) => {
      const told = (how: string) => () => {
        stored ??= how;
      };
      incoming
        .resume()
        .on("aborted", told("cut"))
        .on("end", told("whole"))
        .on("end", () => response.end());
    });
    const client = useClient();
    const errors: unknown[] = [];
    const url = await serve((res) => {
      const upload = client.request(store, { method: "PUT", body: bodyOf(res) });
      upload.text().catch((error) => errors.push(error));
      void pipeToResponse(client.request(`${upstream.current.http}/bytes/10`), res);
    });
    const sender = await raw(url, `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${"x".repeat(100_000)}`);
    await until(() => stored !== undefined);
    expect(stored).toBe("cut");
    expect(errors).toMatchObject([{ code: "BODY_FAILED", cause: { code: "RESPONSE_ABORTED" } }]);
    sender.socket.destroy();
  });

  it("fails the transfer when the client leaves, whether something moves or not", async () => {
    let aborted = 0;
    const origin = await behind((incoming) => {
      incoming.resume().on("close", () => aborted++);
    });
    for (const sent of ["", "x".repeat(300_000)]) {
      const { url, client, ends } = await proxyTo(origin);
      const leaver = await raw(url, `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${sent}`);
      await until(() => client.size.running === 1);
      leaver.socket.destroy();
      await until(() => ends.length > 0);
      expect(ends[0]).toMatchObject({ how: "aborted", status: 0, error: { code: "RESPONSE_ABORTED" } });
      expect(client.size).toEqual({ running: 0, queued: 0 });
    }
    await until(() => aborted >= 1);
  });

  it.each([413, 502])("is dropped when nobody wants the rest: %i, and the connection goes on", async (status) => {
    const refusing = await behind((_request, response) => void response.writeHead(status).end("no"));
    const { url } = await proxyTo(status === 502 ? "http://127.0.0.1:1/" : refusing);
    const length = 3_000_000;
    const head = `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
    const connection = await raw(url, head);
    for (let i = 1; i <= 2; i++) {
      connection.socket.write(Buffer.alloc(length));
      await until(() => (connection.text.match(/HTTP\/1\.1 /g) ?? []).length === i || connection.closed);
      expect(connection).toMatchObject({ closed: false, text: expect.stringContaining(`HTTP/1.1 ${status}`) });
      if (i === 1) connection.socket.write(head);
    }
  });

  /** What is sent comes back as it comes. */
  const echo = () => behind((incoming, response) => void incoming.pipe(response));
  const content = contentOf("bytes", 40_000_000);

  it("goes on while the answer has begun: an echo of 40 MB", async () => {
    const { url, ends } = await proxyTo(await echo());
    const asked = request(url, { method: "PUT", agent: false });
    asked.end(content);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    let at = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (!content.subarray(at, at + chunk.length).equals(chunk)) throw new Error(`wrong at ${at}`);
      at += chunk.length;
    }
    expect(at).toBe(content.length);
    await until(() => ends.length > 0);
    expect(ends[0]?.how).toBe("done");
  });

  it("of a client that sends and does not read is no place to keep it: the connection is closed", async () => {
    const { url, client, ends } = await proxyTo(await echo());
    const asked = request(url, { method: "PUT", agent: false });
    asked.on("error", () => {});
    asked.on("response", (response) => response.on("error", () => {}).pause());
    asked.end(content);
    await until(() => ends.length > 0);
    expect(ends[0]).toMatchObject({ how: "aborted", error: { code: "RESPONSE_ABORTED" } });
    expect(client.size.running).toBe(0);
  });
});

it("transfers beside a uWS app, on the same loop: 2000 of both, 50 at once, all whole", async () => {
  const client = useClient();
  const url = await serve((res) => {
    res.onAborted(() => {});
    setImmediate(() => res.cork(() => res.end("hello")));
  });
  let left = 2000;
  const wrong: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const asked = left % 2 ? { url, body: "hello" } : { url: `${upstream.current.http}/bytes/2000`, body: content };
      const body = await client.request(asked.url).text();
      if (body !== asked.body) wrong.push([left, body.length]);
    }
  };
  const content = new TextDecoder().decode(contentOf("bytes", 2000));
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: 50 }, worker));
  console.log(`2000 transfers beside their uWS server: ${(performance.now() - startedMs).toFixed(0)} ms`);
  expect(wrong).toEqual([]);
});
