/**
 * Every call on a multi, made inside every kind of callback (C21, C 10.2): refused by us before libcurl could crash, answer
 * 8, or say nothing; or carried out, where libcurl allows it. Either way the transfer goes on as if nothing had been.
 */
import { CURL_POLL_IN, CURL_SOCKET_TIMEOUT } from "@curlew/core";
import { startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { native } from "../src/binding.js";
import { Easy, loadLibcurl, type Multi } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const library = loadLibcurl();

interface Scene {
  readonly loop: HandLoop;
  readonly multi: Multi;
  /** Under way. */
  readonly easy: Easy;
  /** Not added. */
  readonly idle: Easy;
}

/** How to have `run` called inside each kind of callback. */
const callbacks: Readonly<Record<string, (scene: Scene, run: () => void) => void>> = {
  SOCKETFUNCTION: ({ loop }, run) => {
    loop.onSocket = () => run();
  },
  TIMERFUNCTION: ({ loop }, run) => {
    loop.onTimer = () => run();
  },
  "the announcement of an opened socket": ({ multi }, run) => multi.watchSockets({ opened: run, closing: () => {} }),
  "the announcement of a closing socket": ({ multi, easy }, run) => {
    easy.setopt("FORBID_REUSE", 1);
    multi.watchSockets({ opened: () => {}, closing: run });
  },
  HEADERFUNCTION: ({ easy }, run) => easy.setopt("HEADERFUNCTION", () => run()),
  WRITEFUNCTION: ({ easy }, run) => easy.setopt("WRITEFUNCTION", () => run()),
};

type Outcome = "RECURSIVE_CALL" | "carried out" | { absentBelow: string };

/** Every call on a multi, and what becomes of it inside a callback. */
const calls: readonly [name: string, outcome: Outcome, call: (scene: Scene, fd: number) => unknown][] = [
  ["addHandle", "RECURSIVE_CALL", ({ multi, idle }) => multi.addHandle(idle)],
  ["removeHandle", "RECURSIVE_CALL", ({ multi, easy }) => multi.removeHandle(easy)],
  ["removeHandle of one that is not added", "RECURSIVE_CALL", ({ multi, idle }) => multi.removeHandle(idle)],
  ["socketAction", "RECURSIVE_CALL", ({ multi }) => multi.socketAction(CURL_SOCKET_TIMEOUT, 0)],
  ["socketAction of a socket", "RECURSIVE_CALL", ({ multi }, fd) => multi.socketAction(fd, CURL_POLL_IN)],
  ["socket", "RECURSIVE_CALL", ({ multi }, fd) => multi.socket(fd)],
  ["socketAll", "RECURSIVE_CALL", ({ multi }) => multi.socketAll()],
  ["perform", "RECURSIVE_CALL", ({ multi }) => multi.perform()],
  ["timeout", "RECURSIVE_CALL", ({ multi }) => multi.timeout()],
  ["infoRead", "RECURSIVE_CALL", ({ multi }) => multi.infoRead()],
  ["fdset", "RECURSIVE_CALL", ({ multi }) => multi.fdset()],
  ["waitfds", "RECURSIVE_CALL", ({ multi }) => multi.waitfds()],
  ["poll", "RECURSIVE_CALL", ({ multi }) => multi.poll([], 0)],
  ["wait", "RECURSIVE_CALL", ({ multi }) => multi.wait([], 0)],
  ["setopt of a number", "RECURSIVE_CALL", ({ multi }) => multi.setopt("MAXCONNECTS", 5)],
  ["setopt of a function", "RECURSIVE_CALL", ({ multi }) => multi.setopt("TIMERFUNCTION", null)],
  ["setopt of data", "RECURSIVE_CALL", ({ multi }) => multi.setopt("TIMERDATA", 5)],
  ["cleanup", "RECURSIVE_CALL", ({ multi }) => multi.cleanup()],
  ["wakeup", "carried out", ({ multi }) => multi.wakeup()],
  ["getHandles", { absentBelow: "curl_multi_get_handles" }, ({ multi }) => multi.getHandles()],
  ["notifyEnable", { absentBelow: "curl_multi_notify_enable" }, ({ multi }) => multi.notifyEnable(0)],
  ["notifyDisable", { absentBelow: "curl_multi_notify_disable" }, ({ multi }) => multi.notifyDisable(0)],
];

function expected(outcome: Outcome): string {
  if (typeof outcome === "string") return outcome;
  return library.absent.functions.includes(outcome.absentBelow) ? "NOT_IN_THIS_LIBCURL" : "carried out";
}

function outcomeOf(run: () => unknown): string {
  try {
    run();
    return "carried out";
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}

/** Runs one transfer with `run` in that callback; answers how often it was called. */
async function transfer(install: (scene: Scene, run: () => void) => void, run: (scene: Scene) => void) {
  const before = native().live();
  const loop = new HandLoop(library);
  const scene = { loop, multi: loop.multi, easy: loop.easy(`${server.http}/bytes/1000`), idle: new Easy(library) };
  let times = 0;
  install(scene, () => {
    times++;
    run(scene);
  });
  loop.multi.addHandle(scene.easy);
  await loop.until(1);
  expect(loop.done).toMatchObject([{ easy: scene.easy, result: 0 }]);
  expect(scene.easy.getinfo("SIZE_DOWNLOAD_T")).toBe(1000);
  expect(scene.idle.added).toBe(false);
  loop.onSocket = loop.onTimer = () => {};
  loop.multi.watchSockets(null);
  loop.multi.cleanup();
  for (const easy of [scene.easy, scene.idle]) easy.cleanup();
  expect(native().live()).toEqual(before);
  return times;
}

describe.each(Object.entries(callbacks))("inside %s", (_name, install) => {
  it.each(calls)("%s is refused, or allowed, and the transfer does not notice", async (_call, outcome, call) => {
    const seen = new Set<string>();
    const times = await transfer(install, (scene) => {
      const fd = [...scene.loop.wanted.keys()][0] ?? 0;
      seen.add(outcomeOf(() => call(scene, fd)));
    });
    expect(times).toBeGreaterThan(0);
    expect([...seen]).toEqual([expected(outcome)]);
  });

  it("assign works for what is registered (C 3.3)", async () => {
    const seen = new Set<string>();
    await transfer(install, ({ loop, multi }) => {
      for (const fd of loop.wanted.keys()) seen.add(outcomeOf(() => multi.assign(fd, { any: "value" })));
    });
    for (const outcome of seen) expect(outcome).toBe("carried out");
  });

  it("the transfer's own handle cannot be freed or reset", async () => {
    const seen = new Set<string>();
    await transfer(install, ({ easy }) => {
      for (const call of [() => easy.cleanup(), () => easy.reset()]) seen.add(outcomeOf(call));
    });
    expect([...seen]).toEqual(["HANDLE_IN_USE"]);
  });

  it("another multi can be driven (C41, C 10.5)", async () => {
    const other = new HandLoop(library);
    const easy = other.easy(`${server.http}/bytes/5`);
    other.multi.addHandle(easy);
    await transfer(install, () => other.turn());
    await other.until(1);
    expect(other.done).toMatchObject([{ result: 0 }]);
    other.multi.cleanup();
    easy.cleanup();
  });
});

describe("after a nested callback", () => {
  it("the outer one is still known: a pause in a write callback does not open the door (C22, C 10.4)", async () => {
    const seen = new Set<string>();
    let nested = 0;
    await transfer(
      (scene, run) => {
        scene.loop.onSocket = () => void nested++;
        scene.easy.setopt("WRITEFUNCTION", run);
      },
      ({ multi, easy, idle }) => {
        nested = 0;
        easy.pause(1); // deregisters the socket
        easy.pause(0); // and registers it again
        seen.add(outcomeOf(() => multi.addHandle(idle)));
      },
    );
    expect([...seen]).toEqual(["RECURSIVE_CALL"]);
    console.log(`libcurl ${library.version}: ${nested} socket callbacks inside the write callback`);
  });
});
