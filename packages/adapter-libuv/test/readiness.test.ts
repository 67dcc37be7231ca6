import { closeSync, openSync } from "node:fs";
import { connect, createServer } from "node:net";
import { CURL_CSELECT_ERR, CURL_POLL_IN, CURL_POLL_INOUT, CURL_POLL_OUT, LoopError } from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { attached, turns } from "./attached.js";

/** Two connected sockets that are closed with the test: only for tests that do not close them. */
function pair(): [number, number] {
  const fds = descriptors.socketpair();
  onTestFinished(() => {
    for (const fd of fds) descriptors.close(fd);
  });
  return fds;
}

const bytes = Buffer.from("x");

describe("readiness", () => {
  it("is reported for what is ready already, and again while it stays so: level-triggered (C 5.8, P 14)", async () => {
    const { loop, seen, next } = attached();
    const [a, b] = pair();
    descriptors.write(b, bytes);
    loop.watch(a, CURL_POLL_IN);
    for (let i = 0; i < 4; i++) await next();
    expect(seen).toEqual(Array(4).fill({ fd: a, bits: 1 }));
    descriptors.read(a);
    await turns();
    expect(seen).toHaveLength(4);
  });

  it("is only what was asked for and is true: INOUT on a socket that is only writable (P 13)", async () => {
    const { loop, seen, next } = attached();
    const [a, b] = pair();
    loop.watch(a, CURL_POLL_INOUT);
    await next();
    expect(seen.at(-1)).toEqual({ fd: a, bits: 2 });
    descriptors.write(b, bytes);
    await next();
    expect(seen.at(-1)).toEqual({ fd: a, bits: 3 });
    loop.unwatch(a);
  });

  it("follows a replaced interest: IN, then OUT, then IN (C 2.2, P 12)", async () => {
    const { loop, seen, next } = attached();
    const [a, b] = pair();
    descriptors.write(b, bytes);
    loop.watch(a, CURL_POLL_IN);
    loop.watch(a, CURL_POLL_OUT);
    await next();
    expect(seen.at(-1)).toEqual({ fd: a, bits: 2 });
    loop.watch(a, CURL_POLL_INOUT);
    await next();
    expect(seen.at(-1)).toEqual({ fd: a, bits: 3 });
    loop.watch(a, CURL_POLL_IN);
    await next();
    expect(seen.at(-1)).toEqual({ fd: a, bits: 1 });
  });

  it("of several descriptors comes in one batch", async () => {
    const { loop, batches, next } = attached();
    const pairs = [pair(), pair(), pair()];
    for (const [a, b] of pairs) {
      descriptors.write(b, bytes);
      loop.watch(a, CURL_POLL_IN);
    }
    await next();
    expect(batches[0]?.map(({ fd }) => fd).sort()).toEqual(pairs.map(([a]) => a).sort());
  });

  it("of more descriptors than a batch holds is reported all the same", async () => {
    const { loop, batches, next } = attached();
    const pairs = Array.from({ length: 700 }, pair);
    for (const [a] of pairs) loop.watch(a, CURL_POLL_OUT);
    await next();
    await turns(1);
    expect(new Set(batches.flat().map(({ fd }) => fd)).size).toBe(700);
    for (const [a] of pairs) loop.unwatch(a);
  });

  it("ends with unwatch, also in the middle of a batch (C 5.6)", async () => {
    const { loop, on, seen, next } = attached();
    const [a, b] = pair();
    const [c, d] = pair();
    for (const fd of [b, d]) descriptors.write(fd, bytes);
    on.ready = (fd) => loop.unwatch(fd === a ? c : a);
    loop.watch(a, CURL_POLL_IN);
    loop.watch(c, CURL_POLL_IN);
    await next();
    await turns();
    // Both were found by one wait; whichever came second may still be told in that batch, and in none after it.
    const survivor = seen.at(-1)?.fd;
    const before = seen.filter(({ fd }) => fd !== survivor).length;
    await turns();
    expect(seen.filter(({ fd }) => fd !== survivor).length).toBe(before);
    expect(before).toBeLessThanOrEqual(1);
  });

  it("works for pipes and eventfds: a descriptor is whatever can be polled (C 2.13)", async () => {
    const { loop, seen, next } = attached();
    const [reading, writing] = descriptors.pipe();
    const event = descriptors.eventfd();
    loop.watch(reading, CURL_POLL_IN);
    loop.watch(event, CURL_POLL_IN);
    await turns();
    expect(seen).toEqual([]);
    descriptors.write(writing, bytes);
    descriptors.write(event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    await next();
    expect(seen.map(({ fd }) => fd).sort()).toEqual([reading, event].sort());
    for (const fd of [reading, event]) loop.unwatch(fd);
    for (const fd of [reading, writing, event]) descriptors.close(fd);
  });
});

describe("a number that comes back", () => {
  it("is a new registration in the same turn: only the new socket is reported (P 1, C 2.12)", async () => {
    const { loop, seen, next } = attached();
    const [a, b] = descriptors.socketpair();
    descriptors.write(b, bytes);
    loop.watch(a, CURL_POLL_IN);
    loop.unwatch(a);
    descriptors.close(a);
    const [again, peer] = descriptors.socketpair();
    expect(again).toBe(a);
    loop.watch(again, CURL_POLL_OUT);
    await next();
    expect(seen).toEqual([{ fd: again, bits: 2 }]);
    loop.unwatch(again);
    for (const fd of [again, peer, b]) descriptors.close(fd);
  });

  it("may be closed before unwatch: no error, and the number can be watched anew (P 2, C 2.8)", async () => {
    const { loop, seen, next } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    await turns();
    descriptors.close(a);
    loop.unwatch(a);
    const [again, peer] = descriptors.socketpair();
    expect(again).toBe(a);
    loop.watch(again, CURL_POLL_OUT);
    await next();
    expect(seen).toEqual([{ fd: again, bits: 2 }]);
    loop.unwatch(again);
    for (const fd of [again, peer, b]) descriptors.close(fd);
  });

  it("that was watched and closed within one turn does not end the process (P 3, P A3)", async () => {
    const { loop } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    loop.unwatch(a);
    for (const fd of [a, b]) descriptors.close(fd);
    await turns();
  });

  it("that is closed while it waits to be polled is an error of its own, and the process lives (P 3, P A3)", async () => {
    const { loop, seen, failures, next } = attached();
    const [a, b] = descriptors.socketpair();
    const [c, d] = pair();
    loop.watch(a, CURL_POLL_IN);
    loop.watch(c, CURL_POLL_OUT);
    descriptors.close(a);
    await next();
    expect(seen[0]).toEqual({ fd: a, bits: CURL_CSELECT_ERR });
    expect(failures.map(({ code, errno }) => [code, errno])).toEqual([["LOOP_REFUSED", "EBADF"]]);
    await next();
    expect(seen.at(-1)).toEqual({ fd: c, bits: 2 });
    for (const fd of [c, b]) loop.unwatch(fd);
    descriptors.close(b);
    expect(d).toBeGreaterThan(0);
  });

  it("and closed with its interest replaced in the same turn: the same (P 12, P A3)", async () => {
    const { loop, seen, next } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    await turns();
    loop.watch(a, CURL_POLL_INOUT);
    descriptors.close(a);
    await next();
    expect(seen).toEqual([{ fd: a, bits: CURL_CSELECT_ERR }]);
    descriptors.close(b);
  });

  it("and that came back as a file: EPERM, no abort (P A12)", async () => {
    const { loop, failures, next } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    descriptors.close(a);
    const file = openSync("/etc/hostname", "r");
    onTestFinished(() => closeSync(file));
    expect(file).toBe(a);
    await next();
    expect(failures.map(({ errno }) => errno)).toEqual(["EPERM"]);
    descriptors.close(b);
  });

  it("goes to a server of the same process, which is not deaf afterwards (C 2.12)", async () => {
    const { loop } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    await turns();
    loop.unwatch(a);
    for (const fd of [a, b]) descriptors.close(fd);
    const server = createServer((socket) => socket.end("heard"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const handle = (server as unknown as { _handle: { fd: number } })._handle;
    expect([a, b]).toContain(handle.fd);
    loop.unwatch(a); // late and superfluous: must not touch the server's watcher
    const heard = await new Promise((resolve, reject) => {
      const client = connect((server.address() as { port: number }).port, "127.0.0.1");
      client.on("data", (data) => resolve(String(data)));
      client.on("error", reject);
    });
    expect(heard).toBe("heard");
    server.close();
  });

  it("can be watched twice: one registration, the last interest wins (P 4, EEXIST)", async () => {
    const { loop, seen, next } = attached();
    const [a] = pair();
    loop.watch(a, CURL_POLL_IN);
    loop.watch(a, CURL_POLL_OUT);
    for (let i = 0; i < 3; i++) {
      loop.unwatch(a);
      loop.watch(a, CURL_POLL_OUT); // while the handle before is still closing
    }
    await next();
    expect(seen).toEqual([{ fd: a, bits: 2 }]);
    loop.unwatch(a);
  });
});

describe("refusals", () => {
  it("say errno: EPERM for a file, EBADF for a closed descriptor (P 6, P A12)", () => {
    const { loop } = attached();
    const file = openSync("/etc/hostname", "r");
    onTestFinished(() => closeSync(file));
    expect(() => loop.watch(file, CURL_POLL_IN)).toThrow(
      expect.objectContaining({ code: "LOOP_REFUSED", errno: "EPERM" }),
    );
    expect(() => loop.watch(19_999, CURL_POLL_IN)).toThrow(LoopError);
    expect(() => loop.watch(19_999, CURL_POLL_IN)).toThrow(expect.objectContaining({ errno: "EBADF" }));
  });

  it("of unwatch do not exist: unknown, closed or nonsensical numbers are fine (P 7)", () => {
    const { loop } = attached();
    for (const fd of [0, 5, 777, 1_000_000, -1]) loop.unwatch(fd);
  });
});

describe("a socket in error", () => {
  it("is reported with ERR, and goes on being watched: libuv had stopped it (C 16.1)", async () => {
    const { loop, seen, next } = attached();
    const [a, b] = descriptors.socketpair();
    descriptors.write(a, bytes);
    descriptors.close(b); // with the byte unread: the other end is reset
    loop.watch(a, CURL_POLL_IN);
    for (let i = 0; i < 3; i++) await next();
    expect(seen).toEqual(Array(3).fill({ fd: a, bits: CURL_CSELECT_ERR }));
    expect(() => descriptors.read(a)).toThrow("ECONNRESET");
    await next(); // the error was taken; the end of the stream is left
    expect(seen.at(-1)).toEqual({ fd: a, bits: 1 });
    loop.unwatch(a);
    descriptors.close(a);
  });
});
