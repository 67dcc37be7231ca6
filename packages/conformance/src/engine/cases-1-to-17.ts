import assert from "node:assert";
import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT } from "@curlew/core";
import { connected, multiCode, run, TIMEDOUT } from "./case.js";
import { type EngineCase, NotHere } from "./types.js";

/** Cases of the contract's list (section 19). What is told is not compared: only what must be true of every version is. */
export const cases1To17: readonly EngineCase[] = [
  run("C1", "a transfer: told, acted on, one message, no descriptor left", async (loop) => {
    const { easy, body } = loop.start(loop.get("bytes", 5));
    assert.equal(loop.timers.at(-1), 0, "adding asks for a 0 (C1, C 5.1)");
    await loop.untilDone(1);
    assert.deepEqual([loop.result(easy), body.length], [0, 5], "it ends well, with its bytes (C1)");
    assert.equal(easy.getinfo("RESPONSE_CODE"), 200, "infos stay until cleanup (C1)");
    await loop.pass(5);
    loop.action(CURL_SOCKET_TIMEOUT);
    assert.equal(loop.running, 0, "nothing runs (C1, I8)");
  }),
  run("C2", "a connection is used again: REMOVE between, and what was assigned is forgotten", async (loop) => {
    loop.onSocket = ({ fd, action }) => {
      if (action !== CURL_POLL_REMOVE) loop.assign(fd, `about ${fd}`);
    };
    for (let i = 1; i <= 2; i++) {
      const before = loop.told.length;
      const { easy } = loop.start(loop.get("bytes", 5));
      await loop.untilDone(i);
      assert.equal(loop.told[before]?.socketp, undefined, "a new registration knows nothing (C2, I2)");
      assert.equal(easy.getinfo("NUM_CONNECTS"), i === 1 ? 1 : 0, "the second one needs no connection (C2)");
    }
  }),
  run("C3", "removed in the middle of a body", async (loop) => {
    const { easy, body } = loop.start(loop.get("bytes", 4_000_000));
    await loop.until(() => body.length > 0, "it must begin (C3)");
    loop.remove(easy);
    const before = body.length;
    await loop.pass(10);
    loop.exhaust();
    assert.deepEqual([body.length, loop.done.length], [before, 0], "nothing more is heard of it (C3, I9)");
  }),
  run("C4", "removed while it connects", async (loop) => {
    const { easy } = loop.start(loop.easy(loop.special("mute")));
    await connected(loop);
    loop.remove(easy);
    assert.equal(loop.ours.size, 0, "nothing is wanted any more (C4, I1)");
  }),
  run("C5", "a connect timeout", async (loop) => {
    const { easy } = loop.easy(loop.special("mute"));
    easy.setopt("CONNECTTIMEOUT_MS", 60);
    loop.add(easy);
    await loop.untilDone(1);
    assert.deepEqual([loop.result(easy), loop.ours.size], [TIMEDOUT, 0], "it ends with 28 (C5)");
  }),
  run("C6", "the first address refuses, the second one serves", async (loop) => {
    const { easy, body } = loop.start(loop.easy(loop.special("refusing, then good")));
    await loop.untilDone(1);
    assert.equal(loop.result(easy), 0, "it ends well (C6)");
    assert.ok(body.length > 0, "with its bytes (C6, I15)");
  }),
  run("C7", "descriptors it does not know, or knows no more", async (loop) => {
    const { easy } = loop.start(loop.get("bytes", 5));
    const fd = await connected(loop);
    for (const stranger of [777, 9999]) loop.action(stranger, 1);
    assert.equal(loop.running, 1, "a stranger changes nothing (C7, I6)");
    await loop.untilDone(1);
    loop.action(fd, 1);
    assert.deepEqual([loop.result(easy), loop.running], [0, 0], "nor does what was removed (C7, I6)");
  }),
  run("C8", "events that are not so", async (loop) => {
    const { easy, body } = loop.start(loop.get("delay", 40));
    const fd = await connected(loop);
    for (const bits of [1, 2, 0, 5, 3]) loop.action(fd, bits);
    await loop.untilDone(1);
    assert.equal(loop.result(easy), 0, "spurious events are harmless (C8, I6)");
    assert.ok(body.length > 0, "all bytes come (C8)");
  }),
  run("C9", "assign: 5 for a stranger, in the first callback, twice, and after REMOVE", async (loop) => {
    assert.equal(
      multiCode(() => loop.multi.assign(888, "x")),
      5,
      "it is not registered (C9, C 3.2)",
    );
    let first = true;
    loop.onSocket = ({ fd, action }) => {
      if (action === CURL_POLL_REMOVE) return;
      loop.assign(fd, first ? "first" : "second");
      first = false;
    };
    loop.start(loop.get("bytes", 5));
    const fd = await connected(loop);
    await loop.untilDone(1);
    if (!loop.wanted.has(fd))
      assert.equal(
        multiCode(() => loop.multi.assign(fd, "x")),
        5,
        "removed (C9, C 3.2)",
      );
  }),
  run("C10", "timeout calls before their time change nothing", async (loop) => {
    const { easy } = loop.get("hang");
    easy.setopt("TIMEOUT_MS", 200);
    loop.add(easy);
    await connected(loop);
    if (loop.multi.hazards.earlyTimeoutLosesTimer) throw new NotHere("this version loses its timer by that (P B4)");
    for (let i = 0; i < 3; i++) loop.action(CURL_SOCKET_TIMEOUT);
    assert.ok((loop.timers.at(-1) ?? -1) > 0, "the rest is told again (C10, I7)");
    await loop.untilDone(1);
    assert.equal(loop.result(easy), TIMEDOUT, "and it ends at its time (C10)");
  }),
  run("C11", "a timeout call that comes late handles all that is due", async (loop) => {
    const { easy } = loop.get("hang");
    easy.setopt("TIMEOUT_MS", 30);
    loop.add(easy);
    await connected(loop);
    await loop.pass(90);
    loop.action(CURL_SOCKET_TIMEOUT);
    loop.drain();
    if (loop.done.length === 0) await loop.untilDone(1); // by 0 timers that follow
    assert.equal(loop.result(easy), TIMEDOUT, "late is only late (C11, I7)");
  }),
  run("C12", "a timeout call with nothing to do", async (loop) => {
    loop.action(CURL_SOCKET_TIMEOUT);
    loop.action(CURL_SOCKET_TIMEOUT);
    assert.deepEqual([loop.running, loop.told], [0, []], "does nothing (C12, I6)");
  }),
  run("C13", "two added at once, one removed before it began", async (loop) => {
    const gone = loop.start(loop.get("bytes", 5));
    const { easy } = loop.start(loop.get("bytes", 5));
    loop.remove(gone.easy);
    await loop.untilDone(1);
    assert.deepEqual(
      loop.done.map((message) => message.easy === easy),
      [true],
      "one message, the other's (C13, I9)",
    );
    assert.equal(gone.body.length, 0, "the removed one did nothing (C13)");
  }),
  run("C14", "a failure in the very first kick has a message and no descriptor", async (loop) => {
    const { easy } = loop.start(loop.easy(loop.special("malformed")));
    await loop.untilDone(1);
    assert.notEqual(loop.result(easy), 0, "it cannot go well (C14, C 9.8)");
  }),
  run("C15", "paused by its write callback: quiet, then every byte once", async (loop) => {
    const { easy } = loop.get("bytes", 300_000);
    let bytes = 0;
    let pauses = 0;
    let paused = false;
    let early = false;
    easy.setopt("WRITEFUNCTION", (chunk: Uint8Array) => {
      early ||= paused;
      if (bytes > 50_000 * pauses) {
        pauses++;
        paused = true;
        return loop.bench.writePause;
      }
      bytes += chunk.length;
      return chunk.length;
    });
    loop.add(easy);
    while (loop.done.length === 0) {
      await loop.until(() => paused || loop.done.length > 0, "it must go on (C15)");
      if (!paused) break;
      for (let i = 0; i < 5; i++) loop.turn();
      paused = false;
      loop.call(() => easy.pause(0));
    }
    assert.deepEqual([loop.result(easy), bytes], [0, 300_000], "every byte once (C15, I12)");
    assert.ok(pauses > 3 && !early, "and none while paused (C15, I12)");
  }),
  run("C16", "pause before the start, without change, and after the end", async (loop) => {
    const made = loop.get("bytes", 5);
    assert.doesNotThrow(() => loop.call(() => made.easy.pause(1)), "not started (C16, C 11.9)");
    loop.call(() => made.easy.pause(0));
    loop.start(made);
    await connected(loop);
    for (const bits of [1, 1, 0, 0]) loop.call(() => made.easy.pause(bits));
    await loop.untilDone(1);
    assert.equal(loop.result(made.easy), 0, "it ends well (C16)");
    assert.doesNotThrow(() => loop.call(() => made.easy.pause(0)), "and afterwards nothing happens (C16, C 11.9)");
  }),
  run("C17", "a rate limit: the timer alone goes on, and all bytes come", async (loop) => {
    const { easy, body } = loop.get("bytes", 40_000);
    easy.setopt("MAX_RECV_SPEED_LARGE", 100_000);
    loop.add(easy);
    await loop.untilDone(1);
    assert.deepEqual([loop.result(easy), body.length], [0, 40_000], "it ends well (C17, C 11.8)");
  }),
];
