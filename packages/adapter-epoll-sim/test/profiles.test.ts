/** Each switch of a version profile matters: one scene, played with it and without it, and what must differ. */
import { describe, expect, it } from "vitest";
import { type Profile, profiles } from "../src/model/index.js";
import { Rig } from "./rig.js";

const newest = profiles.at(-1) as Profile;
type Switch = Exclude<keyof Profile, "name">;

/** What a scene answers with the switch at each value. */
interface Matter {
  readonly scene: (rig: Rig) => unknown;
  readonly base?: Partial<Profile>;
  readonly answers: readonly (readonly [value: Profile[Switch], answer: unknown])[];
}

const both = (scene: Matter["scene"], on: unknown, off: unknown, base: Partial<Profile> = {}): Matter => ({
  scene,
  base,
  answers: [[true, on], [false, off]], // biome-ignore format: pairs
});

const HANG = "http://one.test/hang";
const told = (rig: Rig, action: string) => rig.log.filter((line) => line.endsWith(` ${action}`));
const last = <T>(of: readonly T[]) => of.at(-1);

/** Two transfers on one connection; how often its descriptor is told to be read. */
function joined(rig: Rig): string[] {
  rig.add("http://shared.test/hang");
  rig.runUntil(20);
  rig.log.length = 0;
  rig.add("http://shared.test/hang");
  rig.runUntil(40);
  return told(rig, "IN").map((line) => line.replace(/\d+/, "fd"));
}

/** Two transfers on one connection; the one that sends is taken away. */
function shrunk(rig: Rig): string[] {
  rig.add("http://shared.test/hang");
  rig.runUntil(20);
  const sending = rig.add("http://shared.test/echo", { POSTFIELDS: new Uint8Array(100_000) });
  rig.expire();
  expect(told(rig, "INOUT").length).toBe(1);
  rig.log.length = 0;
  rig.model.removeHandle(sending);
  return told(rig, "IN").map((line) => line.replace(/\d+/, "fd"));
}

function insideWrite(rig: Rig, url: string, run: (easy: ReturnType<Rig["easy"]>) => void): void {
  const easy = rig.easy(url);
  let ran = false;
  easy.setopt("WRITEFUNCTION", (bytes: Uint8Array) => {
    if (!ran) run(easy);
    ran = true;
    return bytes.length;
  });
  rig.model.addHandle(easy);
  rig.runUntil(rig.kernel.clock.nowMs + 100);
  expect(ran).toBe(true);
}

/** The descriptor of all lookups: the one that is told with no handle. */
const internal = (rig: Rig) => Number(/nobody (\d+) IN/.exec(rig.log.join("\n"))?.[1] ?? -1);

const matters: Readonly<Record<Switch, Matter>> = {
  redundantSetOnJoin: both(joined, ["easy fd IN"], []),
  noShrinkAnnounce: both(shrunk, [], ["easy fd IN"]),
  removeForeignFd: both(
    (rig) => {
      rig.add("http://one.test/bytes");
      rig.runUntil(50);
      const before = told(rig, "REMOVE").length;
      rig.model.cleanup(); // the idle connection is not registered
      return told(rig, "REMOVE").length - before;
    },
    1,
    0,
    { wakeupFd: "none" },
  ),
  removeAfterCloseInConnect: both(
    (rig) => {
      const easy = rig.add("http://mute.test/");
      rig.runUntil(10);
      rig.log.length = 0;
      rig.model.removeHandle(easy);
      return rig.log.filter((line) => /close|REMOVE/.test(line)).map((line) => line.replace(/\d+/, "fd"));
    },
    ["close fd", "easy fd REMOVE"],
    ["easy fd REMOVE", "close fd"],
    { wakeupFd: "none", removeInternalEasy: false },
  ),
  floorMs: both(
    (rig) => {
      rig.add(HANG, { TIMEOUT_MS: 100, CONNECTTIMEOUT_MS: 0 });
      rig.runUntil(20.5);
      return rig.model.timeout();
    },
    79,
    80,
  ),
  noMinusOneAfterTimeout: both(
    (rig) => {
      rig.add(HANG, { TIMEOUT_MS: 30 });
      rig.runUntil(29);
      rig.log.length = 0;
      rig.runUntil(40);
      return told(rig, "-1").length;
    },
    0,
    1,
  ),
  earlyTimeoutLosesTimer: both(
    (rig) => {
      rig.add(HANG, { TIMEOUT_MS: 200, CONNECTTIMEOUT_MS: 0 });
      rig.runUntil(20);
      rig.log.length = 0;
      rig.expire();
      return rig.log;
    },
    [],
    ["timer 180"],
  ),
  bitsMatter: both(
    (rig) => {
      rig.add("http://one.test/bytes");
      for (let ms = 1; told(rig, "IN").length === 0 && ms < 50; ms++) rig.runUntil(ms);
      rig.kernel.clock.advanceTo(60); // the answer is there, and nobody has looked
      rig.model.socketAction(connection(rig), 2);
      return rig.results();
    },
    [],
    [0],
  ),
  errAloneKills: both(
    (rig) => {
      rig.add(HANG);
      rig.runUntil(20);
      rig.model.socketAction(connection(rig), 4);
      return rig.results();
    },
    [55],
    [],
  ),
  guardBoolean: both(
    (rig) => {
      const stranger = rig.easy(HANG);
      let code = "";
      insideWrite(rig, "http://one.test/bytes", () => (code = rig.answer(() => rig.model.removeHandle(stranger))));
      return code;
    },
    "fine",
    "code 8",
  ),
  guardHole: both(
    (rig) => {
      let code = "";
      insideWrite(rig, "http://one.test/bytes", (easy) => {
        easy.pause(1); // the socket callback, inside this one
        easy.pause(0);
        code = rig.answer(() => rig.model.timeout());
      });
      return code;
    },
    "fine",
    "code 8",
  ),
  infoReadBlockedInCallback: both(
    (rig) => {
      rig.add("http://dead.test/");
      rig.runUntil(50);
      let results: number[] = [];
      insideWrite(rig, "http://one.test/bytes", () => (results = rig.results()));
      return results;
    },
    [],
    [7],
  ),
  resolverFdPerTransfer: both(
    (rig) => {
      rig.add("http://named.test/bytes");
      rig.runUntil(10);
      return [rig.wanted.size, rig.log.includes("timer 1")];
    },
    [1, true],
    [0, false],
    { wakeupFd: "none" },
  ),
  resolverBlocksOnRemove: both(
    (rig) => {
      const easy = rig.add("http://named.test/bytes", { QUICK_EXIT: 0 }); // the engine asks for 1 unless it is told
      rig.runUntil(10);
      rig.model.removeHandle(easy);
      return rig.kernel.clock.nowMs;
    },
    50,
    10,
  ),
  wakeupFd: {
    scene(rig) {
      rig.add("http://named.test/bytes");
      const added = rig.wanted.size;
      rig.runUntil(10);
      return [added, rig.wanted.size];
    },
    answers: [
      ["none", [0, 0]],
      ["when added", [1, 1]],
      ["while alive", [0, 1]],
    ],
  },
  wakeupNotDrained: both(
    (rig) => {
      rig.add("http://named.test/hang");
      rig.runUntil(40);
      const fd = internal(rig);
      rig.kernel.clock.advanceTo(50);
      expect(rig.ready(fd) & 1).toBe(1);
      rig.model.socketAction(fd, 1);
      return rig.ready(fd) & 1;
    },
    1,
    0,
  ),
  wakeupShared: both(
    (rig) => {
      rig.add(HANG);
      rig.runUntil(20);
      rig.model.wakeup();
      return rig.ready(internal(rig)) & 1;
    },
    1,
    0,
  ),
  shutdownFd: both(
    (rig) => {
      rig.add("https://one.test/bytes", { FORBID_REUSE: 1 });
      for (let ms = 1; rig.results().length === 0 && ms < 50; ms++) rig.runUntil(ms);
      return last(rig.log.filter((line) => !/timer/.test(line)))?.replace(/\d+/, "fd");
    },
    "nobody fd IN",
    "close fd",
    { wakeupFd: "none" },
  ),
  pauseForbiddenInSocketCb: both(
    (rig) => {
      const easy = rig.add(HANG);
      let thrown = false;
      rig.onSocket = () => {
        rig.onSocket = () => {};
        try {
          easy.pause(1);
        } catch {
          thrown = true;
        }
      };
      rig.runUntil(20);
      return thrown;
    },
    true,
    false,
  ),
  notify: both((rig) => rig.answer(() => rig.model.notifyEnable(0)), "fine", "code 6"),
  secondRound: both(
    (rig) => {
      rig.add(HANG, { TIMEOUT_MS: 50 });
      insideWriteOnce(rig, () => {
        rig.kernel.clock.block(60);
        rig.log.length = 0;
      });
      for (let ms = 1; rig.kernel.clock.nowMs < 50; ms++) rig.runUntil(ms);
      return rig.log.includes("timer 0"); // what passed meanwhile is for another call
    },
    false,
    true,
  ),
  removeInternalEasy: both(
    (rig) => {
      rig.add("http://dead.test/");
      rig.runUntil(50);
      return told(rig, "REMOVE").map((line) => line.replace(/ .*/, ""));
    },
    ["nobody"],
    ["easy"],
    { wakeupFd: "none" },
  ),
  secondRefusalForgotten: both(
    (rig) => {
      rig.add("http://many.test/bytes", { CONNECTTIMEOUT_MS: 5000 });
      rig.runUntil(6000);
      return rig.results();
    },
    [28],
    [0],
  ),
};

/** The descriptor of a user's. */
function connection(rig: Rig): number {
  return Number(last([...rig.log.join("\n").matchAll(/^easy (\d+) (?:IN|OUT)$/gm)])?.[1] ?? -1);
}

function insideWriteOnce(rig: Rig, run: () => void): void {
  rig.add("http://one.test/bytes", {
    WRITEFUNCTION: (bytes: Uint8Array) => {
      run();
      return bytes.length;
    },
  });
}

describe("each switch of a profile matters", () => {
  for (const [name, { scene, base, answers }] of Object.entries(matters))
    it(name, () => {
      for (const [value, answer] of answers)
        expect([value, scene(new Rig({ ...newest, ...base, [name]: value }))]).toEqual([value, answer]);
    });

  it("and every one is there", () => {
    const switches = Object.keys(newest).filter((key) => key !== "name");
    expect(Object.keys(matters).sort()).toEqual(switches.sort());
    for (const name of switches as Switch[])
      expect([name, new Set(profiles.map((profile) => profile[name])).size > 1]).toEqual([name, true]);
  });
});
