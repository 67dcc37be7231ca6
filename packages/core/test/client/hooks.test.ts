/** Everything a user may do inside an event of a transfer, and the order in which it then happens. */
import { describe, expect, it } from "vitest";
import type { Client, TransferControl, TransferObserver } from "../../src/index.js";
import { microtasks, type ScriptedTransfer, type ScriptedTransfers, scene } from "./scripted-transfers.js";

const EVENTS = ["started", "informational", "redirect", "head", "chunk", "progress", "trailers", "done"] as const;
type Event = (typeof EVENTS)[number];

/** A transfer in which everything happens; `act` is called inside one event. */
async function play(at: Event | "error", act: (around: Around) => void) {
  const { client, engine } = scene(
    {},
    { reportError: (error) => void log.push(`reported ${(error as Error).message}`) },
  );
  const controller = new AbortController();
  const log: string[] = [];
  let control: TransferControl | undefined;
  const around: Around = { client, engine, controller, log, control: () => control as TransferControl };
  const on = (event: Event | "error") => (value?: unknown) => {
    const code = (value as { code?: string } | undefined)?.code;
    log.push(code === undefined ? event : `${event} ${code}`);
    if (event === at) act(around);
    log.push(`${event} returned`);
  };
  const observer = Object.fromEntries([...EVENTS, "error" as const].map((event) => [event, on(event)]));
  control = client.start(
    "http://a/",
    { signal: controller.signal, progressIntervalMs: 1 },
    observer as TransferObserver,
  );
  await microtasks();
  const transfer = engine.transfers[0] as ScriptedTransfer;
  transfer.headers("HTTP/1.1 100 Continue\r\n\r\n");
  transfer.headers("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  transfer.chunk("one");
  transfer.progress(3);
  transfer.trailers("A: b\r\n");
  transfer.end();
  await microtasks();
  return { log, client, engine };
}

interface Around {
  readonly client: Client;
  readonly engine: ScriptedTransfers;
  readonly controller: AbortController;
  readonly log: string[];
  readonly control: () => TransferControl;
}

const told = (log: string[]) => log.filter((line) => !line.endsWith(" returned"));

describe("the order of events", () => {
  it("is the documented one", async () => {
    const { log } = await play("error", () => {});
    expect(told(log)).toEqual([
      "started",
      "informational",
      "redirect",
      "head",
      "chunk",
      "progress",
      "trailers",
      "done",
    ]);
  });

  for (const at of EVENTS) {
    const before = EVENTS.slice(0, EVENTS.indexOf(at) + 1);

    it(`cancelled in ${at}: nothing more`, async () => {
      const { log, client } = await play(at, ({ control }) => control().cancel());
      expect(told(log)).toEqual(before);
      expect(client.size.running).toBe(0);
    });

    it(`aborted in ${at}: the error, after the event has returned`, async () => {
      const { log, client } = await play(at, ({ controller }) => controller.abort());
      const error = at === "done" ? [] : ["error ABORTED", "error returned"];
      expect(log.slice(log.indexOf(at))).toEqual([at, `${at} returned`, ...error]);
      expect(client.size.running).toBe(0);
    });

    it(`a throw in ${at} fails it, or is reported when it is over`, async () => {
      const { log, client, engine } = await play(at, () => {
        throw new Error("mine");
      });
      expect(told(log).slice(before.length)).toEqual(at === "done" ? [] : ["error CALLBACK_FAILED"]);
      expect(engine.log.filter((line) => line === "reported mine")).toHaveLength(at === "done" ? 1 : 0);
      expect(client.size.running).toBe(0);
    });

    it(`another is started, paused and resumed in ${at}`, async () => {
      const { log, engine } = await play(at, ({ client, control }) => {
        client.request("http://b/");
        control().pause();
        control().resume();
      });
      expect(told(log).at(-1)).toBe("done");
      expect(engine.log.filter((line) => line.startsWith("start"))).toEqual(["start http://a/", "start http://b/"]);
    });

    it(`the client is closed in ${at}`, async () => {
      const { log, client } = await play(at, (around) => void around.client.close({ wait: false }));
      expect(told(log).at(-1)).toBe(at === "done" ? "done" : "error CLOSED");
      expect(client.size).toEqual({ running: 0, queued: 0 });
    });
  }
});

/** An empty redirect is known to be the answer only at the end, and progress may wait for its interval until then. */
describe("what is told together with the end", () => {
  const LAST = ["head", "progress"] as const;

  async function playLast(at: (typeof LAST)[number], act: (around: LastAround) => void) {
    const reported: string[] = [];
    const { client, engine } = scene({}, { reportError: (error) => void reported.push((error as Error).message) });
    const controller = new AbortController();
    const log: string[] = [];
    let waiting = false;
    const on = (event: string) => (value?: unknown) => {
      log.push((value as { code?: string } | undefined)?.code ?? event);
      if (event === at && !waiting) act({ client, controller, control: () => control });
    };
    const control = client.start(
      "http://a/",
      { signal: controller.signal, progressIntervalMs: 10 },
      { head: on("head"), progress: on("progress"), done: on("done"), error: on("error") },
    );
    waiting = true;
    engine.last.progress(1); // is told at once
    waiting = false;
    log.splice(0);
    engine.last.progress(2); // is not, so soon after it
    engine.last.headers("HTTP/1.1 302 Found\r\nLocation: nowhere:\r\n\r\n");
    engine.last.end();
    await microtasks();
    expect(client.size).toEqual({ running: 0, queued: 0 });
    await client.close();
    return { log, reported: [...reported, ...engine.log.filter((line) => line.startsWith("reported"))] };
  }

  interface LastAround {
    readonly client: Client;
    readonly controller: AbortController;
    readonly control: () => TransferControl;
  }

  for (const at of LAST) {
    const before = LAST.slice(0, LAST.indexOf(at) + 1);
    const ends: [what: string, act: (around: LastAround) => void, end: string[]][] = [
      ["nothing is done", () => {}, [...LAST.slice(before.length), "done"]],
      [
        "there is a throw",
        () => {
          throw new Error("mine");
        },
        ["CALLBACK_FAILED"],
      ],
      ["the signal is aborted", ({ controller }) => controller.abort(), ["ABORTED"]],
      ["it is cancelled", ({ control }) => control().cancel(), []],
    ];
    for (const [what, act, end] of ends)
      it(`in ${at} ${what}: one end, and the slot is free`, async () => {
        expect(await playLast(at, act)).toEqual({ log: [...before, ...end], reported: [] });
      });
  }
});

it("a source that cancels when it is let go hears nothing more", async () => {
  const { client, engine } = scene();
  const told: string[] = [];
  const body: AsyncIterable<unknown> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        control.cancel();
        return { done: true, value: undefined };
      },
    }),
  };
  const observer = { done: () => void told.push("done"), error: () => void told.push("error") };
  const control = client.start("http://a/", { body }, observer);
  engine.last.sink.drain?.();
  engine.last.answer("enough", 413);
  await microtasks();
  expect(told).toEqual([]);
});
