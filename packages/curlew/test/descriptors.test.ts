import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CURL_POLL_REMOVE, type LoopTrace, traceLoop } from "@curlew/core";
import { Easy, loadLibcurl } from "@curlew/engine-libcurl";
import { contentOf, descriptors } from "@curlew/testkit";
import { fullServer } from "@curlew/testkit/in-tests";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTestLoop, run, turns, until, useDriver, useServer, useTransfers } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;
const POLLNVAL = 32;
const port = () => new URL(server.current.http).port;

describe("a number that comes back within one call (C 2.12, P 1)", () => {
  for (const [what, addresses] of [
    ["refused on IPv6, then IPv4", "[::1],127.0.0.1"],
    ["refused on one address, then another", "127.0.0.2,127.0.0.1"],
    ["refused on three addresses", "127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.1"],
  ] as const)
    it(`${what}: the transfer ends well, and at once`, async () => {
      const told: string[] = [];
      const transfers = useTransfers({ observers: { socket: (fd, action) => told.push(`${fd}:${action}`) } });
      const started = performance.now();
      for (let i = 0; i < 20; i++) {
        const { error, body } = await run(transfers, {
          url: `http://both.test:${port()}/bytes/1000`,
          curl: { RESOLVE: [`both.test:${port()}:${addresses}`], FRESH_CONNECT: 1, FORBID_REUSE: 1 },
        });
        expect(error).toBeUndefined();
        expect(body.equals(contentOf("bytes", 1000))).toBe(true);
      }
      const eachMs = (performance.now() - started) / 20;
      console.log(
        `${what}: ${eachMs.toFixed(1)} ms each; descriptor:action told at first: ${told.slice(0, 5).join(" ")}`,
      );
      expect(eachMs).toBeLessThan(2000); // 7.88.1 left alone waits 150 s for its connect timeout
    });
});

describe("a socket that is closed while it connects: before REMOVE on 7.88.0 to 8.1.2 (C 2.8, C4, C5, P 2)", () => {
  it("cancelled, and timed out: nothing breaks, and the numbers serve the next transfers", async () => {
    const deafPort = await fullServer();
    let removed = 0;
    let closedBefore = 0;
    const transfers = useTransfers({
      observers: {
        socket(fd, action) {
          if (action !== CURL_POLL_REMOVE) return;
          removed++;
          if (descriptors.poll(fd, 0) & POLLNVAL) closedBefore++;
        },
      },
    });
    for (let i = 0; i < 30; i++) {
      const cancelled = transfers.start(
        { url: `http://127.0.0.1:${deafPort}/` },
        { outcome: () => expect.unreachable() },
      );
      await turns(2);
      cancelled.cancel();
      const { error } = await run(transfers, { url: url("bytes/1000"), curl: { FRESH_CONNECT: 1 } });
      expect(error).toBeUndefined();
    }
    const timedOut = run(transfers, { url: `http://127.0.0.1:${deafPort}/`, curl: { CONNECTTIMEOUT_MS: 50 } });
    const beside = run(transfers, { url: url("delay/100") });
    expect((await timedOut).error).toMatchObject({ curlCode: 28 });
    expect((await beside).error).toBeUndefined();
    const { version } = loadLibcurl();
    console.log(`libcurl ${version}: of ${removed} removed descriptors ${closedBefore} had been closed before`);
    if (version === "7.88.1") expect(closedBefore).toBeGreaterThan(20);
  });
});

describe("a number that goes to a server of this process in the same tick (C 2.12)", () => {
  it("does not leave that server deaf", async () => {
    const told = new Set<number>();
    const transfers = useTransfers({ observers: { socket: (fd) => told.add(fd) } });
    const folder = mkdtempSync(join(tmpdir(), "curlew-sockets-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    let reused = 0;
    for (let i = 0; i < 20; i++) {
      const path = join(folder, `${i}`);
      const server = createServer((socket) => socket.end("heard"));
      await new Promise<void>((resolve) => {
        transfers.start(
          { url: url("bytes/10"), curl: { FORBID_REUSE: 1 } },
          {
            outcome({ error }) {
              expect(error).toBeUndefined();
              server.listen(path, resolve); // opens its socket before it returns: libcurl's number is free again
              if (told.has((server as unknown as { _handle: { fd: number } })._handle.fd)) reused++;
            },
          },
        );
      });
      const heard = new Promise((resolve, reject) => connect(path).on("data", resolve).on("error", reject));
      expect(String(await heard)).toBe("heard");
      server.close();
    }
    console.log(`${reused} of 20 servers got the number of a connection that libcurl had just closed`);
    expect(reused).toBeGreaterThan(10);
  });
});

describe("stale reports", () => {
  it("harm nobody: in every chunk another transfer is cancelled, often one reported in the same batch (C 5.6, P 9)", async () => {
    const transfers = useTransfers();
    const content = contentOf("bytes", 60_000);
    for (let round = 0; round < 20; round++) {
      const alive = new Map<number, { cancel(): void }>();
      const whole = new Set<number>();
      const wrong: string[] = [];
      for (let i = 0; i < 30; i++) {
        const body: Uint8Array[] = [];
        const transfer = transfers.start(
          { url: url("bytes/60000"), curl: { FRESH_CONNECT: round % 2, FORBID_REUSE: round % 2 } },
          {
            chunk(bytes) {
              if (!alive.has(i)) wrong.push(`${i} was told something after it was cancelled`);
              body.push(bytes);
              const victim = [...alive.keys()].find((other) => other !== i && (other * 7 + i) % 3 === 0);
              if (victim === undefined || alive.size < 10) return;
              alive.get(victim)?.cancel();
              alive.delete(victim);
            },
            outcome({ error }) {
              if (error) wrong.push(`${i}: ${error.message}`);
              if (!Buffer.concat(body).equals(content)) wrong.push(`${i}: wrong bytes`);
              alive.delete(i);
              whole.add(i);
            },
          },
        );
        alive.set(i, transfer);
      }
      await until(() => alive.size === 0);
      expect(wrong).toEqual([]);
      expect(whole.size).toBeGreaterThan(0);
    }
  });
});

describe("a child process", () => {
  it("inherits nothing of libcurl's (close-on-exec)", async () => {
    const inherited = () => spawnSync("/bin/ls", ["-l", "/proc/self/fd"]).stdout.toString().split("\n").length;
    const before = inherited();
    const transfers = useTransfers();
    await run(transfers, { url: url("bytes/10") });
    for (const path of ["hang", "hang"]) transfers.start({ url: url(path) }, { outcome() {} });
    transfers.start({ url: `http://localhost:${port()}/hang` }, { outcome() {} });
    const seen: number[] = [];
    for (let i = 0; i < 10; i++) {
      seen.push(inherited());
      await turns(1);
    }
    console.log(`descriptors of a child: ${before} lines before, then ${seen.join(" ")}`);
    expect(seen.slice(3)).toEqual(seen.slice(3).map(() => before));
  });
});

describe("an unwatch that may wait", () => {
  it.each([
    ["each started from a continuation, after the tick of the one before", 0],
    ["each some turns of the loop after the one before", 3],
  ])("makes requests on a kept connection free of changes to the loop's table: %s", async (_when, gap) => {
    const traces: LoopTrace[] = [];
    const driver = useDriver({ loop: traceLoop(openTestLoop(), (trace) => traces.push(trace)) });
    const get = (): Promise<void> =>
      new Promise((resolve) => {
        const easy = new Easy(loadLibcurl());
        easy.setopt("URL", url("bytes/100"));
        driver.add(easy, {
          outcome({ error }) {
            expect(error).toBeUndefined();
            driver.command(easy, () => easy.cleanup());
            resolve();
          },
        });
      });
    for (let i = 0; i < 100; i++) {
      await get();
      if (gap > 0) await turns(gap);
    }
    const changes = () => traces.filter(({ call }) => call === "watch" || call === "unwatch");
    console.log(`100 requests on one connection: ${changes().length} calls of watch and unwatch`);
    expect(changes().length).toBeLessThan(100); // it would be 200; an answer that comes in the tick of its request costs 2
    await until(() => changes().at(-1)?.call === "unwatch"); // idle now, and not watched any more
  });
});
