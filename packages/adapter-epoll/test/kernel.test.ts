/** Where the kernel's table and ours can differ (P A1 to A11). */
import { spawnSync } from "node:child_process";
import { CURL_POLL_IN, CURL_POLL_OUT } from "@curlew/core";
import { descriptors, threadsNamed, watchThread } from "@curlew/testkit";
import { attachedTo } from "@curlew/testkit/loop-tests";
import { describe, expect, it } from "vitest";
import { epollLoop } from "../src/index.js";

const bytes = Buffer.from("x");
const attached = () => attachedTo(epollLoop());

/** Closes what a test opened. */
function close(...fds: number[]): void {
  for (const fd of fds) descriptors.close(fd);
}

describe("a number that was closed unseen", () => {
  it("and is another socket's by now: a change of interest is a registration (ENOENT, P A1)", async () => {
    const { loop, seen, next } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    close(a, b);
    const [again, peer] = descriptors.socketpair();
    expect(again).toBe(a);
    loop.watch(again, CURL_POLL_OUT);
    await next();
    expect(seen).toEqual([{ fd: again, bits: 2 }]);
    loop.unwatch(again);
    close(again, peer);
  });

  it("and leads back to the object it led to: a registration is a change of interest (EEXIST, P A1)", async () => {
    const { loop, seen, next, settled } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    const kept = descriptors.dup(a);
    close(a);
    loop.unwatch(a); // EBADF: the kernel keeps the registration, because the socket lives
    const again = descriptors.dup(kept);
    expect(again).toBe(a);
    loop.watch(again, CURL_POLL_OUT);
    await next();
    expect(seen).toEqual([{ fd: again, bits: 2 }]);
    loop.unwatch(again);
    await settled();
    expect(seen.every(({ bits }) => bits === 2)).toBe(true);
    close(again, kept, b);
  });

  it("while a duplicate lives: what cannot be removed is not reported, and wakes nobody for long (P A10)", async () => {
    const { loop, seen, next, settled } = attached();
    const [a, b] = descriptors.socketpair();
    const [c, d] = descriptors.socketpair();
    loop.watch(c, CURL_POLL_IN);
    loop.watch(a, CURL_POLL_IN);
    const kept = descriptors.dup(a);
    close(a);
    loop.unwatch(a);
    descriptors.write(b, bytes); // readable for ever, by a registration that has no number any more
    await settled();
    const uses = threadsNamed("curlew-epoll").map(watchThread);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sleeps = uses.map((use) => use().sleeps);
    console.log(`with a ghost in the set: woken ${Math.max(...sleeps)} times in 300 ms`);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(5);
    expect(seen).toEqual([]);
    descriptors.write(d, bytes); // and what was registered beside it still is
    await next();
    expect(seen).toEqual([{ fd: c, bits: 1 }]);
    loop.unwatch(c);
    close(kept, b, c, d);
  });
});

describe("a hang-up", () => {
  it("of what is not watched any more wakes nobody (P A11)", async () => {
    const { loop, seen, settled } = attached();
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    loop.unwatch(a);
    close(b);
    const uses = threadsNamed("curlew-epoll").map(watchThread);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(Math.max(...uses.map((use) => use().sleeps))).toBeLessThanOrEqual(2);
    await settled();
    expect(seen).toEqual([]);
    close(a);
  });
});

describe("a child process", () => {
  it("inherits nothing (close-on-exec)", () => {
    const inherited = () => spawnSync("/bin/ls", ["-l", "/proc/self/fd"]).stdout.toString().split("\n").length;
    const before = inherited();
    attached();
    attached().loop.arm(1000);
    expect(inherited()).toBe(before);
  });
});

describe("10 000 descriptors that are watched and idle", () => {
  /** The time of an event among so many, ms: written, reported, read. */
  async function eventMs(idle: number, events: number): Promise<number> {
    const { loop, next } = attached();
    const others = Array.from({ length: idle }, () => descriptors.eventfd());
    for (const fd of others) loop.watch(fd, CURL_POLL_IN);
    const [a, b] = descriptors.socketpair();
    loop.watch(a, CURL_POLL_IN);
    const started = performance.now();
    for (let i = 0; i < events; i++) {
      const reported = next();
      descriptors.write(b, bytes);
      await reported;
      descriptors.read(a);
    }
    const tookMs = (performance.now() - started) / events;
    await loop.close();
    close(...others, a, b);
    return tookMs;
  }

  it("do not make an event dearer", async () => {
    const few: number[] = [];
    const many: number[] = [];
    await eventMs(100, 500);
    for (let i = 0; i < 7; i++) {
      few.push(await eventMs(100, 500));
      many.push(await eventMs(10_000, 500));
    }
    const median = (values: number[]) => values.sort((x, y) => x - y)[values.length >> 1] ?? 0;
    const ratio = median(many) / median(few);
    console.log(
      `an event among 100 idle descriptors: ${(median(few) * 1000).toFixed(1)} us, among 10 000: ` +
        `${(median(many) * 1000).toFixed(1)} us, ratio ${ratio.toFixed(2)}`,
    );
    expect(ratio).toBeLessThan(5); // looking at each would make it 100
  });
});
