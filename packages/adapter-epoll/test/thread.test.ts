/** The thread: when it wakes, and when it does not (P F, P 26, 27, 37, 38). */
import { once } from "node:events";
import { readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Attachment } from "@curlew/core";
import { CURL_POLL_IN } from "@curlew/core";
import { descriptors, startProgram, threadsNamed, watchThread } from "@curlew/testkit";
import { until } from "@curlew/testkit/in-tests";
import { attachedTo } from "@curlew/testkit/loop-tests";
import { describe, expect, it, onTestFinished } from "vitest";
import { epollLoop } from "../src/index.js";

const bytes = Buffer.from("x");

/** An attachment, and the thread that is its. */
function attached() {
  const before = new Set(threadsNamed("curlew-epoll"));
  const made = attachedTo(epollLoop());
  const tid = threadsNamed("curlew-epoll").find((id) => !before.has(id));
  if (tid === undefined) throw new Error("there is no thread of that name");
  return { ...made, tid };
}

/** The epolls, eventfds and timerfds that are open. Not files: a runtime opens and closes some when it likes, Bun does. */
function anonymousInodes(): string[] {
  const targets = descriptors.openDescriptors().map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "the folder's own, closed again";
    }
  });
  return targets.filter((target) => target.startsWith("anon_inode:")).sort();
}

/** Two connected sockets, the first of them watched. */
function watched(loop: Attachment): [number, number] {
  const fds = descriptors.socketpair();
  loop.watch(fds[0], CURL_POLL_IN);
  onTestFinished(() => {
    loop.unwatch(fds[0]);
    for (const fd of fds) descriptors.close(fd);
  });
  return fds;
}

/** Keeps JavaScript busy. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe("the thread", () => {
  it("calls once and sleeps while JavaScript is busy for 500 ms with a descriptor ready (P 37)", async () => {
    const { loop, seen, batches, settled, tid } = attached();
    const [a, b] = watched(loop);
    await settled();
    await new Promise((resolve) => setTimeout(resolve, 20)); // until everybody sleeps
    const use = watchThread(tid);
    descriptors.write(b, bytes);
    block(500);
    const { sleeps, cpuMs } = use();
    console.log(
      `500 ms of work with a descriptor ready: the thread slept ${sleeps} times and used ${cpuMs.toFixed(3)} ms`,
    );
    expect(sleeps).toBeGreaterThan(0); // it was woken by the byte
    expect(sleeps).toBeLessThanOrEqual(2);
    expect(cpuMs).toBeLessThan(50);
    descriptors.read(a);
    await settled();
    expect({ seen, batches }).toEqual({ seen: [], batches: [] }); // what it called for was gone by then, and asked for anew
  });

  it("is not asked for a second call by a turn of setImmediate while its first is queued (P 37)", async () => {
    const { loop, seen, settled, tid } = attached();
    const [a, b] = watched(loop);
    await settled();
    await new Promise((resolve) => setTimeout(resolve, 20)); // until everybody sleeps
    const use = watchThread(tid);
    const sleeps = await new Promise<number>((resolve) => {
      setImmediate(() => {
        descriptors.write(b, bytes);
        for (const end = performance.now() + 10_000; use().sleeps === 0 && performance.now() < end; ); // until it has called
      });
      loop.arm(0); // whose turn comes right behind that, before the call's
      setImmediate(() => {
        block(20); // it would have called again by then
        resolve(use().sleeps);
      });
    });
    expect({ sleeps, seen }).toEqual({ sleeps: 1, seen: [{ fd: a, bits: 1 }] });
    descriptors.read(a);
  });

  it("is not woken by what is unwatched, which epoll has forgotten by then (P A2)", async () => {
    const { loop, settled, tid } = attached();
    const [a, b] = watched(loop);
    await settled();
    loop.unwatch(a);
    await new Promise((resolve) => setTimeout(resolve, 20)); // until everybody sleeps
    const use = watchThread(tid);
    descriptors.write(b, bytes);
    await new Promise((resolve) => setTimeout(resolve, 20)); // it would be awake by then
    expect(use().sleeps).toBe(0);
  });

  it("is back at work after that: what becomes ready while it sleeps is reported at once (P 38)", async () => {
    const { loop, next } = attached();
    const [a, b] = watched(loop);
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20)); // until everybody sleeps
      const reported = next();
      const started = performance.now();
      descriptors.write(b, bytes);
      await reported;
      took.push(performance.now() - started);
      descriptors.read(a);
    }
    took.sort((x, y) => x - y);
    console.log(`from write to report: median ${took[10]?.toFixed(3)} ms, worst ${took.at(-1)?.toFixed(3)} ms`);
    expect(took[10]).toBeLessThan(50);
    expect(took.at(-1)).toBeLessThan(500); // whatever else the machine does
  });

  it("is left asleep by descriptors that are not ready and timers that are far, for 5 s (P 26, 27)", async () => {
    const { loop, settled, tid } = attached();
    for (let i = 0; i < 100; i++) watched(loop);
    loop.arm(60_000);
    await settled();
    const use = watchThread(tid);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const { sleeps, cpuMs } = use();
    console.log(`idle for 5 s: the thread woke ${sleeps} times and used ${cpuMs.toFixed(3)} ms`);
    expect(sleeps).toBeLessThanOrEqual(5);
  });

  it("is not woken by arming, disarming, watching and unwatching", async () => {
    const { loop, settled, tid } = attached();
    const [a] = watched(loop);
    await settled();
    const use = watchThread(tid);
    for (let i = 0; i < 1000; i++) {
      loop.arm(1000 + i);
      loop.unwatch(a);
      loop.watch(a, CURL_POLL_IN);
      loop.disarm();
    }
    const { sleeps } = use();
    expect(sleeps).toBeLessThanOrEqual(2);
  });

  it("is not woken by a 0 timer while the loop is held, nor by the first after that", async () => {
    const { loop, next, tid } = attached();
    loop.hold(false);
    await new Promise((resolve) => setTimeout(resolve, 20)); // until everybody sleeps
    const use = watchThread(tid);
    for (let i = 0; i < 50; i++) {
      loop.hold(true);
      loop.arm(0);
      await next();
      loop.hold(false);
      loop.arm(0);
      await next();
    }
    expect(use().sleeps).toBe(0);
  });

  it("leaves every signal to the runtime's threads", async () => {
    const { settled, tid } = attached();
    await settled(); // it has run: before that, whatever it will do, all signals are blocked
    const blocked = BigInt(`0x${/^SigBlk:\s+(\w+)/m.exec(readFileSync(`/proc/self/task/${tid}/status`, "utf8"))?.[1]}`);
    const names = Object.keys(constants.signals) as NodeJS.Signals[];
    const taken = names.filter((name) => !(blocked & (1n << BigInt(constants.signals[name] - 1))));
    expect(taken.sort()).toEqual(["SIGKILL", "SIGSTOP"]); // which cannot be blocked
  });

  it("goes on when the process was stopped and continued, which ends its wait with EINTR", async () => {
    const program = fileURLToPath(new URL("./programs/stopped.mjs", import.meta.url));
    const child = startProgram(program, [], { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const state = () => readFileSync(`/proc/${child.pid}/stat`, "utf8").replace(/.*\) /, "")[0];
    let said = "";
    child.stdout?.on("data", (data) => {
      said += data;
    });
    await once(child.stdout as NodeJS.ReadableStream, "data");
    await new Promise((resolve) => setTimeout(resolve, 100)); // until its thread waits
    process.kill(child.pid ?? 0, "SIGSTOP");
    while (state() !== "T") await new Promise((resolve) => setTimeout(resolve, 1));
    process.kill(child.pid ?? 0, "SIGCONT");
    await new Promise((resolve) => setTimeout(resolve, 100)); // until its thread is done with that
    child.stdin?.write("x");
    const [code] = await once(child, "close");
    expect({ code, said }).toEqual({ code: 0, said: "ready\nheard\n" });
  });

  it("is heard each time: 150 000 calls in three processes", async () => {
    const program = fileURLToPath(new URL("./programs/calls.mjs", import.meta.url));
    const started = performance.now();
    const heard = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const child = startProgram(program, [], { stdio: ["ignore", "pipe", "inherit"] });
        onTestFinished(() => void child.kill("SIGKILL"));
        return Number(await text(child.stdout as NodeJS.ReadableStream));
      }),
    );
    console.log(`150 000 calls in three processes: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    expect(heard).toEqual([50_000, 50_000, 50_000]); // Deno loses some, and slept for ever at the first
  });

  it("ends with close, and everything with it: 500 attachments one after the other", async () => {
    const count = () => ({ threads: threadsNamed("curlew-epoll").length, fds: anonymousInodes() });
    const quiet = { ready() {}, batchEnd() {}, expired() {}, failed() {} };
    const one = async (): Promise<void> => {
      const loop = epollLoop().attach(quiet);
      loop.hold(true);
      loop.arm(0);
      await loop.close();
    };
    await one();
    const before = count();
    const started = performance.now();
    for (let i = 0; i < 500; i++) await one();
    console.log(`attach and close: ${((performance.now() - started) / 500).toFixed(3)} ms`);
    await until(() => count().threads <= before.threads); // joined, a thread may be in /proc a little longer
    expect(count()).toEqual(before);
  });
});
