/** Bodies that are wanted in one piece: they come in one, whatever happens on the way. */
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { Client, ClientTransfer, Transfer, TransferRequest } from "@curlew/core";
import { contentOf, sha256 } from "@curlew/testkit";
import { raw } from "@curlew/testkit/in-tests";
import { describe, expect, it } from "vitest";
import { turns, until, useClient, useServer, useTransfers } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;
const MIB = 2 ** 20;

/** What a sink is told. `begun` gets the transfer before anything is. */
class Told {
  readonly events: string[] = [];
  readonly chunks: Uint8Array[] = [];
  over = false;
  error: { code?: string } | undefined;
  readonly transfer: Transfer;

  constructor(request: TransferRequest, begun: (transfer: Transfer) => void = () => {}, transfers = useTransfers()) {
    this.transfer = transfers.start(request, {
      headers: () => void this.events.push("headers"),
      trailers: () => void this.events.push("trailers"),
      chunk: (bytes) => {
        this.events.push("chunk");
        this.chunks.push(bytes);
      },
      outcome: ({ error }) => {
        this.over = true;
        this.error = error;
      },
    });
    begun(this.transfer);
  }

  get sizes(): number[] {
    return this.chunks.map((chunk) => chunk.length);
  }

  get sha256(): string {
    return sha256(Buffer.concat(this.chunks));
  }
}

const whole =
  (mostBytes = 16 * MIB) =>
  (transfer: Transfer): void =>
    transfer.receiveWhole?.(mostBytes);

describe.each(["http", "https"] as const)("over %s, a body of 3 MiB", (protocol) => {
  const of3MiB = () => ({
    url: `${server.current[protocol]}/bytes/${3 * MIB}`,
    curl: protocol === "https" ? { CAINFO: server.current.caFile } : {},
  });

  it("comes in one chunk, and in many when nobody wants it whole", async () => {
    const one = new Told(of3MiB(), whole());
    const many = new Told(of3MiB());
    await until(() => one.over && many.over);
    expect(one.sizes).toEqual([3 * MIB]);
    expect(many.sizes.length).toBeGreaterThan(1);
    expect([one.sha256, many.sha256]).toEqual(Array(2).fill(sha256(contentOf("bytes", 3 * MIB))));
  });

  it("that has more than is wanted in one piece comes in pieces of at least that", async () => {
    const told = new Told(of3MiB(), whole(MIB));
    await until(() => told.over);
    for (const size of told.sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(MIB);
    expect(told.sha256).toBe(sha256(contentOf("bytes", 3 * MIB)));
  });

  it("stops at the high-water mark while it is paused, and comes whole after that", async () => {
    const told = new Told({ ...of3MiB(), highWaterBytes: 100_000 }, (transfer) => {
      whole()(transfer);
      transfer.pause();
    });
    const received = () => Number(told.transfer.getinfo("SIZE_DOWNLOAD_T"));
    await until(() => received() >= 100_000);
    await turns(50);
    expect(received()).toBeLessThan(100_000 + 2 * 65_536);
    expect(told.events).toEqual([]);
    told.transfer.resume();
    await until(() => told.over);
    expect(told.events).toEqual(["headers", "chunk"]);
    expect(told.sha256).toBe(sha256(contentOf("bytes", 3 * MIB)));
  });
});

describe("a body that is wanted whole", () => {
  it("comes before its trailers", async () => {
    const told = new Told({ url: url("chunked/500000") }, whole());
    await until(() => told.over);
    expect(told.events).toEqual(["headers", "chunk", "trailers"]);
    expect(told.sizes).toEqual([500_000]);
  });

  it("comes before trailers that take their time, too", async () => {
    let socket: Socket | undefined;
    const port = await raw((connected) => {
      socket = connected;
      connected.once("data", () => {
        connected.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-First: 1\r\n");
      });
    });
    const told = new Told({ url: `http://127.0.0.1:${port}/` }, whole());
    await until(() => told.events.length > 0);
    await turns(50);
    expect(told.events).toEqual(["headers"]);
    socket?.write("X-Second: 2\r\n\r\n");
    await until(() => told.over);
    expect(told.events).toEqual(["headers", "chunk", "trailers"]);
  });

  it("is wanted so also when it is begun inside a callback of libcurl's, and added after it", async () => {
    const transfers = useTransfers();
    let inside: Told | undefined;
    const begin = () => {
      inside ??= new Told({ url: url(`bytes/${2 * MIB}`) }, whole(), transfers);
    };
    const request = { url: url("bytes/1"), curl: { DEBUGFUNCTION: begin } };
    for (let times = 0; times < 2; times++) {
      inside = undefined;
      const outer = new Told(request, undefined, transfers);
      await until(() => outer.over && inside?.over === true);
      expect(inside).toMatchObject({ sizes: [2 * MIB], sha256: sha256(contentOf("bytes", 2 * MIB)) });
    }
  });

  it.each([1000, 1_000_000])("is told as far as it came when it is cut, of %i bytes", async (promised) => {
    const came = contentOf("bytes", promised / 10);
    const port = await raw((socket) => {
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${promised}\r\n\r\n`);
        socket.end(came);
      });
    });
    const told = new Told({ url: `http://127.0.0.1:${port}/` }, whole());
    await until(() => told.over);
    expect({ sizes: told.sizes, code: told.error?.code }).toEqual({ sizes: [came.length], code: "TRANSFER_FAILED" });
    expect(told.sha256).toBe(sha256(came));
  });

  it("says nothing of what comes after it with the same handle", async () => {
    const transfers = useTransfers();
    const request = { url: url(`bytes/${2 * MIB}`) };
    for (const [begun, chunks] of [
      [whole(), 1],
      [undefined, 2],
      [whole(), 1],
    ] as const) {
      const told = new Told(request, begun, transfers);
      await until(() => told.over);
      expect(Math.min(told.sizes.length, 2)).toBe(chunks);
      expect(told.sha256).toBe(sha256(contentOf("bytes", 2 * MIB)));
    }
  });
});

describe("of the client, `bytes`", () => {
  it("gets all of it before and after the head came, and while some waits to be read", async () => {
    const client = useClient();
    const expected = sha256(contentOf("bytes", 3 * MIB));
    const transfer = () => client.request(url(`bytes/${3 * MIB}`));
    const [early, late, later] = [transfer(), transfer(), transfer()];
    expect(sha256(await early.bytes())).toBe(expected);
    await late.head;
    expect(sha256(await late.bytes())).toBe(expected);
    await later.head;
    await turns(50);
    expect(sha256(await later.bytes())).toBe(expected);
  });

  it("has memory of its own, which can be given to somebody else", async () => {
    for (const size of [5, 100_000, 3 * MIB]) {
      const bytes = await useClient()
        .request(url(`bytes/${size}`))
        .bytes();
      expect(bytes.buffer.byteLength).toBe(size);
      expect(sha256(structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] }))).toBe(
        sha256(contentOf("bytes", size)),
      );
      expect(bytes.length).toBe(0);
    }
  });

  it.each([
    ["little", Buffer.alloc(2 * MIB, "a")],
    ["much", Buffer.concat([contentOf("bytes", 200_000), Buffer.alloc(2 * MIB, "a")])],
  ])("is decoded, when the length said %s of what there is", async (_name, content) => {
    const packed = gzipSync(content);
    const port = await raw((socket) => {
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`);
        socket.end(packed);
      });
    });
    const bytes = await useClient().request(`http://127.0.0.1:${port}/`).bytes();
    expect(bytes.constructor).toBe(Uint8Array);
    expect(sha256(bytes)).toBe(sha256(content));
  });

  it("is each its own, when many end at once", async () => {
    const client = useClient();
    const sizes = Array.from({ length: 100 }, (_, i) => 70_000 + i);
    const bodies = await Promise.all(sizes.map((size) => client.request(url(`bytes/${size}`)).bytes()));
    expect(bodies.map(sha256)).toEqual(sizes.map((size) => sha256(contentOf("bytes", size))));
  });

  it("takes none of JavaScript's memory for a promise, of which a sixteenth has not come", async () => {
    const sockets: Socket[] = [];
    const port = await raw((socket) => {
      sockets.push(socket);
      socket.once("data", () =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1600000\r\n\r\n${"x".repeat(90_000)}`),
      );
    });
    const before = process.memoryUsage().arrayBuffers;
    const transfers = useTransfers();
    const all = Array.from({ length: 100 }, () => new Told({ url: `http://127.0.0.1:${port}/` }, whole(), transfers));
    await until(() => all.every(({ transfer }) => Number(transfer.getinfo("SIZE_DOWNLOAD_T")) === 90_000));
    const grownMB = (process.memoryUsage().arrayBuffers - before) / 1e6;
    for (const socket of sockets) socket.destroy();
    await until(() => all.every(({ over }) => over));
    expect(all.map(({ sizes }) => sizes)).toEqual(Array(100).fill([90_000]));
    console.log(`100 promises of 1.6 MB each: ${grownMB.toFixed(1)} MB of JavaScript's more`);
    expect(grownMB).toBeLessThan(100);
  });

  it("takes no memory for what was only promised", async () => {
    const port = await raw((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 16000000\r\n\r\n");
        socket.end("x".repeat(10));
      });
    });
    const before = process.memoryUsage.rss();
    const client = useClient();
    const all = Array.from({ length: 100 }, () => client.request(`http://127.0.0.1:${port}/`).bytes());
    for (const result of await Promise.allSettled(all))
      expect(result).toMatchObject({ reason: { code: "TRANSFER_FAILED", partialBody: { length: 10 } } });
    const grownMiB = (process.memoryUsage.rss() - before) / MIB;
    console.log(`100 promises of 16 MB each: ${grownMiB.toFixed(1)} MiB more`);
    expect(grownMiB).toBeLessThan(100);
  });

  it.each(
    [5000, 500_000].flatMap((promised) => [
      ["its signal", promised, (_transfer: ClientTransfer, abort: () => void) => abort(), "ABORTED"] as const,
      ["who reads it", promised, (transfer: ClientTransfer) => transfer.cancel(), "ABORTED"] as const,
      [
        "its client",
        promised,
        (_t: ClientTransfer, _a: () => void, client: Client) => client.close({ wait: false }),
        "CLOSED",
      ] as const,
    ]),
  )("leaves what had come to the error when it is ended by %s, of %i bytes", async (_name, promised, end, code) => {
    const port = await raw((socket) => {
      socket.once("data", () =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${promised}\r\n\r\n${"x".repeat(1000)}`),
      );
    });
    const client = useClient();
    const controller = new AbortController();
    const transfer = client.request(`http://127.0.0.1:${port}/`, { signal: controller.signal });
    const error = transfer.bytes().catch((thrown) => thrown);
    await transfer.head; // read with what came of the body
    await end(transfer, () => controller.abort(), client);
    expect(await error).toMatchObject({ code, partialBody: { length: 1000 } });
  });

  it("fails with the first byte that is too many, though no other may ever come", async () => {
    let socket: Socket | undefined;
    const port = await raw((connected) => {
      socket = connected;
      connected.once("data", () => connected.write(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(1000)}`));
    });
    const transfer = useClient().request(`http://127.0.0.1:${port}/`, { limits: { bodyBytes: 1000 } });
    const error = transfer.bytes().catch((thrown) => thrown);
    await transfer.head;
    await turns(5);
    socket?.write("x");
    expect(await error).toMatchObject({ code: "BODY_TOO_LARGE", partialBody: { length: 1001 } });
  });

  it("stops at its limit", async () => {
    const client = useClient({ limits: { bodyBytes: 1_000_000 } });
    const error = await client
      .request(url(`bytes/${3 * MIB}`))
      .bytes()
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "BODY_TOO_LARGE" });
    expect(error.partialBody.length).toBeLessThan(2 * MIB);
    expect((await client.request(url("bytes/1000000")).bytes()).length).toBe(1_000_000);
  });
});
