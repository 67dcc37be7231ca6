/** What goes over the wire, byte for byte: a server that answers with what the test says, and shows what it got. */
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { describe, expect, it, onTestFinished } from "vitest";
import { MisuseError } from "../src/index.js";
import { run, until, useDriver, useTransfers } from "./support.js";

/** A TCP server; `answer` is asked with all that has come so far on a connection, after each piece. */
async function useWire(answer: (got: string, socket: Socket) => void) {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const at = received.push("") - 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      received[at] += data.toString("latin1");
      answer(received[at] ?? "", socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received };
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const afterHead =
  (text: string) =>
  (got: string, socket: Socket): void => {
    if (got.includes("\r\n\r\n")) socket.end(text);
  };

describe("header lines", () => {
  it("after an empty body are trailers", async () => {
    const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n0\r\nX-T: 1\r\n\r\n";
    const { url } = await useWire(afterHead(answer));
    const { headers, trailers, body } = await run(useTransfers(), { url });
    expect(trailers).toMatch(/^X-T: 1\r\n/);
    expect(headers).toBe("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n");
    expect(body).toHaveLength(0);
  });

  it("of informational answers are blocks of their own", async () => {
    const early = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
    const { url } = await useWire(afterHead(early + OK));
    const { headers, trailers, body } = await run(useTransfers(), { url });
    expect(headers).toBe(`${early}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n`);
    expect([trailers, body.toString()]).toEqual(["", "ok"]);
  });

  it("of a proxy's answer to CONNECT are not the server's", async () => {
    const { url } = await useWire((got, socket) => {
      if (got.startsWith("CONNECT") && got.endsWith("\r\n\r\n"))
        socket.write(got.includes("GET") ? OK : "HTTP/1.1 200 Tunnel\r\nX-Proxy: 1\r\n\r\n");
    });
    const { headers, status } = await run(useTransfers(), {
      url: "http://example.test/",
      curl: { PROXY: url, HTTPPROXYTUNNEL: 1 },
    });
    expect(status).toBe(200);
    expect(headers).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
  });
});

describe("a body", () => {
  const untilSent = (bytes: string) => (got: string, socket: Socket) => {
    if (got.includes(bytes)) socket.write(OK);
  };
  const stream = (sizeBytes: number) => ({ stream: true, sizeBytes }) as const;

  it("that is longer than its promised size fails, and nothing of the rest is sent: no smuggled request", async () => {
    for (const pieces of [["0123GET /smuggled HTTP/1.1"], ["012", "XYZ"]]) {
      const { url, received } = await useWire(untilSent("012"));
      const { error } = await run(
        useTransfers(),
        { url, body: stream(3) },
        {
          started(transfer) {
            for (const piece of pieces) transfer.send(Buffer.from(piece));
            transfer.endSending();
          },
        },
      );
      expect(error).toMatchObject({ code: "BODY_SIZE_DIFFERS", message: expect.stringContaining("more bytes") });
      expect(received.join("")).not.toMatch(/smuggled|XYZ/);
    }
  });

  it("that is found to be longer when all is sent and answered fails all the same", async () => {
    let sendMore = (): void => {};
    const { url } = await useWire((got, socket) => {
      if (!got.endsWith("012")) return;
      sendMore();
      socket.write(OK);
    });
    const { error, body } = await run(
      useTransfers(),
      { url, body: stream(3) },
      {
        started(transfer) {
          transfer.send(Buffer.from("012"));
          sendMore = () => transfer.send(Buffer.from("X"));
        },
      },
    );
    expect(error).toMatchObject({ code: "BODY_SIZE_DIFFERS" });
    expect(body.toString()).toBe("ok");
  });

  it("that ends before its promised size fails, instead of waiting for ever", async () => {
    const { url } = await useWire(() => {});
    const { error } = await run(
      useTransfers(),
      { url, body: stream(30) },
      {
        started(transfer) {
          transfer.send(Buffer.from("012"));
          transfer.endSending();
        },
      },
    );
    expect(error).toMatchObject({ code: "BODY_SIZE_DIFFERS", message: expect.stringContaining("ended before") });
  });

  it("that libcurl asks for and is not there fails: stdin is not read", async () => {
    const { url } = await useWire(() => {});
    for (const curl of [{ UPLOAD: 1 }, { POST: 1 }]) {
      const { error } = await run(useTransfers(), { url, curl });
      expect(error).toMatchObject({ code: "NO_BODY", curlCode: 42 });
    }
  });

  it("is not held back for a second by servers that do not know Expect (before 8.0)", async () => {
    const { url, received } = await useWire(untilSent("hello"));
    const transfers = useTransfers();
    await run(transfers, { url, method: "POST", body: Buffer.from("hello") });
    expect(received.join("")).not.toMatch(/^expect:/im);
    await run(transfers, { url, body: Buffer.from("hello"), headers: ["Expect: 100-continue"] });
    expect(received.join("")).toMatch(/^expect: 100-continue/im);
  });

  it("after its end is refused", async () => {
    const { url } = await useWire(untilSent("0\r\n\r\n"));
    await run(
      useTransfers(),
      { url, body: { stream: true } },
      {
        started(transfer) {
          transfer.endSending();
          transfer.endSending();
          expect(() => transfer.send(Buffer.from("more"))).toThrow(MisuseError);
        },
      },
    );
  });
});

describe("nothing gets into a line that does not belong there", () => {
  const tries: [string, unknown][] = [
    ["ENCODING", "gzip\r\nX-Injected: 1"],
    ["RTSPHEADER", ["X: a\r\nX-Injected: 1"]],
    ["RTSPHEADER", ["no colon"]],
    ["USERPWD", "a\r\nX-Injected: 1:pw"],
    ["USERNAME", "a\nb"],
    ["HAPROXY_CLIENT_IP", "1.1.1.1\r\nX: 1"],
  ];
  for (const [option, value] of tries)
    it(`${option}: ${JSON.stringify(value)}`, async (context) => {
      const transfers = useTransfers();
      try {
        transfers.start({ url: "http://127.0.0.1:1/", curl: { [option]: value } }, { outcome() {} }).cancel();
        expect.unreachable();
      } catch (error) {
        const { code } = error as { code: string };
        if (code === "NOT_IN_THIS_LIBCURL") context.skip(`this libcurl has no ${option}`);
        expect(code).toBe("FORBIDDEN_CHARACTER");
      }
    });

  it("not by an array that answers differently the second time", async () => {
    const { url, received } = await useWire(afterHead(OK));
    let asked = 0;
    const headers = ["X: 1"];
    Object.defineProperty(headers, 0, {
      get: () => (asked++ === 0 ? "X: 1" : "X: 1\r\nX-Injected: 1"),
      enumerable: true,
    });
    await run(useTransfers(), { url, headers });
    expect(received[0]).toContain("X: 1\r\n");
    expect(received[0]).not.toContain("Injected");
  });
});

describe("file:", () => {
  it("larger than the high-water mark comes whole, when the caller allows the scheme", async () => {
    const directory = await mkdtemp(join(tmpdir(), "curlew-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const content = Buffer.alloc(3_000_000, "file");
    writeFileSync(join(directory, "f"), content);
    const transfers = useTransfers();
    const curl = { PROTOCOLS_STR: "file" };
    const { error, body } = await run(transfers, { url: `file://${directory}/f`, curl, highWaterBytes: 65_536 });
    expect(error).toBeUndefined();
    expect(body.equals(content)).toBe(true);
  });
});

describe("a failure while a transfer goes on after a pause (C 11.3)", () => {
  it("is its outcome: more header bytes than allowed, found in the unpause", async () => {
    const filler = `X-F: ${"x".repeat(900)}\r\n`.repeat(8);
    const parts = ["4000\r\n", "b".repeat(0x4000), "\r\n0\r\n", filler, "\r\n"];
    const { url } = await useWire((got, socket) => {
      if (got.endsWith("\r\n\r\n"))
        socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${parts.join("")}`);
    });
    let errors = 0;
    const transfers = useTransfers();
    const transfer = transfers.start(
      { url, highWaterBytes: 1, headerLimitBytes: 4000 },
      {
        outcome({ error }) {
          expect(error).toMatchObject({ code: "HEADERS_TOO_LARGE" });
          errors++;
        },
      },
    );
    transfer.pause();
    setTimeout(() => transfer.resume(), 30);
    await until(() => errors > 0);
  });
});

describe("a handle with a streamed body that is used again", () => {
  it("sends a new one: after a whole one, one that was too long, and one that waited for bytes when it was removed", async () => {
    const { url, received } = await useWire((got, socket) => {
      if (got.endsWith("hello")) socket.write(OK);
    });
    const multi = new Multi(loadLibcurl());
    const driver = useDriver({ multi });
    const easy = multi.prepare({ url, body: { stream: true, sizeBytes: 5 } });
    const send = async (...pieces: string[]): Promise<string> =>
      new Promise((resolve) => {
        driver.add(easy, { outcome: ({ error }) => resolve(error?.code ?? "ok") });
        for (const piece of pieces) multi.send(easy, Buffer.from(piece));
        multi.send(easy, null);
        driver.proceed(easy);
      });
    expect(await send("hello")).toBe("ok");
    expect(await send("hello and more")).toBe("BODY_SIZE_DIFFERS");
    driver.add(easy, { outcome: () => expect.unreachable() });
    await until(() => easy.paused);
    driver.remove(easy);
    expect(await send("he", "llo")).toBe("ok");
    expect(received.join("")).not.toContain("more");
    driver.command(easy, () => easy.cleanup());
  });
});
