/** Unsubscribing in each phase, a thousand times: nothing is emitted any more, and nothing is left behind. */
import { loadLibcurl } from "@curlew/engine-libcurl";
import { descriptors, resolvedAfter, slowResolver } from "@curlew/testkit";
import { fullServer, mute } from "@curlew/testkit/in-tests";
import type { Client, RequestOptions, TransferPhase } from "curlew";
import { lastValueFrom, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { body$, type TransferEvent, type TransferOptions, transfer$ } from "../src/index.js";
import { turns, until, useClient, useServer } from "./support.js";

const server = useServer();
const TIMES = 1000;
const AT_ONCE = 20;
/** Turns in which what has arrived is read. */
const WHILE = 150;
const url = (path: string) => `${server.current.http}/${path}`;

interface Scene {
  readonly url: string;
  /** Where a transfer is then, by the client's word; undefined: it has ended. */
  readonly phase: TransferPhase | undefined;
  readonly options?: TransferOptions;
  readonly libcurl?: string;
  /** Resolves when the transfer is in its phase; `heard` when it was told that. */
  reached(heard: (type: TransferEvent["type"]) => Promise<void>): Promise<unknown> | undefined;
  /** What has been told by then. */
  readonly told: readonly TransferEvent["type"][];
}

const scenes: Record<string, () => Promise<Scene> | Scene> = {
  "before it starts": () => ({ url: url("bytes/10"), phase: "resolving", reached: () => undefined, told: [] }),
  "while the name is looked up": () => ({
    url: `http://${resolvedAfter(500)}/`,
    phase: "resolving",
    libcurl: slowResolver(loadLibcurl().path),
    reached: () => turns(2),
    told: ["started"],
  }),
  "while it connects": async () => ({
    url: `http://127.0.0.1:${await fullServer()}/`,
    phase: "connecting",
    reached: () => turns(2),
    told: ["started"],
  }),
  "in the TLS handshake": async () => {
    const { port, spokenTo } = await mute();
    return {
      url: `https://127.0.0.1:${port}/`,
      phase: "tls",
      options: { curl: { PIPEWAIT: 0 } },
      reached: spokenTo,
      told: ["started"],
    };
  },
  "amid the headers": async () => {
    const { port, spokenTo } = await mute("HTTP/1.1 200 OK\r\nX-One: 1\r\n");
    const read = async () => {
      await spokenTo();
      await turns(WHILE);
    };
    return { url: `http://127.0.0.1:${port}/`, phase: "receiving", reached: read, told: ["started"] };
  },
  "at the head": async () => ({
    url: `http://127.0.0.1:${(await mute("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")).port}/`,
    phase: "receiving",
    reached: (heard) => heard("head"),
    told: ["started", "head"],
  }),
  "amid the body": async () => ({
    url: `http://127.0.0.1:${(await mute("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")).port}/`,
    phase: "receiving",
    reached: (heard) => heard("chunk"),
    told: ["started", "head", "chunk"],
  }),
  "after the end": () => ({
    url: url("bytes/10"),
    phase: undefined,
    reached: (heard) => heard("done"),
    told: ["started", "head", "chunk", "done"],
  }),
};

/** A signal that counts its listeners. */
function counted() {
  const { signal } = new AbortController();
  let listeners = 0;
  const counting: NonNullable<RequestOptions["signal"]> = {
    get aborted() {
      return signal.aborted;
    },
    reason: undefined,
    addEventListener(type, listener) {
      listeners++;
      signal.addEventListener(type, listener);
    },
    removeEventListener(type, listener) {
      listeners--;
      signal.removeEventListener(type, listener);
    },
  };
  return { signal: counting, listeners: () => listeners };
}

async function leaveOne(client: Client, scene: Scene): Promise<void> {
  const { signal, listeners } = counted();
  const told: string[] = [];
  const reached = new Map<string, () => void>();
  let left = false;
  const note = (what: string): void => {
    if (left) expect.fail(`${what} was told after unsubscribing`);
    if (told.at(-1) !== what) told.push(what);
    reached.get(what)?.();
  };
  const subscription = transfer$(client, scene.url, { ...scene.options, signal }).subscribe({
    next: ({ type }) => note(type),
    error: (error) => note(String(error)),
  });
  const heard = (type: string) => new Promise<void>((resolve) => reached.set(type, resolve));
  const wait = scene.reached(heard);
  if (wait) await wait;
  left = true;
  subscription.unsubscribe();
  expect(listeners()).toBe(0);
  await turns(3);
  expect(told.slice(0, scene.told.length)).toEqual(scene.told);
}

/** What a transfer that is aborted in this scene says of where it was. */
async function phaseOf(client: Client, scene: Scene): Promise<TransferPhase | undefined> {
  const aborting = new AbortController();
  const reached = new Map<string, () => void>();
  const ended = new Promise<TransferPhase | undefined>((resolve) => {
    transfer$(client, scene.url, { ...scene.options, signal: aborting.signal }).subscribe({
      next: ({ type }) => reached.get(type)?.(),
      error: (error) => resolve(error.phase),
      complete: () => resolve(undefined),
    });
  });
  await scene.reached((type) => new Promise<void>((resolve) => reached.set(type, resolve)));
  aborting.abort();
  return ended;
}

const memoryMiB = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

describe(`${TIMES} transfers that are unsubscribed from`, () => {
  for (const [name, begin] of Object.entries(scenes))
    it(name, async (context) => {
      const scene = await begin();
      if (scene.libcurl && process.env.CURLEW_TEST_ENGINE)
        context.skip(
          "the resolver of node-libcurl's libcurl cannot be replaced here: its own tests do it in a process",
        );
      const make = () => useClient(scene.libcurl === undefined ? {} : { libcurl: scene.libcurl });
      const phases: unknown[] = [];
      const batch = async (client: Client): Promise<void> => {
        const witness = phaseOf(client, scene);
        await Promise.all(Array.from({ length: AT_ONCE }, () => leaveOne(client, scene)));
        phases.push(await witness);
      };
      const whole = async (client: Client) => lastValueFrom(body$(client, url("bytes/1000")).pipe(toArray()));
      const first = make(); // for what is made once
      await batch(first);
      await whole(first);
      await first.close();
      await turns(20);
      const before = { fds: descriptors.openDescriptors().length, memory: memoryMiB() };

      const client = make();
      for (let i = 0; i < TIMES / AT_ONCE; i++) await batch(client);
      expect(client.size).toEqual({ running: 0, queued: 0 });
      const inPhase = phases.filter((phase) => phase === scene.phase).length;
      console.log(
        `${name}: ${inPhase} of ${phases.length} that were asked where they are said ${scene.phase ?? "done"}`,
      );
      expect(inPhase).toBeGreaterThan(phases.length * 0.8); // a thread that was not given its turn may be late with what came
      expect(Buffer.concat(await whole(client))).toHaveLength(1000);
      await client.close();
      // The other ends of some are closed by servers of this process, in their time.
      await until(() => descriptors.openDescriptors().length <= before.fds);
      const grownMiB = memoryMiB() - before.memory;
      console.log(`${name}: the heap grew by ${(grownMiB * 1024).toFixed(0)} KiB`);
      expect(grownMiB).toBeLessThan(4); // 4 KiB for each that was kept
    });

  it("while they wait for a slot", async () => {
    const client = useClient({ limits: { transfers: 1 } });
    const first = transfer$(client, url("hang")).subscribe();
    const waiting = Array.from({ length: TIMES }, () =>
      transfer$(client, url("hang")).subscribe(() => expect.fail("told")),
    );
    expect(client.size).toEqual({ running: 1, queued: TIMES });
    for (const subscription of waiting) subscription.unsubscribe();
    expect(client.size).toEqual({ running: 1, queued: 0 });
    first.unsubscribe();
    await turns(5);
    expect(client.size).toEqual({ running: 0, queued: 0 });
  });
});
