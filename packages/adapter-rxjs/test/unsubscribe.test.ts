/** Unsubscribing in each phase, a thousand times: nothing is emitted any more, and nothing is left behind. */
import { loadLibcurl } from "@curlew/engine-libcurl";
import { descriptors, resolvedAfter, slowResolver } from "@curlew/testkit";
import type { Client, RequestOptions } from "curlew";
import { lastValueFrom, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { fullServer, mute } from "../../curlew/test/odd-servers.js";
import { body$, type TransferEvent, type TransferOptions, transfer$ } from "../src/index.js";
import { turns, until, useClient, useServer } from "./support.js";

const server = useServer();
const TIMES = 1000;
const AT_ONCE = 20;
const url = (path: string) => `${server.current.http}/${path}`;

interface Scene {
  readonly url: string;
  readonly options?: TransferOptions;
  readonly libcurl?: string;
  /** Resolves when the transfer is in its phase; `heard` when it was told that. */
  reached(heard: (type: TransferEvent["type"]) => Promise<void>): Promise<unknown> | undefined;
  /** What has been told by then. */
  readonly told: readonly TransferEvent["type"][];
}

const scenes: Record<string, () => Promise<Scene> | Scene> = {
  "before it starts": () => ({ url: url("bytes/10"), reached: () => undefined, told: [] }),
  "while the name is looked up": () => ({
    url: `http://${resolvedAfter(500)}/`,
    libcurl: slowResolver(loadLibcurl().path),
    reached: () => turns(2),
    told: ["started"],
  }),
  "while it connects": async () => ({
    url: `http://127.0.0.1:${await fullServer()}/`,
    reached: () => turns(2),
    told: ["started"],
  }),
  "in the TLS handshake": async () => ({
    url: `https://127.0.0.1:${(await mute()).port}/`,
    options: { curl: { PIPEWAIT: 0 } },
    reached: () => turns(6),
    told: ["started"],
  }),
  "amid the headers": async () => ({
    url: `http://127.0.0.1:${(await mute("HTTP/1.1 200 OK\r\nX-One: 1\r\n")).port}/`,
    reached: () => turns(6),
    told: ["started"],
  }),
  "at the head": async () => ({
    url: `http://127.0.0.1:${(await mute("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")).port}/`,
    reached: (heard) => heard("head"),
    told: ["started", "head"],
  }),
  "amid the body": async () => ({
    url: `http://127.0.0.1:${(await mute("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")).port}/`,
    reached: (heard) => heard("chunk"),
    told: ["started", "head", "chunk"],
  }),
  "after the end": () => ({
    url: url("bytes/10"),
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

const memoryMiB = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

describe(`${TIMES} transfers that are unsubscribed from`, () => {
  for (const [name, make] of Object.entries(scenes))
    it(name, async (context) => {
      const scene = await make();
      if (scene.libcurl && process.env.CURLEW_TEST_ENGINE)
        context.skip(
          "the resolver of node-libcurl's libcurl cannot be replaced here: its own tests do it in a process",
        );
      const client = useClient(scene.libcurl === undefined ? {} : { libcurl: scene.libcurl });
      const batch = () => Promise.all(Array.from({ length: AT_ONCE }, () => leaveOne(client, scene)));
      await batch(); // once for what is made once
      await lastValueFrom(body$(client, url("bytes/10")));
      await turns(20);
      const before = { fds: descriptors.openDescriptors().length, memory: memoryMiB() };
      for (let i = 0; i < TIMES / AT_ONCE; i++) await batch();
      expect(client.size).toEqual({ running: 0, queued: 0 });
      // The other ends are closed by servers of this process, in their time.
      await until(() => descriptors.openDescriptors().length <= before.fds + 5);
      const grownMiB = memoryMiB() - before.memory;
      console.log(`${name}: the heap grew by ${(grownMiB * 1024).toFixed(0)} KiB`);
      expect(grownMiB).toBeLessThan(4); // 4 KiB for each that was kept
      expect(Buffer.concat(await lastValueFrom(body$(client, url("bytes/1000")).pipe(toArray())))).toHaveLength(1000);
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
