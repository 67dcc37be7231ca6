/** What the curl_multi_socket manual page says and no other test is about: docs/manual-page.md names these by their titles. */
import { readlinkSync } from "node:fs";
import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT } from "@curlew/core";
import { resolvedAfter, slowResolver, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { findLibcurl } from "../src/find-libcurl.js";
import { type Easy, loadLibcurl } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

const library = loadLibcurl(slowResolver(findLibcurl(undefined)));
let server: TestServer;
let loop: HandLoop;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  loop = new HandLoop(library);
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

async function transfer(...urls: string[]): Promise<Easy[]> {
  const easies = urls.map((url) => loop.easy(url));
  for (const easy of easies) loop.multi.addHandle(easy);
  await loop.until(loop.done.length + easies.length);
  onTestFinished(() => {
    for (const easy of easies) easy.cleanup();
  });
  return easies;
}

describe("running handles", () => {
  it("fall by one in a call for a socket of another transfer", async () => {
    const late = loop.easy(`${server.http}/hang`);
    late.setopt("TIMEOUT_MS", 100);
    const quick = loop.easy(`${server.http}/hang`);
    for (const easy of [late, quick]) loop.multi.addHandle(easy);
    await loop.while(() => loop.wanted.size < 2 || late.getinfo("REQUEST_SIZE") === 0);
    const due = performance.now() + 110;
    while (performance.now() < due); // its time passes, and nobody acts on it
    const fdOf = (easy: Easy) => loop.socketCalls.findLast((call) => call.easy === easy)?.fd ?? -1;
    expect(fdOf(quick)).not.toBe(fdOf(late));
    expect(loop.multi.socketAction(fdOf(quick), 1)).toBe(1);
    expect(loop.multi.infoRead()).toMatchObject({ easy: late, result: 28 });
    for (const easy of [late, quick]) {
      loop.multi.removeHandle(easy);
      easy.cleanup();
    }
  });
});

describe("the socket callback", () => {
  it("is called none, one or several times in a call", async () => {
    const easies = [1, 2, 3].map(() => loop.easy(`${server.http}/hang`));
    const during = (run: () => void): number => {
      const before = loop.socketCalls.length;
      run();
      return loop.socketCalls.length - before;
    };
    for (const easy of easies) loop.multi.addHandle(easy);
    expect(during(() => loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0))).toBeGreaterThanOrEqual(3);
    expect(during(() => loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0))).toBe(0);
    await loop.while(() => easies.some((easy) => easy.getinfo("REQUEST_SIZE") === 0));
    expect(during(() => loop.multi.removeHandle(easies[0] as Easy))).toBe(1); // and outside of the two functions (C 2.6)
    for (const easy of easies.slice(1)) loop.multi.removeHandle(easy);
    for (const easy of easies) easy.cleanup();
  });

  it("says IN, OUT, INOUT any number of times, then REMOVE once, for each descriptor; never NONE (I1, C 2.4)", async () => {
    await transfer(
      `${server.http}/bytes/100000`,
      `${server.http}/redirect/3`,
      `${server.https}/bytes/5`,
      "http://[::1]:1/",
    );
    const sequences = new Map<number, string>();
    for (const { fd, action } of loop.socketCalls) sequences.set(fd, (sequences.get(fd) ?? "") + action);
    expect(sequences.size).toBeGreaterThan(1);
    for (const sequence of sequences.values()) expect(sequence).toMatch(/^([123]+4)+$/);
  });

  it("says REMOVE for a connection that stays open and is used again (C 2.7)", async () => {
    const open: boolean[] = [];
    loop.onSocket = ({ fd, action }) => {
      if (action === CURL_POLL_REMOVE) open.push(readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:"));
    };
    await transfer(`${server.http}/bytes/5`);
    const [again] = await transfer(`${server.http}/bytes/5`);
    expect(open[0]).toBe(true);
    expect(open).not.toContain(false);
    expect(again?.getinfo("NUM_CONNECTS")).toBe(0);
  });

  it("tells several descriptors for one easy: here the resolver's own, then the connection's (C 2.11, 2.13)", async () => {
    const [easy] = await transfer(`${server.http.replace("127.0.0.1", resolvedAfter(50))}/bytes/5`);
    const calls = loop.socketCalls.filter((call) => call.easy === easy && call.action !== CURL_POLL_REMOVE);
    const removals = loop.socketCalls.filter(({ action }) => action === CURL_POLL_REMOVE);
    expect(calls.length).toBeGreaterThan(1);
    expect(removals.length).toBeGreaterThan(1);
  });
});

describe("what a call answers", () => {
  it("is OK though a transfer fails, and never that it wants to be called again (C 5.10, 8.4)", async () => {
    const answers: number[] = [];
    const { multi } = loop;
    const action = multi.socketAction.bind(multi);
    multi.socketAction = (fd, bits) => {
      const running = action(fd, bits);
      answers.push(running);
      return running;
    };
    await transfer("http://127.0.0.1:1/", `${server.http}/reset/1000`, `${server.http}/bytes/1000000`);
    expect(loop.done.filter(({ result }) => result !== 0)).toHaveLength(2);
    for (const running of answers) expect(running).toBeGreaterThanOrEqual(0);
    expect(answers.at(-1)).toBe(0);
  });
});
