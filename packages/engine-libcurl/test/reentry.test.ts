/**
 * Every call on a multi, made inside every kind of callback (C21, C 10.2): refused by us before libcurl could crash, answer
 * 8, or say nothing; or carried out, where libcurl allows it. Either way the transfer goes on as if nothing had been.
 */
import { CURL_POLL_IN, CURL_SOCKET_TIMEOUT } from "@curlew/core";
import { dropbearMissing, startDropbear, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { native } from "../src/binding.js";
import { isBefore } from "../src/hazards.js";
import { CURL_PUSH_DENY, CURLKHSTAT_REJECT, Easy, loadLibcurl, type Multi } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";
import { BodyServer } from "./uploads.js";

const library = loadLibcurl();
const bodies = new BodyServer();
let server: TestServer;
let ssh = "";
beforeAll(async () => {
  server = await startServer();
  await bodies.start();
  if (dropbearMissing()) return;
  const dropbear = await startDropbear();
  ssh = `sftp://nobody:nothing@127.0.0.1:${dropbear.port}/`;
  return () => dropbear.stop();
});
afterAll(async () => {
  bodies.stop();
  await server.stop();
});

interface Scene {
  readonly loop: HandLoop;
  readonly multi: Multi;
  /** Under way. */
  readonly easy: Easy;
  /** Not added. */
  readonly idle: Easy;
}

type Install = (scene: Scene, run: () => void) => void;

/** Answers "body" to a read callback, and then the end. */
function bodyOnce(run: () => void): () => Uint8Array | null {
  const pieces = [Buffer.from("body")];
  return () => {
    run();
    return pieces.shift() ?? null;
  };
}

function uploads({ easy }: Scene, url: string, run = (): void => {}): void {
  easy.setopt("URL", url);
  easy.setopt("UPLOAD", 1);
  easy.setopt("HTTPHEADER", ["Expect:", "Trailer: X-Sum"]);
  easy.setopt("READFUNCTION", bodyOnce(run));
}

function matches({ easy }: Scene): void {
  easy.setopt("URL", `${server.ftp}/*.txt`);
  easy.setopt("WILDCARDMATCH", 1);
}

function asksForName({ easy }: Scene): void {
  easy.setopt("URL", `${server.http.replace("127.0.0.1", "localhost")}/bytes/1000`);
  easy.setopt("IPRESOLVE", 1);
}

/** How to have `run` called inside each kind of callback. */
const callbacks: Readonly<Record<string, Install>> = {
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
  READFUNCTION: (scene, run) => uploads(scene, `${server.http}/echo`, run),
  SEEKFUNCTION(scene, run) {
    uploads(scene, `${bodies.url}/again/1`);
    scene.easy.setopt("INFILESIZE_LARGE", 4);
    scene.easy.setopt("FOLLOWLOCATION", 1);
    scene.easy.setopt("SEEKFUNCTION", () => {
      run();
      scene.easy.setopt(
        "READFUNCTION",
        bodyOnce(() => {}),
      );
    });
  },
  TRAILERFUNCTION(scene, run) {
    uploads(scene, `${server.http}/echo`);
    scene.easy.setopt("TRAILERFUNCTION", () => {
      run();
      return ["X-Sum: 42"];
    });
  },
  "a stream of a MIME body"({ easy }, run) {
    easy.setopt("URL", `${server.http}/echo`);
    easy.setopt("MIMEPOST", [{ name: "stream", stream: { read: bodyOnce(run) } }]);
  },
  XFERINFOFUNCTION: ({ easy }, run) => easy.setopt("XFERINFOFUNCTION", () => run()),
  DEBUGFUNCTION: ({ easy }, run) => easy.setopt("DEBUGFUNCTION", () => run()),
  PREREQFUNCTION: ({ easy }, run) => easy.setopt("PREREQFUNCTION", () => run()),
  SOCKOPTFUNCTION: ({ easy }, run) => easy.setopt("SOCKOPTFUNCTION", () => run()),
  RESOLVER_START_FUNCTION(scene, run) {
    asksForName(scene);
    scene.easy.setopt("RESOLVER_START_FUNCTION", () => run());
  },
  HSTSREADFUNCTION({ easy }, run) {
    easy.setopt("HSTS_CTRL", 1);
    easy.setopt("HSTSREADFUNCTION", () => {
      run();
      return null;
    });
  },
};
// Not among them: HSTSWRITEFUNCTION is called in the clean-up of a handle that no multi has (protocols.test.ts);
// INTERLEAVEFUNCTION, for which there is no RTSP server; NOTIFYFUNCTION, with rules of its own (notify.test.ts).

/** Those that take long to bring about, or that not every libcurl and not every machine can: all calls in one transfer. */
const costly: typeof callbacks = {
  CHUNK_BGN_FUNCTION(scene, run) {
    matches(scene);
    scene.easy.setopt("CHUNK_BGN_FUNCTION", () => run());
  },
  CHUNK_END_FUNCTION(scene, run) {
    matches(scene);
    scene.easy.setopt("CHUNK_END_FUNCTION", () => run());
  },
  FNMATCH_FUNCTION(scene, run) {
    matches(scene);
    scene.easy.setopt("FNMATCH_FUNCTION", (_pattern, name) => {
      run();
      return name === "a.txt" ? 0 : 1;
    });
  },
  ...(!isBefore(library.version, "8.14.0") && {
    PUSHFUNCTION({ multi, easy }, run) {
      easy.setopt("URL", `${server.http2}/push/1`);
      easy.setopt("HTTP_VERSION", 3);
      easy.setopt("CAINFO", server.caFile);
      multi.setopt("PUSHFUNCTION", () => {
        run();
        return CURL_PUSH_DENY;
      });
    },
  }),
  ...(!dropbearMissing() && {
    SSH_KEYFUNCTION({ easy }, run) {
      easy.setopt("URL", ssh);
      easy.setopt("SSH_KNOWNHOSTS", "/dev/null");
      easy.setopt("SSH_KEYFUNCTION", () => {
        run();
        return CURLKHSTAT_REJECT;
      });
    },
    ...(library.options.has("SSH_HOSTKEYFUNCTION") && {
      SSH_HOSTKEYFUNCTION({ easy }, run) {
        easy.setopt("URL", ssh);
        easy.setopt("SSH_HOSTKEYFUNCTION", () => {
          run();
          return 1;
        });
      },
    }),
  }),
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
  ["watchSockets", "RECURSIVE_CALL", ({ multi }) => multi.watchSockets(null)],
  ["wakeup", "carried out", ({ multi }) => multi.wakeup()],
  ["getHandles", { absentBelow: "curl_multi_get_handles" }, ({ multi }) => multi.getHandles()],
  ["getOfft", { absentBelow: "curl_multi_get_offt" }, ({ multi }) => multi.getOfft("XFERS_RUNNING")],
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

interface Ran {
  readonly times: number;
  readonly result: number | undefined;
  readonly bytes: number;
}

async function perform(install: Install, run: (scene: Scene) => void): Promise<Ran> {
  const before = native().live();
  const loop = new HandLoop(library);
  const scene = { loop, multi: loop.multi, easy: loop.easy(`${server.http}/bytes/1000`), idle: new Easy(library) };
  let times = 0;
  let over = false;
  install(scene, () => {
    if (over) return; // the clean-up is observed, too, and no part of a transfer
    times++;
    run(scene);
  });
  loop.multi.addHandle(scene.easy);
  await loop.until(1);
  over = true;
  expect(loop.done).toMatchObject([{ easy: scene.easy }]);
  const ran = { times, result: loop.done[0]?.result, bytes: scene.easy.getinfo("SIZE_DOWNLOAD_T") };
  expect(scene.idle.added).toBe(false);
  loop.onSocket = loop.onTimer = () => {};
  loop.multi.watchSockets(null);
  loop.multi.cleanup();
  for (const easy of [scene.easy, scene.idle]) easy.cleanup();
  expect(native().live()).toEqual(before);
  return ran;
}

/** How it ends when nothing is called in its callbacks. */
const undisturbed = new Map<Install, Promise<Ran>>();

/** Runs one transfer with `run` in that callback, and sees it end as it should; answers how often it was called. */
async function transfer(install: Install, run: (scene: Scene) => void): Promise<number> {
  if (!undisturbed.has(install))
    undisturbed.set(
      install,
      perform(install, () => {}),
    );
  const { result, bytes } = (await undisturbed.get(install)) as Ran;
  const ran = await perform(install, run);
  expect(ran).toMatchObject({ result, bytes });
  return ran.times;
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

describe.each(Object.entries(costly))("inside %s", (_name, install) => {
  it("each call is refused, or allowed, and the transfer does not notice", async () => {
    const seen = new Map<string, Set<string>>(calls.map(([name]) => [name, new Set()]));
    const times = await transfer(install, (scene) => {
      const fd = [...scene.loop.wanted.keys()][0] ?? 0;
      for (const [name, , call] of calls) seen.get(name)?.add(outcomeOf(() => call(scene, fd)));
    });
    expect(times).toBeGreaterThan(0);
    expect([...seen].map(([name, outcomes]) => [name, ...outcomes])).toEqual(
      calls.map(([name, outcome]) => [name, expected(outcome)]),
    );
  });

  it("the transfer's own handle cannot be freed or reset", async () => {
    const seen = new Set<string>();
    await transfer(install, ({ easy }) => {
      for (const call of [() => easy.cleanup(), () => easy.reset()]) seen.add(outcomeOf(call));
    });
    expect([...seen]).toEqual(["HANDLE_IN_USE"]);
  });
});

describe("callbacks that cannot be had everywhere", () => {
  for (const [name, why] of [
    ["PUSHFUNCTION", `libcurl ${library.version} crashes on pushes`],
    ["SSH_KEYFUNCTION", dropbearMissing()],
    ["SSH_HOSTKEYFUNCTION", dropbearMissing() ?? `libcurl ${library.version} has none`],
  ] as const)
    it(`${name} was tried`, (context) => {
      if (!Object.hasOwn(costly, name)) context.skip(why);
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
