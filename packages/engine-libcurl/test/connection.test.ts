/** Connections in their user's hands, WebSocket, headers as libcurl parsed them, and copies. */
import { createHash } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { descriptors, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  CURLH_HEADER,
  CURLH_TRAILER,
  CURLWS_BINARY,
  CURLWS_CLOSE,
  CURLWS_TEXT,
  type Easy,
  type EasyOptionName,
} from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

let loop: HandLoop;
beforeEach(() => {
  loop = new HandLoop();
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

/** Connects and stays added: the message is read, and the connection is the caller's. */
async function connect(url: string, how: number): Promise<Easy> {
  const easy = loop.easy(url);
  easy.setopt("CONNECT_ONLY", how);
  loop.multi.addHandle(easy);
  let result = -1;
  while (result < 0) {
    for (const fd of [...loop.wanted.keys()]) if (descriptors.poll(fd, 5) > 0) loop.multi.socketAction(fd, 0);
    loop.multi.socketAction(-1, 0);
    result = loop.multi.infoRead()?.result ?? -1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(result).toBe(0);
  return easy;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("CONNECT_ONLY", () => {
  it("gives a socket to wait on, and bytes by send and recv", async () => {
    const port = await listen(createServer((socket) => socket.pipe(socket)));
    const easy = await connect(`http://127.0.0.1:${port}/`, 1);
    const fd = easy.getinfo("ACTIVESOCKET");
    expect(fd).toBeGreaterThan(2);
    const room = new Uint8Array(100);
    expect(easy.recv(room)).toBeUndefined(); // nothing yet
    expect(easy.send(Buffer.from("hello"))).toBe(5);
    while (descriptors.poll(fd, 1) === 0) await turn();
    expect(easy.recv(room)).toBe(5);
    expect(Buffer.from(room.subarray(0, 5)).toString()).toBe("hello");
    loop.multi.removeHandle(easy);
    easy.cleanup();
  });

  it("answers undefined when nothing can be sent, and 0 at the end", async () => {
    let peer: { destroy(): void; resume(): void } | undefined;
    const port = await listen(
      createServer((socket) => {
        peer = socket.pause().on("error", () => {});
      }),
    );
    const easy = await connect(`http://127.0.0.1:${port}/`, 1);
    const block = new Uint8Array(1_000_000);
    while (easy.send(block) !== undefined);
    while (!peer) await turn();
    expect(easy.send(block)).toBeUndefined();
    loop.multi.removeHandle(easy);
    easy.cleanup();
    peer.destroy();

    const closing = await listen(createServer((socket) => socket.end()));
    const other = await connect(`http://127.0.0.1:${closing}/`, 1);
    const fd = other.getinfo("ACTIVESOCKET");
    while (descriptors.poll(fd, 1) === 0) await turn();
    expect(other.recv(block)).toBe(0);
    loop.multi.removeHandle(other);
    other.cleanup();
  });

  it("refuses what has no connection, what are no bytes, and a handle that is closed", () => {
    const easy = loop.easy("http://127.0.0.1/");
    expect(() => easy.send(new Uint8Array(1))).toThrow(expect.objectContaining({ code: "TRANSFER_FAILED" }));
    expect(() => easy.recv(new Uint8Array(1))).toThrow(expect.objectContaining({ code: "TRANSFER_FAILED" }));
    expect(() => easy.send("text" as never)).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
    easy.upkeep();
    easy.cleanup();
    for (const call of [() => easy.upkeep(), () => easy.recv(new Uint8Array(1)), () => easy.duphandle()])
      expect(call).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
  });
});

/** Takes the upgrade, and sends back what comes, masks and all: unmasked by us for one small frame at a time. */
function echoWebSocket() {
  const server = createHttpServer();
  server.on("upgrade", (request, socket) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    const head = [
      "HTTP/1.1 101 Switching",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${accept}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    socket
      .on("error", () => {})
      .on("data", (frame: Buffer) => {
        if (((frame[0] ?? 0) & 15) === 8) return socket.end();
        const size = (frame[1] ?? 0) & 127;
        const mask = frame.subarray(2, 6);
        const bytes = frame.subarray(6, 6 + size).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
        socket.write(Buffer.concat([Buffer.of(frame[0] ?? 0, size), bytes]));
      });
  });
  return server;
}

describe("WebSocket", () => {
  it("sends and receives frames, where the library has it", async () => {
    const { library } = loop.multi;
    if (!library.info.protocols.includes("ws")) {
      const easy = loop.easy("http://127.0.0.1/");
      for (const call of [() => easy.wsSend("a", CURLWS_TEXT), () => easy.wsRecv(new Uint8Array(1))])
        expect(call).toThrow(expect.objectContaining({ code: "NOT_IN_THIS_LIBCURL" }));
      expect(easy.wsMeta()).toBeUndefined();
      easy.cleanup();
      return;
    }
    const port = await listen(echoWebSocket());
    const easy = await connect(`ws://127.0.0.1:${port}/`, 2);
    const room = new Uint8Array(100);
    for (const [content, flags] of [
      ["hello", CURLWS_TEXT],
      [Buffer.from([1, 2, 3]), CURLWS_BINARY],
    ] as const) {
      expect(easy.wsSend(content, flags)).toBe(content.length);
      let got = easy.wsRecv(room);
      while (!got) {
        await turn();
        got = easy.wsRecv(room);
      }
      expect(got).toEqual({ bytes: content.length, flags, offset: 0, bytesLeft: 0 });
      expect(Buffer.from(room.subarray(0, got.bytes))).toEqual(Buffer.from(content));
    }
    expect(() => easy.wsSend("a", 999)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    expect(() => easy.wsSend("a", 0)).toThrow("no flags");
    expect(easy.wsSend("", CURLWS_CLOSE)).toBe(0);
    const ended = (): unknown => {
      try {
        return easy.wsRecv(room) && undefined;
      } catch (error) {
        return error;
      }
    };
    let end = ended();
    for (; end === undefined; end = ended()) await turn();
    expect(end).toMatchObject({ curlCode: 52, message: expect.not.stringContaining("flags") }); // what was said before
    loop.multi.removeHandle(easy);
    easy.cleanup();
  });

  it("tells a WRITEFUNCTION the frame of its bytes, and lets it answer", async (context) => {
    if (!loop.multi.library.info.protocols.includes("ws")) return context.skip("this libcurl has no WebSocket");
    const port = await listen(echoWebSocket());
    const easy = loop.easy(`ws://127.0.0.1:${port}/`);
    const told: unknown[] = [];
    easy.setopt("HEADERFUNCTION", (line) => {
      if (line.length === 2) started = true;
    });
    let started = false;
    easy.setopt("WRITEFUNCTION", (bytes) => {
      told.push(Buffer.from(bytes).toString(), easy.wsMeta()?.flags);
      if (told.length === 2) easy.wsSend("again", CURLWS_TEXT);
      expect(() => easy.wsRecv(new Uint8Array(1))).toThrow(expect.objectContaining({ code: "RECURSIVE_CALL" }));
    });
    loop.multi.addHandle(easy);
    await loop.while(() => !started);
    easy.wsSend("first", CURLWS_TEXT);
    await loop.while(() => told.length < 4);
    expect(told).toEqual(["first", CURLWS_TEXT, "again", CURLWS_TEXT]);
    expect(easy.wsMeta()).toBeUndefined();
    loop.multi.removeHandle(easy);
    easy.cleanup();
  });

  it("on a connection that is none is an error, and no crash", async (context) => {
    if (!loop.multi.library.info.protocols.includes("ws")) return context.skip("this libcurl has no WebSocket");
    const port = await listen(createServer((socket) => socket.pipe(socket)));
    const easy = await connect(`http://127.0.0.1:${port}/`, 1);
    expect(() => easy.wsSend("a", CURLWS_TEXT)).toThrow(expect.objectContaining({ code: "TRANSFER_FAILED" }));
    expect(() => easy.wsRecv(new Uint8Array(1))).toThrow(expect.objectContaining({ code: "TRANSFER_FAILED" }));
    loop.multi.removeHandle(easy);
    easy.cleanup();
  });
});

describe("headers and copies", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  it("header and headers tell them as libcurl parsed them, by origin and request", async () => {
    const easy = loop.easy(`${server.http}/chunked/100`);
    expect(easy.header("Date")).toBeUndefined();
    loop.multi.addHandle(easy);
    await loop.until(1);
    expect(easy.header("TRAILER")).toEqual({
      name: "Trailer",
      value: "X-Checksum",
      amount: 1,
      index: 0,
      origin: CURLH_HEADER,
    });
    expect(easy.header("X-Checksum")).toBeUndefined();
    expect(easy.header("X-Checksum", 0, CURLH_TRAILER)?.value).toMatch(/^[0-9a-f]{64}$/);
    expect(easy.header("Trailer", 7)).toBeUndefined();
    expect(easy.header("Trailer", 0, CURLH_HEADER, 9)).toBeUndefined();
    expect(easy.headers().map(({ name }) => name)).toEqual(expect.arrayContaining(["Trailer", "Date"]));
    expect(easy.headers(CURLH_TRAILER).map(({ name }) => name)).toEqual(["X-Checksum"]);
    for (const call of [
      () => easy.header("a", -1),
      () => easy.headers(0),
      () => easy.headers(64),
      () => easy.headers(1, -2),
    ])
      expect(call).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    easy.cleanup();
  });

  it("duphandle copies options, lists and callbacks, and each handle is its own", async () => {
    const easy = loop.easy(`${server.http}/echo`);
    const values: [EasyOptionName, unknown][] = [
      ["HTTPHEADER", ["X-One: 1", "Expect:"]],
      ["POSTFIELDS", "from the original"],
      ["USERAGENT", "me"],
    ];
    for (const [option, value] of values) easy.setopt(option, value as never);
    const body: Uint8Array[] = [];
    easy.setopt("WRITEFUNCTION", (bytes) => void body.push(bytes));
    const copy = easy.duphandle();
    easy.setopt("HTTPHEADER", ["X-One: changed"]);
    easy.setopt("POSTFIELDS", "changed");
    easy.cleanup();
    loop.multi.addHandle(copy);
    await loop.until(1);
    const told = JSON.parse(Buffer.concat(body).toString());
    expect(told).toMatchObject({ method: "POST", bytes: 17, headers: { "x-one": "1", "user-agent": "me" } });
    copy.cleanup();
  });

  it("the handle of a transfer cannot be copied: it has the engine's sink", () => {
    const easy = loop.multi.prepare({ url: server.http });
    expect(() => easy.duphandle()).toThrow(expect.objectContaining({ code: "HANDLE_IN_USE" }));
    easy.cleanup();
  });
});
