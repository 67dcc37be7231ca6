/**
 * From inside every callback and event ask for everything, of the transfer at hand and of another one. libcurl forbids
 * most of it there (C 10.2), and node-libcurl's users ran into that for years (P 1.2, P C).
 */
import {
  CURL_CSELECT_IN,
  CURL_SOCKET_TIMEOUT,
  Driver,
  type Observers,
  type Outcome,
  type TransferSink,
} from "@curlew/core";
import { Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { contentOf } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { ports } from "../src/ports.js";
import { openTestLoop, until, useServer } from "./support.js";

const server = useServer();
const BYTES = 150_000;
const content = contentOf("bytes", BYTES);

/** Notes what libcurl, or the engine for it, answers besides OK. */
class NotingMulti extends Multi {
  readonly answers: number[] = [];

  override addHandle(easy: Easy): void {
    this.#noted(() => super.addHandle(easy));
  }
  override removeHandle(easy: Easy): void {
    this.#noted(() => super.removeHandle(easy));
  }
  override socketAction(fd: number, bits: number): number {
    return this.#noted(() => super.socketAction(fd, bits));
  }

  #noted<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      this.answers.push((error as { multiCode?: number }).multiCode ?? -1);
      throw error;
    }
  }
}

type Name = "own" | "other" | "third";

/** Two raw transfers on one driver, and what became of them. */
class Scene {
  readonly multi = new NotingMulti(loadLibcurl());
  readonly observers: Observers<Easy> = {};
  readonly driver: Driver<Easy>;
  readonly easies = new Map<Name, Easy>();
  readonly bodies = new Map<Name, Uint8Array[]>();
  readonly outcomes = new Map<Name, Outcome["error"] | "ok">();
  readonly uncaught: unknown[] = [];
  readonly cleaned = new Set<Name>();
  closed: Promise<void> | undefined;
  /** Both transfers have been started. */
  begun = false;
  /** Called in the callback at hand; the first call does something. */
  act: (() => void) | undefined;

  constructor() {
    const reportError = (error: unknown): void => void this.uncaught.push(error);
    this.driver = new Driver({
      engine: this.multi,
      loop: openTestLoop(),
      ports: { ...ports, reportError },
      observers: this.observers,
    });
  }

  prepare(name: Name): Easy {
    const easy = new Easy(this.multi.library);
    const body: Uint8Array[] = [];
    this.easies.set(name, easy);
    this.bodies.set(name, body);
    easy.setopt("URL", `${server.current.http}/bytes/${BYTES}`);
    easy.setopt("WRITEFUNCTION", (bytes) => void body.push(bytes));
    return easy;
  }

  start(name: Name, outcome?: () => void): void {
    const easy = this.easies.get(name) as Easy;
    const sink: TransferSink = {
      outcome: ({ error }) => {
        this.outcomes.set(name, error ?? "ok");
        outcome?.();
      },
    };
    this.driver.add(easy, sink);
  }

  once(): void {
    const { act } = this;
    this.act = undefined;
    act?.();
  }

  whole(name: Name): boolean {
    return Buffer.concat(this.bodies.get(name) ?? []).equals(content);
  }

  cleanup(name: Name): void {
    const easy = this.easies.get(name) as Easy;
    this.driver.remove(easy);
    this.driver.command(easy, () => {
      easy.cleanup();
      this.cleaned.add(name);
    });
  }
}

/** Where it is asked from. Each makes `scene.once()` run inside. */
const places: Record<string, (scene: Scene) => void> = {
  write: (scene) => hookData(scene, "WRITEFUNCTION"),
  header: (scene) => hookData(scene, "HEADERFUNCTION"),
  "socket told": (scene) => Object.assign(scene.observers, { socket: () => scene.once() }),
  "timer told": (scene) => Object.assign(scene.observers, { timer: () => scene.begun && scene.once() }),
  action: (scene) => Object.assign(scene.observers, { action: () => scene.once() }),
  message: (scene) => Object.assign(scene.observers, { message: () => scene.once() }),
  outcome: () => {},
};

function hookData(scene: Scene, option: "WRITEFUNCTION" | "HEADERFUNCTION"): void {
  const easy = scene.easies.get("own") as Easy;
  easy.setopt(option, (bytes) => {
    if (option === "WRITEFUNCTION") scene.bodies.get("own")?.push(bytes);
    scene.once();
    return bytes.length;
  });
}

interface Request {
  ask(scene: Scene, target: Name): void;
  /** Who must have ended how: "whole" (all bytes, ok), "closed", "silent". */
  expected(target: Name): Partial<Record<Name, "whole" | "closed or whole" | "silent or whole">>;
}

const both = { own: "whole", other: "whole" } as const;

const requests: Record<string, Request> = {
  close: {
    ask: (scene) => {
      scene.closed = scene.driver.close();
    },
    expected: () => ({ own: "closed or whole", other: "closed or whole" }),
  },
  add: {
    ask: (scene) => {
      scene.prepare("third");
      scene.start("third");
    },
    expected: () => ({ ...both, third: "whole" }),
  },
  remove: {
    ask: (scene, target) => scene.driver.remove(scene.easies.get(target) as Easy),
    expected: (target) => ({ ...both, [target]: "silent or whole" }),
  },
  "pause and unpause": {
    ask: (scene, target) => {
      const easy = scene.easies.get(target) as Easy;
      scene.driver.command(easy, () => easy.pause(5));
      setTimeout(() => easy.id !== 0 && scene.driver.command(easy, () => easy.pause(0)), 5);
    },
    expected: () => both,
  },
  unpause: {
    ask: (scene, target) => {
      const easy = scene.easies.get(target) as Easy;
      scene.driver.command(easy, () => easy.pause(0));
    },
    expected: () => both,
  },
  setopt: {
    ask: (scene, target) => {
      const easy = scene.easies.get(target) as Easy;
      scene.driver.command(easy, () => easy.setopt("LOW_SPEED_TIME", 60));
    },
    expected: () => both,
  },
  cleanup: {
    ask: (scene, target) => scene.cleanup(target),
    expected: (target) => ({ ...both, [target]: "silent or whole" }),
  },
};

function outcomeOf(scene: Scene, name: Name): string {
  const outcome = scene.outcomes.get(name);
  if (outcome === undefined) return "silent";
  if (outcome !== "ok") return outcome.code === "CLOSED" ? "closed" : `${outcome.code}: ${outcome.message}`;
  return scene.whole(name) ? "whole" : "not whole";
}

describe.each(Object.keys(places))("asked for inside %s", (place) => {
  for (const target of ["own", "other"] as const)
    for (const [what, { ask, expected }] of Object.entries(requests))
      it(`${what} of ${target} is legal, and libcurl never has to refuse it (C 10, P 22)`, async () => {
        const scene = new Scene();
        scene.prepare("own");
        scene.prepare("other");
        places[place]?.(scene);
        scene.act = () => ask(scene, target);
        scene.start("own", () => place === "outcome" && scene.once());
        scene.start("other");
        scene.begun = true;
        const wanted = Object.entries(expected(target)) as [Name, string][];
        const mayBeSilent = (name: Name) => expected(target)[name]?.startsWith("silent");
        await until(
          () => scene.act === undefined && wanted.every(([name]) => scene.outcomes.has(name) || mayBeSilent(name)),
        );
        scene.closed ??= scene.driver.close();
        await scene.closed;
        for (const [name, allowed] of wanted)
          expect([name, allowed.split(" or ")]).toEqual([name, expect.arrayContaining([outcomeOf(scene, name)])]);
        expect(scene.multi.answers).toEqual([]);
        expect(scene.uncaught).toEqual([]);
        if (what === "cleanup") expect([...scene.cleaned]).toEqual([target]);
        for (const easy of scene.easies.values()) easy.cleanup(); // would throw if it were still added
      });
});

describe("effects", () => {
  it("of several requests in one callback come in the order they were asked for", async () => {
    const scene = new Scene();
    const order: string[] = [];
    scene.prepare("own");
    scene.prepare("other");
    hookData(scene, "WRITEFUNCTION");
    scene.act = () => {
      const own = scene.easies.get("own") as Easy;
      scene.driver.command(own, () => order.push("first"));
      scene.driver.remove(scene.easies.get("other") as Easy);
      scene.driver.command(own, () => order.push(`other is ${scene.easies.get("other")?.added ? "added" : "removed"}`));
      scene.driver.command(own, () => order.push("last"));
      order.push("asked");
    };
    scene.start("own");
    scene.start("other");
    await until(() => scene.outcomes.has("own"));
    expect(order).toEqual(["asked", "first", "other is removed", "last"]);
    await scene.driver.close();
    for (const easy of scene.easies.values()) easy.cleanup();
  });

  it("leave nothing behind: 3 000 transfers cleaned up from their own write callback (P 23)", async () => {
    const scene = new Scene();
    const collect = globalThis.gc as () => void;
    const cycle = async (count: number): Promise<number> => {
      for (let i = 0; i < count; i++) {
        const easy = new Easy(scene.multi.library);
        let gone = false;
        easy.setopt("URL", `${server.current.http}/bytes/10`);
        easy.setopt("WRITEFUNCTION", () => {
          scene.driver.remove(easy);
          scene.driver.command(easy, () => {
            easy.cleanup();
            gone = true;
          });
        });
        scene.driver.add(easy, { outcome: () => expect.unreachable() });
        while (!gone) await new Promise((resolve) => setImmediate(resolve));
      }
      collect();
      return process.memoryUsage().rss / 1_048_576;
    };
    const warm = await cycle(500);
    const after = await cycle(2500);
    console.log(`resident after 500: ${warm.toFixed(1)} MiB, after 3 000: ${after.toFixed(1)} MiB`);
    expect(scene.driver.size).toBe(0);
    expect(after - warm).toBeLessThan(30);
    await scene.driver.close();
  });
});

describe("a multi of the user's own, beside the driver", () => {
  it("may be driven from inside the driver's callbacks: the guard is per multi (C 10.5)", async () => {
    const other = new Multi(loadLibcurl());
    let driven = 0;
    const scene = new Scene();
    Object.assign(scene.observers, {
      socket: () => {
        driven++;
        other.socketAction(CURL_SOCKET_TIMEOUT, 0);
        other.socketAction(0, CURL_CSELECT_IN);
      },
    });
    scene.prepare("own");
    scene.start("own");
    await until(() => scene.outcomes.has("own"));
    expect(driven).toBeGreaterThan(0);
    expect(outcomeOf(scene, "own")).toBe("whole");
    await scene.driver.close();
    other.cleanup();
    scene.easies.get("own")?.cleanup();
  });
});
