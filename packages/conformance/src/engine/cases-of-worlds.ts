import assert from "node:assert";
import { CURL_POLL_REMOVE } from "@curlew/core";
import { connected, run, TIMEDOUT } from "./case.js";
import type { EngineLoop } from "./engine-loop.js";
import type { EngineCase } from "./types.js";

const COULD_NOT_RESOLVE = 6;
/** A call that takes so long waited for something; the slowest one here takes a hundredth of it. */
const BLOCKED_MS = 1000;
const FEW_IDLE = 10;
const MANY_IDLE = 300;
const EVENTS = 200;
/** Looking at every idle transfer would make it thirty. */
const MOST_GROWTH = 8;

/** Cases of the contract's list that need more of their world than a server. */
export const casesOfWorlds: readonly EngineCase[] = [
  run("C20", "DNS over HTTPS that fails: one message, of the user's transfer", async (loop) => {
    const { easy } = loop.start(loop.easy(loop.special("over DoH")));
    await loop.untilDone(1);
    await loop.pass(5);
    loop.exhaust();
    assert.equal(loop.result(easy), COULD_NOT_RESOLVE, "it ends with 6 (C20)");
    assert.deepEqual([loop.done.length, loop.running], [1, 0], "libcurl's own transfers have no message (C20, C 9.5)");
  }),
  run("C29", "a slow resolver: neither removing nor a timeout waits for it", async (loop) => {
    const slow = loop.special("slow name");
    const removed = loop.start(loop.easy(slow));
    const { easy } = loop.easy(slow);
    easy.setopt("TIMEOUT_MS", 60);
    loop.add(easy);
    await loop.pass(20);
    loop.exhaust();
    const before = loop.bench.nowMs();
    loop.remove(removed.easy);
    const tookMs = loop.bench.nowMs() - before;
    assert.ok(tookMs < BLOCKED_MS, `removing took ${tookMs} ms (C29, C 5.11)`);
    await loop.untilDone(1);
    const endedMs = loop.bench.nowMs() - before;
    assert.equal(loop.result(easy), TIMEDOUT, "and the other one ends by its timeout (C29)");
    assert.ok(endedMs < BLOCKED_MS, `which came after ${endedMs} ms (C29, C 5.11)`);
  }),
  run("C35", "what an event costs does not grow with idle transfers", async (loop) => {
    const few = await costOfEvent(loop, FEW_IDLE);
    const many = await costOfEvent(loop, MANY_IDLE);
    assert.ok(
      many.calls < few.calls + EVENTS / 10,
      `${few.calls} callbacks, and ${many.calls} with more idle ones (C35, I16)`,
    );
    if (few.ms === 0) return; // time is virtual
    const growth = many.ms / few.ms;
    assert.ok(growth < MOST_GROWTH, `${growth.toFixed(1)} times the time, with 30 times the idle ones (C35, I16)`);
  }),
  run("C38", "descriptor 0 is a socket like others", async (loop) => {
    loop.arrange("freeZero");
    const { easy, body } = loop.start(loop.get("bytes", 5));
    await loop.untilDone(1);
    const zero = loop.told.filter(({ fd }) => fd === 0).map(({ action }) => action);
    assert.deepEqual([loop.result(easy), body.length], [0, 5], "it ends well (C38)");
    const left = loop.bench.keepsWakeup ? zero[0] : CURL_POLL_REMOVE; // there it is the descriptor of all lookups
    assert.ok(zero.length > 0 && zero.at(-1) === left, `descriptor 0 was told: ${zero} (C38)`);
  }),
  run("C39", "descriptors above 1024", async (loop) => {
    loop.arrange("crowd");
    const { easy, body } = loop.start(loop.get("bytes", 100_000));
    const fd = await connected(loop);
    assert.ok(fd > 1024, `the descriptor is ${fd} (C39)`);
    await loop.untilDone(1);
    assert.deepEqual([loop.result(easy), body.length], [0, 100_000], "it ends well (C39)");
  }),
];

/** Callbacks and ms of events on one descriptor, with so many transfers that wait. The fastest of five rounds: others are on this machine, too. */
async function costOfEvent(loop: EngineLoop, idle: number): Promise<{ calls: number; ms: number }> {
  while (loop.running < idle) {
    const { easy } = loop.get("hang");
    easy.setopt("TIMEOUT_MS", 600_000);
    loop.add(easy);
    loop.running++;
  }
  await loop.until(() => loop.ours.size === idle, `${idle} transfers must wait for their answer (C35)`);
  await loop.pass(20);
  loop.exhaust();
  const [fd = -1] = loop.ours;
  const calls = () => loop.told.length + loop.timers.length;
  let ms = Number.POSITIVE_INFINITY;
  const before = calls();
  for (let round = 0; round < 5; round++) {
    const from = loop.bench.nowMs();
    for (let i = 0; i < EVENTS; i++) loop.action(fd, 1);
    ms = Math.min(ms, loop.bench.nowMs() - from);
  }
  return { calls: calls() - before, ms };
}
