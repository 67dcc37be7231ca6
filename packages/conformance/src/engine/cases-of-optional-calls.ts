import assert from "node:assert";
import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT, type EasyHandle } from "@curlew/core";
import { connected, multiCode, REFUSED, run } from "./case.js";
import type { EngineLoop } from "./engine-loop.js";
import { type EngineCase, NotHere } from "./types.js";

const UNKNOWN_OPTION = 6;
const INFO_READ = 0;
const EASY_DONE = 1;

/** Cases of the contract's list that need a call which not every engine has, or say what must hold without it. */
export const casesOfOptionalCalls: readonly EngineCase[] = [
  run("C22", "the guard stands when a callback inside a callback has returned", async (loop) => {
    const { easy } = loop.get("bytes", 5);
    const other = loop.get("bytes", 5);
    let code: number | undefined;
    easy.setopt("WRITEFUNCTION", () => {
      easy.pause(1); // the timer or the socket callback, inside this one
      easy.pause(0);
      code = multiCode(() => loop.add(other.easy));
    });
    loop.add(easy);
    await loop.untilDone(1);
    assert.equal(loop.result(easy), 0, "it ends well (C22)");
    if (code === undefined && loop.bench.guardHole) return loop.remove(other.easy); // as it is up to 8.3 (C 10.4)
    assert.equal(code, REFUSED, "a call after a nested callback is refused like one before it (C22, C 10.4)");
    assert.equal(loop.bench.guardHole, false, "the hole is there where it is said to be (C22, C 10.4)");
  }),
  run(
    "C23",
    "notifications: a transfer's end, then that there is a message, before the timer; handles may come and go",
    async (loop) => {
      loop.drains = false;
      const told = notifications(loop);
      const { easy } = loop.start(loop.get("bytes", 5));
      await loop.until(() => told.length > 0, "the end must be told (C23, C 13.1)");
      assert.deepEqual(told.slice(0, 2), [[EASY_DONE, easy], [INFO_READ, undefined]], "in this order (C23, C 13.3)"); // biome-ignore format: pairs
      await loop.until(() => told.length === 4, "the one that was added inside ends, too (C23, C 10.3)");
      assert.equal(loop.done.length, 2, "each with its message (C23, C 13.2)");
      loop.offered("notifyDisable")(EASY_DONE);
      const { easy: last } = loop.start(loop.get("bytes", 5));
      await loop.until(() => loop.result(last) === 0, "it ends (C23)");
      assert.deepEqual(told.slice(4), [[INFO_READ, undefined]], "only what is enabled is told (C23, C 13.1)");
    },
  ),
  run("C28", "curl_multi_wakeup does not keep a loop busy", async (loop) => {
    const wakeup = loop.offered("wakeup");
    if (loop.bench.keepsWakeup) throw new NotHere("this version spins for ever after a wakeup (C 12.1)");
    loop.start(loop.get("hang"));
    await connected(loop);
    loop.exhaust();
    for (let i = 0; i < 3; i++) wakeup();
    let turns = 0;
    while (loop.turn()) assert.ok(++turns < 10, "what a wakeup makes ready must be quiet again (C28, C 12.1)");
    assert.equal(loop.running, 1, "and nothing came of it (C28)");
  }),
  run("C33", "perform tells of no descriptor; socketAll takes over", async (loop) => {
    const perform = loop.offered("perform");
    const { easy } = loop.start(loop.get("delay", 20));
    const byPerform = async (over: () => boolean): Promise<void> => {
      for (const end = loop.bench.nowMs() + 5000; !over(); ) {
        assert.ok(loop.bench.nowMs() < end, "perform alone runs a transfer (C33)");
        loop.call(perform);
        loop.drain();
        await loop.pass(1);
      }
    };
    await byPerform(() => loop.done.length === 1);
    const mine = loop.told.filter(({ ours, action }) => ours && action !== CURL_POLL_REMOVE);
    assert.deepEqual([loop.result(easy), mine], [0, []], "nothing was registered meanwhile (C33, C 2.15)");
    const second = loop.start(loop.get("delay", 20));
    loop.call(perform);
    loop.call(() => loop.multi.socketAll());
    assert.ok(loop.ours.size > 0, "socketAll tells what is wanted (C33, C 8.2)");
    await loop.untilDone(2);
    assert.equal(loop.result(second.easy), 0, "and the loop goes on (C33)");
  }),
];

/** What is told, as [type, easy]. Inside the first end another transfer is added, and forbidden calls are tried. */
function notifications(loop: EngineLoop): [number, EasyHandle | undefined][] {
  const enable = loop.offered("notifyEnable");
  if (multiCode(() => enable(INFO_READ)) === UNKNOWN_OPTION) throw new NotHere("notifications came with 8.17 (C 13.1)");
  enable(EASY_DONE);
  assert.equal(multiCode(() => enable(2)), UNKNOWN_OPTION, "there are two kinds (C23, C 13.1)"); // biome-ignore format: one line
  const told: [number, EasyHandle | undefined][] = [];
  const heard = (type: number, easy: EasyHandle | undefined): void => {
    const timers = loop.timers.length;
    told.push([type, easy]);
    const codes = [
      multiCode(() => loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0)),
      multiCode(() => loop.multi.socketAll()),
    ];
    if (codes.some((code) => code !== REFUSED)) loop.broken.push(`inside a notification: ${codes} (C23, C 10.3)`);
    if (type !== INFO_READ) return;
    loop.drain(); // which takes handles out, too
    if (told.length === 2) loop.start(loop.get("bytes", 5));
    if (loop.timers.length < timers) loop.broken.push("a timer was taken back (C23)");
  };
  const setopt = loop.multi.setopt.bind(loop.multi) as (option: string, value: unknown) => void;
  setopt("NOTIFYFUNCTION", heard);
  return told;
}
