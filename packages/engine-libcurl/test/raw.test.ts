import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT, MultiError } from "@curlew/core";
import { startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { native } from "../src/binding.js";
import { HandLoop } from "./hand-loop.js";

let server: TestServer;
let loop: HandLoop;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  loop = new HandLoop();
  return () => loop.multi.cleanup();
});

describe("a transfer by the manual page", () => {
  it("tells descriptors and timers, acts, ends with one message (C 6, C1)", async () => {
    const easy = loop.easy(`${server.http}/bytes/5`);
    loop.multi.addHandle(easy);
    expect(loop.timerCalls).toEqual([0]); // add_handle asks for a kick (C 5.1)
    await loop.until(1);
    expect(loop.done).toEqual([{ easy, result: 0, queued: 0 }]);
    expect(easy.text()).toHaveLength(5);
    expect(easy.headerText()).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\n\r\n$/s);
    expect(easy.getinfo("RESPONSE_CODE")).toBe(200);
    const actions = loop.socketCalls.map(({ action }) => action);
    expect(actions.at(-1)).toBe(CURL_POLL_REMOVE);
    expect(new Set(actions).size).toBeGreaterThan(1);
    expect(loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0)).toBe(0);
    easy.cleanup();
  });

  it("reaches the callback as easy, fd, action, userp, socketp; what was assigned comes back until REMOVE (C 2.1, 3.1)", async () => {
    const easy = loop.easy(`${server.http}/bytes/5`);
    const assigned = { for: "the socket" };
    loop.onSocket = ({ fd, socketp }) => {
      if (socketp === undefined) loop.multi.assign(fd, assigned);
    };
    loop.multi.addHandle(easy);
    await loop.until(1);
    const own = loop.socketCalls.filter((call) => call.easy === easy);
    expect(own.length).toBeGreaterThan(0);
    expect(own.every(({ userp }) => userp === "the socket data")).toBe(true);
    const { fd } = own[0] as { fd: number };
    const perFd = loop.socketCalls.filter((call) => call.fd === fd).map(({ socketp }) => socketp);
    expect(perFd[0]).toBeUndefined();
    expect(perFd.slice(1)).toEqual(perFd.slice(1).map(() => assigned));
    easy.cleanup();
  });

  it("reuses the connection: REMOVE between, socketp is undefined again (C2, C 2.7)", async () => {
    const fds = new Set<number>();
    loop.onSocket = ({ fd, socketp, action }) => {
      fds.add(fd);
      if (socketp === undefined && action !== CURL_POLL_REMOVE) loop.multi.assign(fd, "mine");
    };
    for (let i = 1; i <= 2; i++) {
      const easy = loop.easy(`${server.http}/bytes/5`);
      const before = loop.socketCalls.length;
      loop.multi.addHandle(easy);
      await loop.until(i);
      expect(loop.socketCalls[before]?.socketp).toBeUndefined();
      expect(easy.getinfo("NUM_CONNECTS")).toBe(i === 1 ? 1 : 0);
      easy.cleanup();
    }
    expect(fds.size).toBe(1);
  });

  it("ends in the very first kick when the URL cannot be used, without a descriptor (C 9.8)", () => {
    const easy = loop.easy("http://256.256.256.256.:99999/");
    loop.multi.addHandle(easy);
    loop.turn();
    expect(loop.done).toMatchObject([{ result: 3 }]);
    expect(easy.failure(3)).toMatchObject({ code: "TRANSFER_FAILED", curlCode: 3 });
    easy.cleanup();
  });

  it("tells running handles: added and not done, started or not (C 5.9)", async () => {
    const easies = [1, 2, 3].map(() => loop.easy(`${server.http}/hang`));
    for (const easy of easies) loop.multi.addHandle(easy);
    expect(loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0)).toBe(3);
    for (const easy of easies) loop.multi.removeHandle(easy);
    expect(loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0)).toBe(0);
    for (const easy of easies) easy.cleanup();
  });

  it("taken over late is announced by socketAll (C31, C 2.14)", async () => {
    const easy = loop.easy(`${server.http}/delay/20`);
    const socketFunction = loop.multi;
    let told = 0;
    socketFunction.setopt("SOCKETFUNCTION", null);
    loop.multi.addHandle(easy);
    loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0);
    loop.multi.setopt("SOCKETFUNCTION", (_easy, fd, action) => {
      told++;
      if (action === CURL_POLL_REMOVE) loop.wanted.delete(fd);
      else loop.wanted.set(fd, action);
    });
    expect(loop.multi.socketAll()).toBe(1);
    expect(told).toBeGreaterThan(0);
    await loop.until(1);
    expect(easy.text()).toBe("late");
    easy.cleanup();
  });

  it("does not mind descriptors it never saw, or bits of any kind (C7, C8, C 5.3)", async () => {
    const easy = loop.easy(`${server.http}/delay/20`);
    loop.multi.addHandle(easy);
    await loop.while(() => loop.wanted.size === 0);
    for (const fd of [0, 777, 19_999]) expect(loop.multi.socketAction(fd, 1)).toBe(1);
    for (const fd of loop.wanted.keys()) for (const bits of [0, 2, 1, 5]) loop.multi.socketAction(fd, bits);
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(0);
    easy.cleanup();
  });
});

describe("timers", () => {
  it("told and asked for agree (C 4.12, I4)", () => {
    const easy = loop.easy(`${server.http}/hang`);
    easy.setopt("TIMEOUT_MS", 5000);
    loop.multi.addHandle(easy);
    expect(loop.multi.timeout()).toBe(0);
    loop.multi.removeHandle(easy);
    expect(loop.multi.timeout()).toBe(-1);
    easy.cleanup();
  });

  it("too early change nothing: the rest is told again (C10, C 4.4)", async () => {
    const easy = loop.easy(`${server.http}/hang`);
    easy.setopt("TIMEOUT_MS", 300);
    loop.multi.addHandle(easy);
    await loop.while(() => loop.wanted.size === 0);
    for (let i = 0; i < 3; i++) loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0);
    expect(loop.timerCalls.at(-1)).toBeGreaterThan(0);
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(28);
    easy.cleanup();
  });
});

describe("assign", () => {
  it("answers 5 for a descriptor that has no entry (C9, C 3.2)", () => {
    expect(() => loop.multi.assign(777, {})).toThrow(expect.objectContaining({ code: "MULTI_FAILED", multiCode: 5 }));
  });

  it("keeps the last of many values, any of them, and lets go of it", async () => {
    const easy = loop.easy(`${server.http}/bytes/5`);
    const values: unknown[] = [1, "two", Symbol("three"), { four: 4 }, null];
    loop.onSocket = ({ fd, action }) => {
      if (action !== CURL_POLL_REMOVE) for (const value of values) loop.multi.assign(fd, value);
    };
    loop.multi.addHandle(easy);
    await loop.until(1);
    const later = loop.socketCalls.filter(({ socketp }) => socketp !== undefined);
    expect(later.length).toBeGreaterThan(0);
    expect(later.every(({ socketp }) => socketp === null)).toBe(true);
    easy.cleanup();
  });
});

describe("callbacks that misbehave (C 2.9, 4.11)", () => {
  it("throw out of the call that was under way, and the transfer goes on", async () => {
    const easy = loop.easy(`${server.http}/bytes/5`);
    const cause = new Error("in the socket callback");
    let thrown: unknown;
    loop.onSocket = () => {
      if (thrown) return;
      throw cause;
    };
    loop.multi.addHandle(easy);
    try {
      loop.turn();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MultiError);
    expect(thrown).toMatchObject({ code: "CALLBACK_FAILED", multiCode: 11, cause });
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(0);
    easy.cleanup();
  });

  it("answer something else than 0: the same, and libcurl never hears of it", async () => {
    const easy = loop.easy(`${server.http}/bytes/5`);
    let answers = [-1];
    loop.onTimer = () => answers.pop();
    expect(() => loop.multi.addHandle(easy)).toThrow(expect.objectContaining({ code: "CALLBACK_FAILED" }));
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(0);
    answers = [];
    easy.cleanup();
  });

  it("during clean-up throw out of that, and everything is freed all the same (C 6.7)", async () => {
    const easy = loop.easy(`${server.http}/hang`);
    const before = native().live();
    loop.multi.addHandle(easy);
    await loop.while(() => loop.wanted.size === 0);
    loop.onSocket = () => {
      throw new Error("in the callback");
    };
    expect(() => loop.multi.cleanup()).toThrow(expect.objectContaining({ code: "CALLBACK_FAILED" }));
    easy.cleanup();
    expect(native().live()).toEqual({ ...before, easies: before.easies - 1, multis: before.multis - 1 });
  });

  it("in a data callback fail that transfer, with cause", async () => {
    const cause = new Error("in the write callback");
    const easy = loop.easy(`${server.http}/bytes/5`);
    easy.setopt("WRITEFUNCTION", () => {
      throw cause;
    });
    loop.multi.addHandle(easy);
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(23);
    expect(easy.failure(23)).toMatchObject({ code: "CALLBACK_FAILED", curlCode: 23, cause });
    easy.cleanup();
  });
});
