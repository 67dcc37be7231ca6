/** Aborting a client's transfer in each phase, a thousand times: the right error once, and nothing is left behind. */
import { getEventListeners } from "node:events";
import type { Client, ClientRequestOptions, ClientTransfer, TransferPhase } from "@curlew/core";
import { loadLibcurl } from "@curlew/engine-libcurl";
import { descriptors, resolvedAfter, slowResolver } from "@curlew/testkit";
import { fullServer, mute } from "@curlew/testkit/in-tests";
import { describe, expect, it } from "vitest";
import { otherEngine, turns, until, useClient, useServer } from "./support.js";

const server = useServer();
const TIMES = 1000;
const AT_ONCE = 20;

interface Scene {
  readonly url: string;
  readonly options?: () => ClientRequestOptions;
  readonly libcurl?: string;
  /** Resolves when the transfer is in its phase. */
  reached(transfer: ClientTransfer): Promise<unknown>;
  readonly phases: readonly TransferPhase[];
}

const url = (path: string) => `${server.current.http}/${path}`;

/** A body that never ends. */
async function* endless() {
  yield new Uint8Array(1000);
  await new Promise(() => {});
}

const scenes: Record<string, () => Promise<Scene> | Scene> = {
  "while the name is looked up": () => ({
    url: `http://${resolvedAfter(500)}/`,
    libcurl: slowResolver(loadLibcurl().path),
    reached: () => turns(2),
    phases: ["resolving"],
  }),
  "while it connects": async () => {
    const port = await fullServer();
    const fds = () => descriptors.openDescriptors().length;
    const reached = () => {
      const before = fds();
      return until(() => fds() > before);
    };
    return { url: `http://127.0.0.1:${port}/`, reached, phases: ["connecting"] };
  },
  "in the TLS handshake": async () => {
    const { port, spokenTo } = await mute();
    const options = () => ({ curl: { PIPEWAIT: 0 } });
    // 8.14.1 tells neither when it had connected nor from where before TLS is through.
    return { url: `https://127.0.0.1:${port}/`, options, reached: spokenTo, phases: ["connecting", "tls"] };
  },
  "while it sends": async () => {
    const { port, spokenTo } = await mute();
    const options = () => ({ method: "PUT", body: endless() });
    return { url: `http://127.0.0.1:${port}/`, options, reached: spokenTo, phases: ["sending"] };
  },
  "while it waits for the answer": async () => {
    const { port, spokenTo } = await mute();
    return { url: `http://127.0.0.1:${port}/`, reached: spokenTo, phases: ["waiting"] };
  },
  "amid the headers": async () => {
    const { port, spokenTo } = await mute("HTTP/1.1 200 OK\r\nX-One: 1\r\n");
    return { url: `http://127.0.0.1:${port}/`, reached: spokenTo, phases: ["waiting", "receiving"] };
  },
  "amid the body": () => ({
    url: url("bytes/5000000"),
    options: () => ({ highWaterBytes: 30_000 }),
    reached: (transfer) => transfer.head,
    phases: ["receiving"],
  }),
};

async function abortOne(client: Client, scene: Scene, phases: Map<string, number>): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  const transfer = client.request(scene.url, { ...scene.options?.(), signal });
  await scene.reached(transfer);
  const reason = new Error("enough");
  const started = performance.now();
  controller.abort(reason);
  await turns(1);
  const lagMs = performance.now() - started;
  const error = await transfer.bytes().then(
    () => undefined,
    (caught) => caught,
  );
  expect(error).toMatchObject({ code: "ABORTED", cause: reason });
  phases.set(error.phase, (phases.get(error.phase) ?? 0) + 1);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  return lagMs;
}

describe(`${TIMES} transfers that are aborted`, () => {
  for (const [name, make] of Object.entries(scenes))
    it(name, async (context) => {
      if (otherEngine && name === "while the name is looked up")
        context.skip(
          "the resolver of node-libcurl's libcurl cannot be replaced here: its own tests do it in a process",
        );
      const scene = await make();
      const client = useClient(scene.libcurl === undefined ? {} : { libcurl: scene.libcurl });
      await client.request(url("bytes/10")).bytes();
      await turns(5);
      const before = descriptors.openDescriptors().length;
      const phases = new Map<string, number>();
      const lags: number[] = [];
      for (let i = 0; i < TIMES / AT_ONCE; i++)
        lags.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => abortOne(client, scene, phases)))));
      lags.sort((a, b) => a - b);
      const at = (share: number) => lags[Math.floor(share * (lags.length - 1))] ?? 0;
      const told = [...phases].map(([phase, count]) => `${count} ${phase}`).join(", ");
      console.log(`${name}: ${told}; the loop lagged ${at(0.5).toFixed(1)} ms, at most ${at(1).toFixed(1)} ms`);
      expect(at(0.9)).toBeLessThan(50);
      expect([...phases.keys()].filter((phase) => !scene.phases.includes(phase as TransferPhase))).toEqual([]);
      expect(client.size).toEqual({ running: 0, queued: 0 });
      expect((await client.request(url("bytes/1000")).bytes()).length).toBe(1000);
      // The other ends of what was aborted are closed by servers of this process, in their time.
      await until(() => descriptors.openDescriptors().length <= before + 5);
    });

  it("before they start: nothing is sent", async () => {
    const client = useClient();
    const signal = AbortSignal.abort();
    for (let i = 0; i < TIMES; i++)
      await expect(client.request(url("hang"), { signal }).head).rejects.toMatchObject({ code: "ABORTED" });
    expect(client.size).toEqual({ running: 0, queued: 0 });
  });

  it("after their end: nothing changes", async () => {
    const client = useClient();
    for (let i = 0; i < TIMES; i++) {
      const controller = new AbortController();
      const transfer = client.request(url("bytes/10"), { signal: controller.signal });
      await transfer.infos;
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
      controller.abort();
      expect((await transfer.bytes()).length).toBe(10);
    }
  });
});
