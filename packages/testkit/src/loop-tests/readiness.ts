import { closeSync, openSync } from "node:fs";
import { connect, createServer } from "node:net";
import {
  CURL_CSELECT_ERR,
  CURL_CSELECT_IN,
  CURL_POLL_IN,
  CURL_POLL_INOUT,
  CURL_POLL_OUT,
  type LoopAdapter,
  LoopError,
} from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { attachedTo } from "./attached.js";

/** Two connected sockets that are closed with the test: only for tests that do not close them. */
function pair(): [number, number] {
  const fds = descriptors.socketpair();
  onTestFinished(() => {
    for (const fd of fds) descriptors.close(fd);
  });
  return fds;
}

const bytes = Buffer.from("x");
const POLLNVAL = 32;

/** What the contract says of watch, unwatch and ready, on real descriptors. */
export function readinessTests(makeLoop: () => LoopAdapter): void {
  const attached = () => attachedTo(makeLoop());

  describe("readiness", () => {
    it("is reported for what is ready already, and again while it stays so: level-triggered (C 5.8, P 14)", async () => {
      const { loop, seen, next, settled } = attached();
      const [a, b] = pair();
      descriptors.write(b, bytes);
      loop.watch(a, CURL_POLL_IN);
      for (let i = 0; i < 4; i++) await next();
      expect(seen).toEqual(Array(4).fill({ fd: a, bits: 1 }));
      descriptors.read(a);
      await settled();
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
      const { loop, seen, until } = attached();
      const pairs = Array.from({ length: 700 }, pair);
      for (const [a] of pairs) loop.watch(a, CURL_POLL_OUT);
      await until(() => new Set(seen.map(({ fd }) => fd)).size === 700);
      console.log(`700 ready descriptors took ${seen.length} reports`);
      expect(seen.length).toBeLessThan(5 * 700);
      for (const [a] of pairs) loop.unwatch(a);
    });

    it("ends with unwatch, also in the middle of a batch (C 5.6)", async () => {
      const { loop, on, seen, next, settled } = attached();
      const [a, b] = pair();
      const [c, d] = pair();
      for (const fd of [b, d]) descriptors.write(fd, bytes);
      on.ready = (fd) => loop.unwatch(fd === a ? c : a);
      loop.watch(a, CURL_POLL_IN);
      loop.watch(c, CURL_POLL_IN);
      await next();
      await settled();
      // Both were found by one wait; whichever came second may still be told in that batch, and in none after it.
      const survivor = seen.at(-1)?.fd;
      const before = seen.filter(({ fd }) => fd !== survivor).length;
      await settled();
      expect(seen.filter(({ fd }) => fd !== survivor).length).toBe(before);
      expect(before).toBeLessThanOrEqual(1);
    });

    it("works for pipes and eventfds: a descriptor is whatever can be polled (C 2.13)", async () => {
      const { loop, seen, next, settled } = attached();
      const [reading, writing] = descriptors.pipe();
      const event = descriptors.eventfd();
      loop.watch(reading, CURL_POLL_IN);
      loop.watch(event, CURL_POLL_IN);
      await settled();
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
      const [another, peer] = descriptors.socketpair();
      descriptors.write(b, bytes);
      loop.watch(a, CURL_POLL_IN);
      loop.unwatch(a);
      descriptors.close(a);
      const again = descriptors.renumbered(another, a);
      loop.watch(again, CURL_POLL_OUT);
      await next();
      expect(seen).toEqual([{ fd: again, bits: 2 }]);
      loop.unwatch(again);
      for (const fd of [again, peer, b]) descriptors.close(fd);
    });

    it("may be closed before unwatch: no error, and the number can be watched anew (P 2, C 2.8)", async () => {
      const { loop, seen, next, settled } = attached();
      const [a, b] = descriptors.socketpair();
      const [another, peer] = descriptors.socketpair();
      loop.watch(a, CURL_POLL_IN);
      await settled();
      descriptors.close(a);
      loop.unwatch(a);
      const again = descriptors.renumbered(another, a);
      loop.watch(again, CURL_POLL_OUT);
      await next();
      expect(seen).toEqual([{ fd: again, bits: 2 }]);
      loop.unwatch(again);
      for (const fd of [again, peer, b]) descriptors.close(fd);
    });

    it("that was watched and closed within one turn does not end the process (P 3, P A3)", async () => {
      const { loop, seen, settled } = attached();
      const [a, b] = descriptors.socketpair();
      loop.watch(a, CURL_POLL_IN);
      loop.unwatch(a);
      for (const fd of [a, b]) descriptors.close(fd);
      await settled();
      expect(seen).toEqual([]);
    });

    it("goes to a server of the same process, which is not deaf afterwards (C 2.12)", async () => {
      const { loop, settled } = attached();
      const [a, b] = descriptors.socketpair();
      loop.watch(a, CURL_POLL_IN);
      await settled();
      loop.unwatch(a);
      for (const fd of [a, b]) descriptors.close(fd);
      const server = createServer((socket) => socket.end("heard"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const taken = [a, b].filter((fd) => (descriptors.poll(fd, 0) & POLLNVAL) === 0);
      expect(taken.length).toBeGreaterThan(0);
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
    it("is reported with ERR, and goes on being watched: libuv stops it (C 16.1)", async () => {
      const { loop, seen, next } = attached();
      const [a, b] = descriptors.socketpair();
      descriptors.write(a, bytes);
      descriptors.close(b); // with the byte unread: the other end is reset
      loop.watch(a, CURL_POLL_IN);
      for (let i = 0; i < 3; i++) await next();
      expect(seen.map(({ fd, bits }) => [fd, bits & CURL_CSELECT_ERR])).toEqual(Array(3).fill([a, CURL_CSELECT_ERR]));
      expect(() => descriptors.read(a)).toThrow("ECONNRESET");
      await next(); // the error was taken; the end of the stream is left
      expect((seen.at(-1)?.bits ?? 0) & CURL_CSELECT_IN).toBe(CURL_CSELECT_IN);
      loop.unwatch(a);
      descriptors.close(a);
    });
  });

  describe("after close", () => {
    it("nothing is reported, also when it comes from inside a batch with more in it, and every hook is harmless", async () => {
      const { loop, on, seen } = attached();
      const watched = [pair(), pair(), pair()];
      for (const [a] of watched) loop.watch(a, CURL_POLL_OUT);
      loop.arm(0);
      const expired: string[] = [];
      on.expired = () => void expired.push("expired");
      const closed = new Promise<void>((resolve) => {
        on.ready = () => resolve(loop.close());
      });
      await closed;
      const before = seen.length;
      loop.unwatch(watched[0]?.[0] ?? 0);
      await loop.close();
      const other = attached();
      await other.settled();
      expect(seen).toHaveLength(before);
      expect(before).toBe(1);
      expect(expired).toEqual([]);
    });
  });
}
