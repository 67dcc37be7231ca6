import assert from "node:assert";
import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT, type EasyHandle } from "@curlew/core";
import { connected, multiCode, REFUSED, run } from "./case.js";
import { EngineLoop } from "./engine-loop.js";
import type { EngineCase } from "./types.js";

/** Cases of the contract's list (section 19). What is told is not compared: only what must be true of every version is. */
export const cases18To41: readonly EngineCase[] = [
  run("C18", "with room for one connection the others wait, and count", async (loop) => {
    loop.multi.setopt("MAX_TOTAL_CONNECTIONS", 1);
    let most = 0;
    loop.onSocket = () => {
      most = Math.max(most, loop.ours.size);
    };
    for (let i = 0; i < 3; i++) loop.start(loop.get("bytes", 5));
    loop.action(CURL_SOCKET_TIMEOUT);
    assert.equal(loop.running, 3, "waiting is running (C18, I8)");
    await loop.untilDone(3);
    assert.deepEqual(
      loop.done.map(({ result }) => result),
      [0, 0, 0],
      "all end well (C18)",
    );
    assert.equal(most, 1, "one connection at a time (C18)");
  }),
  run("C19", "three streams share one descriptor", async (loop) => {
    const first = loop.start(loop.easy(loop.special("multiplexed")));
    await loop.untilDone(1);
    const fds = new Set<number>();
    const before = loop.told.length;
    const all = [1, 2, 3].map(() => loop.start(loop.easy(loop.special("multiplexed"))));
    await loop.untilDone(4);
    for (const { fd, action, ours } of loop.told.slice(before)) if (ours && action !== CURL_POLL_REMOVE) fds.add(fd);
    for (const { easy, body } of all)
      assert.deepEqual([loop.result(easy), body.length], [0, first.body.length], "each ends well (C19)");
    assert.ok(fds.size <= 1, `through one descriptor, not ${fds.size} (C19)`);
    for (const { easy } of all) assert.equal(easy.getinfo("NUM_CONNECTS"), 0, "that was there already (C19)");
  }),
  run("C21", "calls inside the callbacks are refused with 8, and change nothing", async (loop) => {
    const { easy } = loop.get("bytes", 5);
    const other = loop.get("bytes", 5);
    const codes = new Set<number | undefined>();
    const forbidden = (): void => {
      codes.add(multiCode(() => loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0)));
      codes.add(multiCode(() => loop.multi.socketAll()));
      codes.add(multiCode(() => loop.multi.addHandle(other.easy)));
      codes.add(multiCode(() => loop.multi.removeHandle(easy)));
      codes.add(multiCode(() => loop.multi.timeout()));
      if (!loop.bench.guardBoolean) codes.add(multiCode(() => loop.multi.removeHandle(other.easy)));
    };
    easy.setopt("WRITEFUNCTION", forbidden);
    loop.onSocket = forbidden;
    loop.onTimer = forbidden;
    loop.add(easy);
    await loop.untilDone(1);
    assert.deepEqual([...codes], [REFUSED], "recursion is refused (C21, I11)");
    assert.equal(loop.result(easy), 0, "and nothing came of it (C21, I11)");
  }),
  run("C24", "infoRead: removed before it is read; added again after it was removed", async (loop) => {
    loop.drains = false;
    const { easy, body } = loop.start(loop.get("bytes", 5));
    const other = loop.start(loop.get("bytes", 5));
    await loop.until(() => loop.running === 0 && body.length + other.body.length === 10, "both must end (C24)");
    loop.remove(easy);
    loop.drain();
    assert.deepEqual(
      loop.done.map((message) => message.easy === other.easy),
      [true],
      "its message went too (C24, I9)",
    );
    loop.drains = true;
    loop.add(easy);
    await loop.untilDone(2);
    assert.deepEqual([loop.result(easy), body.length], [0, 10], "it can be added again (C24)");
  }),
  run("C24b", "a done handle stays added: adding it again is refused", async (loop) => {
    loop.drains = false;
    const { easy, body } = loop.start(loop.get("bytes", 5));
    await loop.until(() => body.length === 5 && loop.running === 0, "it must end (C24)");
    assert.throws(() => loop.call(() => loop.multi.addHandle(easy)), "done and not removed is added (C24, C 9.7)");
    loop.drain();
  }),
  run("C25", "an easy that is added cannot be freed, or is taken out first", async (loop) => {
    const { easy } = loop.start(loop.get("hang"));
    await connected(loop);
    assert.throws(() => easy.cleanup(), "the contract of engines refuses it (C25)");
    assert.equal(loop.running, 1, "and nothing came of it (C25)");
  }),
  run("C26", "cleanup with transfers under way: silence afterwards", async (loop) => {
    loop.start(loop.get("hang"));
    loop.start(loop.get("bytes", 4_000_000));
    await connected(loop);
    loop.cleanup();
    await loop.pass(20);
  }),
  run("C26b", "cleanup with idle connections, twice", async (loop) => {
    loop.start(loop.get("bytes", 5));
    await loop.untilDone(1);
    loop.cleanup();
    assert.doesNotThrow(() => loop.multi.cleanup(), "harmless the second time (C26)");
  }),
  run("C27", "over TLS: what is said after the end is said through the callbacks, and ends", async (loop) => {
    const { easy } = loop.easy(loop.special("over TLS"));
    easy.setopt("FORBID_REUSE", 1);
    loop.add(easy);
    await loop.untilDone(1);
    assert.equal(loop.result(easy), 0, "it ends well (C27)");
    const left = loop.bench.keepsWakeup ? 1 : 0;
    await loop.until(() => loop.wanted.size <= left, "a shutdown must end (C27, I3)");
  }),
  run("C30", "3 MB are sent, level-triggered", async (loop) => {
    const target = loop.bench.target("echo", 0);
    const { easy, body } = loop.easy(target);
    easy.setopt("POSTFIELDS", new Uint8Array(3_000_000));
    loop.add(easy);
    await loop.untilDone(1);
    assert.equal(loop.result(easy), 0, "it ends well (C30, I5)");
    assert.ok(body.length > 0, "and is answered (C30)");
  }),
  run("C31", "callbacks that are set late are told by socketAll", async (loop) => {
    loop.unlisten();
    const { easy } = loop.start(loop.get("delay", 30));
    loop.action(CURL_SOCKET_TIMEOUT);
    await loop.pass(5);
    loop.action(CURL_SOCKET_TIMEOUT);
    loop.listen();
    loop.call(() => loop.multi.socketAll());
    await loop.untilDone(1);
    assert.equal(loop.result(easy), 0, "it ends well (C31, C 2.14)");
  }),
  run("C32", "the socket callback is taken away: no REMOVE for what was told", async (loop) => {
    loop.start(loop.get("hang"));
    await connected(loop);
    const before = loop.told.length;
    loop.unlisten();
    loop.cleanup();
    assert.equal(loop.told.length, before, "nobody is told (C32, C 2.7)");
  }),
  run("C34", "an answer of 1 does not kill the multi", async (loop) => {
    let answered = false;
    loop.onSocket = () => {
      if (answered) return 0;
      answered = true;
      return 1;
    };
    const { easy } = loop.start(loop.get("bytes", 5));
    for (let i = 0; i < 3 && !answered; i++) {
      try {
        loop.turn();
      } catch {
        break; // the engine may tell its caller: it must survive
      }
      if (!answered) await loop.bench.wait(loop.bench.nowMs() + 5);
    }
    await loop.untilDone(1);
    assert.equal(loop.result(easy), 0, "it ends well (C34, C 2.9)");
  }),
  run("C36", "a poller that reports once and is armed again after each action", async (loop) => {
    const { easy, body } = loop.get("bytes", 500_000);
    const armed = new Map<number, number>();
    loop.onSocket = ({ fd, action }) => {
      if (action === CURL_POLL_REMOVE) armed.delete(fd);
      else armed.set(fd, action);
    };
    loop.add(easy);
    await loop.untilDone(1);
    assert.deepEqual([loop.result(easy), body.length, armed.size], [0, 500_000, loop.wanted.size], "all of it (C36)");
  }),
  run("C37", "two are ready, and the first one's event ends the second", async (loop) => {
    const one = loop.start(loop.get("bytes", 50));
    const two = loop.start(loop.get("bytes", 50));
    await loop.until(() => loop.ready().length === 2, "both must be ready at once (C37)");
    const [[first, bits], [second, other]] = loop.ready() as [[number, number], [number, number]];
    loop.action(first, bits & 3);
    loop.remove(two.easy);
    loop.action(second, other & 3); // found before, and stale now
    await loop.untilDone(1);
    assert.deepEqual(
      loop.done.map((message) => message.easy === one.easy),
      [true],
      "one message (C37, I6)",
    );
  }),
  run("C40", "the longest timeout is told as what a timer can hold", async (loop) => {
    const { easy } = loop.get("hang");
    easy.setopt("TIMEOUT_MS", 2 ** 31 - 1);
    easy.setopt("CONNECTTIMEOUT_MS", 2 ** 31 - 1);
    loop.add(easy);
    await connected(loop);
    // Only 8.22 caps what it has rounded up (C 4.2): a driver does it for the others.
    for (const ms of loop.timers) assert.ok(ms >= -1 && ms <= 2 ** 31, `${ms} ms was told (C40)`);
  }),
  run("C41", "two multis: callbacks of one drive the other", async (loop) => {
    const other = new EngineLoop(loop.bench);
    const theirs = other.get("bytes", 5);
    const { easy } = loop.get("bytes", 5);
    let driven = false;
    easy.setopt("WRITEFUNCTION", () => {
      if (driven) return;
      driven = true;
      other.add(theirs.easy);
      other.turn();
    });
    loop.add(easy);
    await loop.untilDone(1);
    await other.untilDone(1);
    assert.deepEqual([loop.result(easy), other.result(theirs.easy)], [0, 0], "both end well (C41, C 10.5)");
    other.cleanup();
    theirs.easy.cleanup();
    assert.deepEqual(other.broken, [], `${other.broken[0]}`);
  }),
  run("I4", "the timer that was told and the timeout that is asked for agree", async (loop) => {
    const { easy } = loop.get("hang");
    easy.setopt("TIMEOUT_MS", 5000);
    loop.add(easy);
    assert.equal(
      loop.call(() => loop.multi.timeout()),
      0,
      "added: at once (I4)",
    );
    await connected(loop);
    await loop.pass(3);
    loop.exhaust();
    const told = loop.timers.at(-1) ?? -1;
    const asked = loop.call(() => loop.multi.timeout());
    assert.ok(asked <= told && asked > told - 1000, `told ${told}, asked ${asked} (I4)`);
    loop.remove(easy);
    assert.equal(
      loop.call(() => loop.multi.timeout()),
      -1,
      "nothing is left to wait for (I4)",
    );
  }),
  run("I8", "running handles: added and not done, started or not", async (loop) => {
    const easies: EasyHandle[] = [1, 2, 3].map(() => loop.start(loop.get("hang")).easy);
    loop.action(CURL_SOCKET_TIMEOUT);
    assert.equal(loop.running, 3, "each counts (I8, C 5.9)");
    for (const easy of easies) loop.remove(easy);
    loop.action(CURL_SOCKET_TIMEOUT);
    assert.equal(loop.running, 0, "removed ones do not (I8)");
  }),
];
