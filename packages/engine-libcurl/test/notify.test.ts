/**
 * NOTIFYFUNCTION came with libcurl 8.17, which is newer than what is tested here. A library that stands before the libcurl at
 * hand has it: what is shown then is the binding's part of it, and not libcurl's. With a libcurl that has it (CURLEW_LIBCURL)
 * the same is asked of both; 8.23.0 passed.
 */
import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT, type Message } from "@curlew/core";
import { notifyingLibcurl, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { findLibcurl } from "../src/find-libcurl.js";
import { CURLMNOTIFY_EASY_DONE, CURLMNOTIFY_INFO_READ, type Easy, loadLibcurl } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

const plain = loadLibcurl();
const lacksIt = plain.absent.functions.includes("curl_multi_notify_enable");
const library = lacksIt ? loadLibcurl(notifyingLibcurl(findLibcurl(undefined))) : plain;
console.log(`NOTIFYFUNCTION of ${lacksIt ? "a stand-in before " : ""}libcurl ${library.version}`);
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

it("is called for what is enabled, with its data; messages are read, handles removed and added in it (C 10.3, 13)", async () => {
  const { multi } = loop;
  const told: unknown[][] = [];
  const read: Message<Easy>[] = [];
  const next = loop.easy(`${server.http}/bytes/6`);
  multi.setopt("NOTIFYDATA", "the notify data");
  multi.setopt("NOTIFYFUNCTION", (...args) => {
    told.push(args);
    for (let message = multi.infoRead(); message; message = multi.infoRead()) {
      read.push(message);
      multi.removeHandle(message.easy);
      if (read.length === 1) multi.addHandle(next);
    }
  });
  const first = loop.easy(`${server.http}/bytes/5`);
  multi.addHandle(first);
  await loop.until(1); // not enabled: the loop reads the message
  expect(told).toEqual([]);
  multi.notifyEnable(CURLMNOTIFY_INFO_READ);
  multi.addHandle(first);
  await loop.while(() => read.length < 2);
  expect(read.map(({ easy, result }) => [easy, result])).toEqual([
    [first, 0],
    [next, 0],
  ]);
  expect(told).toEqual([
    [CURLMNOTIFY_INFO_READ, undefined, "the notify data"],
    [CURLMNOTIFY_INFO_READ, undefined, "the notify data"],
  ]);
  multi.notifyDisable(CURLMNOTIFY_INFO_READ);
  expect(() => multi.notifyEnable(7)).toThrow(expect.objectContaining({ code: "NOT_IN_THIS_LIBCURL" }));
  for (const easy of [first, next]) easy.cleanup();
});

it("tells of each easy that is done, before it tells that there are messages (C 13.2)", async () => {
  const { multi } = loop;
  const told: unknown[][] = [];
  multi.setopt("NOTIFYFUNCTION", (type, easy) => void told.push([type, easy]));
  const [first, second] = [loop.easy(`${server.http}/bytes/5`), loop.easy("http://127.0.0.1:1/")] as const;
  for (const type of [CURLMNOTIFY_EASY_DONE, CURLMNOTIFY_INFO_READ]) multi.notifyEnable(type);
  multi.addHandle(first);
  await loop.until(1);
  expect(told).toEqual([
    [CURLMNOTIFY_EASY_DONE, first],
    [CURLMNOTIFY_INFO_READ, undefined],
  ]);
  multi.notifyDisable(CURLMNOTIFY_INFO_READ);
  multi.addHandle(second);
  await loop.until(2);
  expect(loop.done.map(({ result }) => result)).toEqual([0, 7]);
  expect(told.slice(2)).toEqual([[CURLMNOTIFY_EASY_DONE, second]]); // also of one that fails
  multi.notifyDisable(CURLMNOTIFY_EASY_DONE);
  multi.addHandle(first);
  await loop.until(3);
  expect(told).toHaveLength(3);
  for (const easy of [first, second]) easy.cleanup();
});

it("is not thrown what another callback left behind: that is for the call which is under way", async () => {
  const { multi } = loop;
  const cause = new Error("in the socket callback");
  const inside: unknown[] = [];
  loop.onSocket = ({ action }) => {
    if (action === CURL_POLL_REMOVE) throw cause;
  };
  multi.setopt("NOTIFYFUNCTION", () => {
    try {
      const message = multi.infoRead();
      if (message) multi.removeHandle(message.easy);
      multi.timeout();
    } catch (error) {
      inside.push(error);
    }
  });
  multi.notifyEnable(CURLMNOTIFY_INFO_READ);
  const easy = loop.easy(`${server.http}/bytes/5`);
  multi.addHandle(easy);
  await expect(loop.while(() => easy.added)).rejects.toMatchObject({ code: "CALLBACK_FAILED", cause });
  expect(inside).toEqual([]);
  expect(easy.added).toBe(false);
  loop.onSocket = () => {};
  easy.cleanup();
});

it("refuses the calls that run transfers, and cleanup; what it throws comes out of the call under way", async () => {
  const { multi } = loop;
  const cause = new Error("in the notify callback");
  const codes: string[] = [];
  multi.setopt("NOTIFYFUNCTION", () => {
    const calls = [
      () => multi.socketAction(CURL_SOCKET_TIMEOUT, 0),
      () => multi.socket(-1),
      () => multi.socketAll(),
      () => multi.perform(),
      () => multi.cleanup(),
    ];
    for (const call of calls)
      try {
        call();
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
    throw cause;
  });
  multi.notifyEnable(CURLMNOTIFY_INFO_READ);
  const easy = loop.easy(`${server.http}/bytes/5`);
  multi.addHandle(easy);
  await expect(loop.until(1)).rejects.toMatchObject({ code: "CALLBACK_FAILED", cause });
  expect(codes).toEqual(Array(5).fill("RECURSIVE_CALL"));
  expect(multi.infoRead()).toMatchObject({ easy, result: 0 });
  multi.removeHandle(easy);
  easy.cleanup();
});
