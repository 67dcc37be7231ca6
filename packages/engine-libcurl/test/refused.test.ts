/** What a user of raw handles could do to the process, and may not: each of these crashed, leaked or hung once. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { CURL_POLL_IN, CURL_SOCKET_TIMEOUT } from "@curlew/core";
import { descriptors, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { CURL_WRITEFUNC_PAUSE, Easy, type EasyOptionName, Multi } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

let loop: HandLoop;
beforeEach(() => {
  loop = new HandLoop();
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

describe("while a handle is added", () => {
  it("what libcurl reads from it cannot be replaced: it would be freed under it", async () => {
    const easy = loop.easy(`${server.http}/echo`);
    easy.setopt("POSTFIELDS", new Uint8Array(4_000_000));
    loop.multi.addHandle(easy);
    loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0);
    const values: [EasyOptionName, unknown][] = [
      ["POSTFIELDS", "short"],
      ["HTTPHEADER", ["X: 1"]],
      ["URL", "http://elsewhere/"],
      ["RESOLVE", null],
      ["TIMEOUT_MS", 1],
    ];
    for (const [option, value] of values)
      expect(() => easy.setopt(option, value as never)).toThrow(expect.objectContaining({ code: "HANDLE_IN_USE" }));
    easy.setopt("MAX_RECV_SPEED_LARGE", 100_000_000);
    easy.setopt("LOW_SPEED_TIME", 60);
    await loop.until(1);
    expect(JSON.parse(easy.text()).bytes).toBe(4_000_000);
    easy.setopt("POSTFIELDS", "short");
    easy.cleanup();
  });

  it("it cannot be paused inside a callback about sockets or timers: libcurl is in the middle of it", async () => {
    const easy = loop.easy(`${server.http}/bytes/100000`);
    const codes = new Set<string>();
    const pause = (): void => {
      try {
        easy.pause(5);
        codes.add("paused");
      } catch (error) {
        codes.add((error as { code: string }).code);
      }
    };
    loop.onSocket = ({ action }) => (action === CURL_POLL_IN ? pause() : undefined);
    loop.onTimer = pause;
    loop.multi.addHandle(easy);
    await loop.until(1);
    expect([...codes]).toEqual(["RECURSIVE_CALL"]);
    expect(easy.getinfo("SIZE_DOWNLOAD_T")).toBe(100_000);
    easy.cleanup();
  });

  it("it may be paused inside a data callback of its own", async () => {
    const easy = loop.easy(`${server.http}/bytes/100000`);
    let calls = 0;
    easy.setopt("WRITEFUNCTION", () => {
      if (calls++ === 0) easy.pause(1);
    });
    loop.multi.addHandle(easy);
    await loop.while(() => calls === 0);
    expect(easy.paused).toBe(true);
    easy.pause(0);
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(0);
    easy.cleanup();
  });
});

describe("a throw in an unpause", () => {
  it("comes out of `pause`, and the message says it too, though libcurl may call it a success (C 11.3)", async () => {
    const cause = new Error("in the unpause");
    const easy = loop.easy(`${server.http}/bytes/10`);
    let calls = 0;
    easy.setopt("WRITEFUNCTION", () => {
      if (calls++ === 0) return CURL_WRITEFUNC_PAUSE;
      throw cause;
    });
    loop.multi.addHandle(easy);
    await loop.while(() => calls === 0);
    expect(() => easy.pause(0)).toThrow(expect.objectContaining({ code: "CALLBACK_FAILED", cause }));
    for (let i = 0; i < 20 && loop.done.length === 0; i++) loop.turn();
    console.log(`${loop.multi.library.version}: ${loop.done.length} messages afterwards`);
    for (const { result } of loop.done) expect(result).toBe(23);
    expect(easy.failure(23)).toMatchObject({ code: "CALLBACK_FAILED", cause });
    if (loop.done.length === 0) loop.multi.removeHandle(easy);
    easy.cleanup();
  });
});

describe("answers of a write callback that are no count", () => {
  for (const answer of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, 2 ** 32, "5", {}])
    it(`${String(answer)} fails the transfer, with what was wrong`, async () => {
      const easy = loop.easy(`${server.http}/bytes/5`);
      easy.setopt("WRITEFUNCTION", () => answer as number);
      loop.multi.addHandle(easy);
      await loop.until(1);
      expect(loop.done[0]?.result).toBe(23);
      expect(easy.failure(23)).toMatchObject({ code: "CALLBACK_FAILED", cause: { code: "OUT_OF_RANGE" } });
      easy.cleanup();
    });
});

describe("reset", () => {
  it("forgets lists before they are freed: RESOLVE's is read by the next transfer", async () => {
    const easy = loop.easy(`${server.http}/bytes/5`);
    for (let i = 0; i < 50; i++) {
      easy.setopt("RESOLVE", [`host-${i}.test:1234:127.0.0.1`, `other-${i}.test:1234:127.0.0.1`]);
      easy.reset();
    }
    easy.setopt("URL", `${server.http}/bytes/5`);
    loop.multi.addHandle(easy);
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(0);
    easy.cleanup();
  });
});

describe("a body that is not there", () => {
  it("is not read from stdin", async () => {
    const easy = loop.easy(`${server.http}/echo`);
    easy.setopt("HTTPHEADER", ["Expect:"]);
    easy.setopt("UPLOAD", 1);
    loop.multi.addHandle(easy);
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(42);
    expect(easy.failure(42)).toMatchObject({ code: "NO_BODY" });
    easy.cleanup();
  });
});

describe("numbers that are no descriptors", () => {
  it("are refused before C makes others of them", () => {
    for (const fd of [-2, 1.5, 2 ** 31, 2 ** 32 + 5, Number.NaN])
      expect(() => loop.multi.socketAction(fd, 0)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    for (const fd of [-1, 1.5, 2 ** 32 + 5])
      expect(() => loop.multi.assign(fd, 1)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });
});

describe("close-on-exec", () => {
  const CLOEXEC = 0o2000000;
  const inheritable = (): string[] =>
    readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return Number.parseInt(flags, 8) & CLOEXEC ? [] : [`${fd} ${target}`];
      } catch {
        return []; // the directory's own
      }
    });

  it("is on the pair a multi makes for itself, also when free numbers are not in a row", () => {
    const fds = Array.from({ length: 40 }, () => descriptors.eventfd());
    for (const fd of [fds[2], fds[9], fds[30]]) descriptors.close(fd ?? -1);
    const before = inheritable();
    const multi = new Multi(loop.multi.library);
    expect(inheritable().filter((entry) => !before.includes(entry))).toEqual([]);
    multi.cleanup();
    for (const [i, fd] of fds.entries()) if (![2, 9, 30].includes(i)) descriptors.close(fd);
  });

  it("is on both ends of the resolver's pair, of which one is told (up to 8.4)", async () => {
    const fds = Array.from({ length: 12 }, () => descriptors.eventfd());
    descriptors.close(fds[3] ?? -1);
    const before = inheritable();
    const easy = new Easy(loop.multi.library);
    easy.setopt("URL", "http://some.host.invalid/");
    loop.multi.addHandle(easy);
    loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0);
    expect(inheritable().filter((entry) => !before.includes(entry))).toEqual([]);
    loop.multi.removeHandle(easy);
    easy.cleanup();
    for (const [i, fd] of fds.entries()) if (i !== 3) descriptors.close(fd);
  });
});
