/** A multi driven without an event loop, and what all multis have. */
import { descriptors, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  CURL_WAIT_POLLIN,
  CURL_WAIT_POLLOUT,
  CURL_WAIT_POLLPRI,
  CURLMNOTIFY_EASY_DONE,
  CURLMNOTIFY_INFO_READ,
  Easy,
  loadLibcurl,
  Multi,
} from "../src/index.js";
import { TellingCallbacks } from "../src/multi-callbacks.js";
import { HandLoop } from "./hand-loop.js";

const library = loadLibcurl();
const lacks = (name: string): boolean => library.absent.functions.includes(name);
const NOT_THERE = expect.objectContaining({ code: "NOT_IN_THIS_LIBCURL" });

let server: TestServer;
let multi: Multi;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  multi = new Multi(library);
  const { cleanup } = multi;
  onTestFinished(() => cleanup.call(multi));
});

function start(path: string): Easy {
  const easy = new Easy(library);
  easy.setopt("URL", `${server.http}${path}`);
  multi.addHandle(easy);
  onTestFinished(() => {
    multi.cleanup();
    easy.cleanup();
  });
  return easy;
}

describe("driven by perform", () => {
  it("and poll: transfers end, and no descriptor is missed", () => {
    const easies = [start("/bytes/100000"), start("/delay/30"), start("/bytes/5")];
    const results: number[] = [];
    while (multi.perform() > 0) multi.poll([], 5000);
    for (let message = multi.infoRead(); message; message = multi.infoRead()) {
      results.push(message.result);
      multi.removeHandle(message.easy);
    }
    expect(results).toEqual([0, 0, 0]);
    expect(easies.map((easy) => easy.getinfo("SIZE_DOWNLOAD_T"))).toEqual([100_000, 4, 5]);
  });

  it("and wait, the older form", () => {
    const easy = start("/delay/30");
    while (multi.perform() > 0) multi.wait([], 1000);
    expect(multi.infoRead()).toMatchObject({ easy, result: 0, queued: 0 });
  });

  it("and fdset: what select is to be told is what poll(2) finds", async () => {
    start("/delay/50");
    let seen = 0;
    while (multi.perform() > 0) {
      const { read, write, except, maxFd } = multi.fdset();
      const all = [...read, ...write, ...except];
      expect(maxFd).toBe(Math.max(-1, ...all));
      for (const fd of all) expect(descriptors.poll(fd, 0) & 32).toBe(0); // POLLNVAL: none is closed
      seen = Math.max(seen, all.length);
      await new Promise((resolve) => setTimeout(resolve, Math.min(10, Math.max(0, multi.timeout()))));
    }
    expect(seen).toBeGreaterThan(0);
    expect(multi.fdset()).toEqual({ read: [], write: [], except: [], maxFd: -1 });
  });

  it("waitfds tells the same as fdset, with libcurl's own bits", async () => {
    start("/hang");
    if (lacks("curl_multi_waitfds")) {
      expect(() => multi.waitfds()).toThrow(NOT_THERE);
      return;
    }
    for (let sent = false; !sent; sent = multi.fdset().read.length === 1 && multi.fdset().write.length === 0) {
      multi.perform();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const sockets = multi.waitfds().filter(({ fd }) => multi.fdset().read.includes(fd));
    expect(sockets).toEqual([{ fd: multi.fdset().maxFd, events: CURL_WAIT_POLLIN }]);
  });

  it("is not told sockets (C33, C 2.15)", () => {
    let told = 0;
    multi.setopt("SOCKETFUNCTION", () => void told++);
    start("/bytes/5");
    while (multi.perform() > 0) multi.poll([], 1000);
    expect(told).toBe(0);
  });
});

describe("poll on a multi without transfers is a portable poll(2)", () => {
  it("tells each of the extra descriptors' readiness by libcurl's bits", () => {
    const [a, b] = descriptors.socketpair();
    const extra = [
      { fd: a, events: CURL_WAIT_POLLIN | CURL_WAIT_POLLPRI },
      { fd: b, events: CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT },
    ];
    expect(multi.poll(extra, 0)).toEqual({
      numFds: 1,
      extraFds: [
        { ...extra[0], revents: 0 },
        { ...extra[1], revents: CURL_WAIT_POLLOUT },
      ],
    });
    descriptors.write(b, new Uint8Array(1));
    expect(multi.wait(extra, 5000)).toMatchObject({ numFds: 2, extraFds: [{ revents: CURL_WAIT_POLLIN }, {}] });
    for (const fd of [a, b]) descriptors.close(fd);
  });

  it("waits as long as it was told, and not a moment when it was woken before", () => {
    const [a, b] = descriptors.socketpair();
    const time = (run: () => void): number => {
      const start = performance.now();
      run();
      return performance.now() - start;
    };
    const waited = time(() => multi.poll([{ fd: a, events: CURL_WAIT_POLLIN }], 60));
    expect(waited).toBeGreaterThanOrEqual(59);
    multi.wakeup();
    multi.wakeup();
    const woken = time(() => multi.poll([], 30_000)); // many wakeups end one poll
    expect(woken).toBeLessThan(3000);
    expect(time(() => multi.poll([], 60))).toBeGreaterThanOrEqual(59);
    console.log(`poll of 60 ms took ${waited.toFixed(1)} ms; woken, ${woken.toFixed(2)} ms`);
    expect(time(() => multi.wait([], 30_000))).toBeLessThan(3000); // nothing to wait for
    for (const fd of [a, b]) descriptors.close(fd);
  });

  it("refuses what is no descriptor, no mask, no time", () => {
    const wrong = expect.objectContaining({ code: "OUT_OF_RANGE" });
    expect(() => multi.poll([{ fd: -1, events: 1 }], 0)).toThrow(wrong);
    expect(() => multi.poll([{ fd: 2 ** 32, events: 1 }], 0)).toThrow(wrong);
    expect(() => multi.poll([{ fd: 0, events: 8 }], 0)).toThrow(wrong);
    for (const ms of [-1, 0.5, Number.NaN, 2 ** 31]) expect(() => multi.wait([], ms)).toThrow(wrong);
    expect(() => multi.poll(5 as never, 0)).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
    expect(() => multi.poll([null as never], 0)).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
  });
});

describe("the older forms of socketAction", () => {
  it("drive a transfer as well: socket for a descriptor, socketAll for all (C 8.1, 8.2)", async () => {
    const loop = new HandLoop(library);
    const easy = loop.easy(`${server.http}/delay/20`);
    loop.multi.addHandle(easy);
    expect(loop.multi.socketAll()).toBe(1);
    await loop.while(() => {
      for (const fd of loop.wanted.keys()) loop.multi.socket(fd);
      return loop.done.length < 1;
    });
    expect(loop.done[0]?.result).toBe(0);
    expect(loop.multi.socket(777)).toBe(0); // C 5.3
    expect(loop.multi.socket(-1)).toBe(0);
    expect(() => loop.multi.socket(1.5)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    loop.multi.cleanup();
    easy.cleanup();
  });
});

describe("getHandles", () => {
  it("tells the easies that are added, in that order", () => {
    if (lacks("curl_multi_get_handles")) {
      expect(() => multi.getHandles()).toThrow(NOT_THERE);
      return;
    }
    const easies = [start("/hang"), start("/hang"), start("/bytes/5")];
    expect(multi.getHandles()).toEqual(easies);
    while (multi.perform() > 2) multi.poll([], 1000);
    expect(multi.getHandles()).toEqual(easies); // done and not removed (C 9.7)
    multi.removeHandle(easies[1] as Easy);
    expect(multi.getHandles()).toEqual([easies[0], easies[2]]);
  });
});

describe("getOfft", () => {
  it("counts transfers by what they are at", () => {
    expect(() => multi.getOfft("toString" as "XFERS_DONE")).toThrow(
      expect.objectContaining({ code: "UNKNOWN_OPTION" }),
    );
    if (lacks("curl_multi_get_offt")) {
      expect(() => multi.getOfft("XFERS_CURRENT")).toThrow(NOT_THERE);
      return;
    }
    const all = ["XFERS_CURRENT", "XFERS_RUNNING", "XFERS_PENDING", "XFERS_DONE", "XFERS_ADDED"] as const;
    const counts = (): number[] => all.map((info) => multi.getOfft(info));
    multi.setopt("MAX_TOTAL_CONNECTIONS", 1);
    expect(counts()).toEqual([0, 0, 0, 0, 0]);
    start("/bytes/5");
    start("/hang");
    start("/hang");
    while (multi.perform() > 2) multi.poll([], 1000);
    expect(counts()).toEqual([3, 1, 1, 1, 3]);
    multi.removeHandle(multi.infoRead()?.easy as Easy);
    const [current, running = 0, pending = 0, done, added] = counts();
    expect([current, running + pending, done, added]).toEqual([2, 2, 0, 3]);
  });
});

describe("setopt", () => {
  const values: readonly unknown[] = [undefined, null, 0, "text", Symbol("s"), { an: "object" }, () => 1, Number.NaN];

  it("takes any value as SOCKETDATA and TIMERDATA, and gives it to the callback", () => {
    for (const value of values) {
      const loop = new Multi(library);
      const got: unknown[] = [];
      loop.setopt("SOCKETDATA", value);
      loop.setopt("TIMERDATA", value);
      loop.setopt("SOCKETFUNCTION", (_easy, _fd, _what, userp) => void got.push(userp));
      loop.setopt("TIMERFUNCTION", (_ms, userp) => void got.push(userp));
      const easy = new Easy(library);
      easy.setopt("URL", `${server.http}/hang`);
      loop.addHandle(easy);
      loop.socketAction(-1, 0);
      loop.cleanup();
      easy.cleanup();
      expect(got.length).toBeGreaterThan(1);
      for (const each of got) expect(each).toBe(value);
    }
  });

  it("takes callbacks away again", () => {
    let told = 0;
    multi.setopt("TIMERFUNCTION", () => void told++);
    multi.setopt("TIMERFUNCTION", null);
    start("/hang");
    expect(told).toBe(0);
  });

  it("says why an option cannot be set", () => {
    const set = multi.setopt.bind(multi) as (option: string, value: unknown) => void;
    expect(() => set("PIPELINING_SITE_BL", ["a"])).toThrow(expect.objectContaining({ code: "OPTION_REFUSED" }));
    expect(() => set("MAXCONNECTS", 1.5)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    expect(() => set("TIMERFUNCTION", undefined)).toThrow(expect.objectContaining({ code: "WRONG_TYPE" }));
    set("CHUNK_LENGTH_PENALTY_SIZE", 2 ** 40);
  });
});

describe("notifications, where the library has none", () => {
  it("are not to be had, and nothing is lost by asking", () => {
    if (!lacks("curl_multi_notify_enable")) return;
    expect(() => multi.notifyEnable(CURLMNOTIFY_INFO_READ)).toThrow(NOT_THERE);
    expect(() => multi.notifyDisable(CURLMNOTIFY_EASY_DONE)).toThrow(NOT_THERE);
    expect(() => multi.setopt("NOTIFYFUNCTION", () => {})).toThrow(NOT_THERE);
    expect(() => multi.setopt("NOTIFYDATA", 1)).toThrow(NOT_THERE);
    const easy = start("/bytes/5");
    while (multi.perform() > 0) multi.poll([], 1000);
    expect(multi.infoRead()).toMatchObject({ easy, result: 0 });
  });
});

describe("a multi that was cleaned up", () => {
  it("refuses every call, and is not cleaned up twice", () => {
    multi.cleanup();
    multi.cleanup();
    const easy = new Easy(library);
    const calls: (() => unknown)[] = [
      () => multi.setopt("MAXCONNECTS", 1),
      () => multi.watchSockets(null),
      () => multi.addHandle(easy),
      () => multi.removeHandle(easy),
      () => multi.getHandles(),
      () => multi.getOfft("XFERS_DONE"),
      () => multi.infoRead(),
      () => multi.socketAction(-1, 0),
      () => multi.socket(-1),
      () => multi.socketAll(),
      () => multi.timeout(),
      () => multi.assign(5, 1),
      () => multi.notifyEnable(0),
      () => multi.notifyDisable(0),
      () => multi.perform(),
      () => multi.fdset(),
      () => multi.waitfds(),
      () => multi.poll([], 0),
      () => multi.wait([], 0),
      () => multi.wakeup(),
    ];
    for (const call of calls) expect(call).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
    easy.cleanup();
  });
});

it("tells what waited for the end of a call once, whoever asks for it meanwhile", () => {
  const telling = new TellingCallbacks();
  const told: number[] = [];
  telling.values.TIMERFUNCTION = (timeoutMs) => {
    if (told.push(timeoutMs) < 5) telling.tellKept(); // as native/telling.c does before anything else is told
  };
  telling.keep(true)?.set([2, 0, 0, -1, 7, 0, 0, -1, 8, 0]); // no bytes gathered; the timer, twice
  telling.tellKept();
  expect(told).toEqual([7, 8]);
});
