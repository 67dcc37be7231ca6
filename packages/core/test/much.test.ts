/** What a report has brought is told before the next one is acted on, when it is much (contract, tick 5). */
import { describe, expect, it } from "vitest";
import { CURL_POLL_IN, CURL_POLL_REMOVE, type TransferSink } from "../src/index.js";
import { transfersScene } from "./scripted-gathering.js";

const MUCH = "m".repeat(65_536);
const LITTLE = MUCH.slice(1);

/** Transfers whose descriptors are 8, 9, ...; `also`: what a sink does after it heard. */
function downloads(count: number) {
  const all = transfersScene();
  const also: Partial<TransferSink>[] = Array.from({ length: count }, () => ({}));
  const words: string[] = [];
  const transfers = also.map((_, n) =>
    all.start({
      chunk: (bytes) => {
        words.push(`chunk ${n}`);
        also[n]?.chunk?.(bytes);
      },
    }),
  );
  const { engine, loop } = all;
  for (let n = 0; n < count; n++) engine.tell(8 + n, CURL_POLL_IN, all.easy(n));
  loop.settle();
  const brings = (n: number, text: string): void => {
    engine.actions.set(8 + n, () => {
      words.push(`action ${n}`);
      engine.gather(all.easy(n), "body", text);
    });
  };
  const easy = (n: number) => all.easy(n);
  return { ...all, engine, easy, also, words, transfers, transferEngine: all.transfers, brings };
}

describe("what a report has brought", () => {
  it("is told before the next is acted on, when it is much", () => {
    const { brings, loop, words } = downloads(3);
    for (let n = 0; n < 3; n++) brings(n, MUCH);
    loop.report([8, 1], [9, 1], [10, 1]);
    expect(words).toEqual(["action 0", "chunk 0", "action 1", "chunk 1", "action 2", "chunk 2"]);
  });

  it("is told after all were acted on, when it is little; also when it adds up", () => {
    const { brings, loop, words } = downloads(3);
    brings(0, LITTLE.slice(1));
    brings(1, "m");
    brings(2, "m");
    loop.report([8, 1], [9, 1], [10, 1]);
    expect(words).toEqual(["action 0", "action 1", "action 2", "chunk 0", "chunk 1", "chunk 2"]);
    words.length = 0;
    brings(0, LITTLE);
    loop.report([8, 1], [9, 1], [10, 1]);
    expect(words.slice(0, 4)).toEqual(["action 0", "action 1", "chunk 0", "chunk 1"]);
  });

  it("makes users do what ends others, whose reports are then of nothing", () => {
    const { brings, loop, words, also, engine, easy, transfers } = downloads(3);
    for (let n = 0; n < 3; n++) brings(n, MUCH);
    engine.onRemove = (removed) => {
      if (removed === easy(1)) engine.tell(9, CURL_POLL_REMOVE, removed);
    };
    also[0] = { chunk: () => transfers[1]?.cancel() };
    loop.report([8, 1], [9, 1], [10, 1]);
    expect(words).toEqual(["action 0", "chunk 0", "action 2", "chunk 2"]);
  });

  it("may be why the driver is closed, which then acts on no more", async () => {
    const { brings, loop, words, also, heard, transferEngine } = downloads(2);
    for (let n = 0; n < 2; n++) brings(n, MUCH);
    let closed: Promise<void> | undefined;
    also[0] = {
      chunk: () => {
        closed = transferEngine.close();
      },
    };
    loop.report([8, 1], [9, 1]);
    loop.settle();
    await closed;
    expect(words).toEqual(["action 0", "chunk 0"]);
    expect(heard.filter((word) => word.includes("outcome"))).toEqual(["0 outcome CLOSED", "1 outcome CLOSED"]);
  });

  it("is followed by a 0 timer, which may bring more; once, then it is the next one's turn", () => {
    const { brings, loop, words, engine, easy, also } = downloads(2);
    for (let n = 0; n < 2; n++) brings(n, MUCH);
    also[0] = { chunk: () => void engine.tellTimer(0) };
    engine.actions.set(-1, () => {
      words.push("timer");
      engine.gather(easy(0), "body", MUCH);
    });
    loop.report([8, 1], [9, 1]);
    expect(words.slice(0, 5)).toEqual(["action 0", "chunk 0", "timer", "chunk 0", "action 1"]);
  });

  it("is no more than a tick's budget of callbacks, and then the timer waits, too", () => {
    const { brings, loop, words, heard, engine } = downloads(600);
    for (let n = 0; n < 600; n++) brings(n, MUCH);
    let busy = true;
    engine.actions.set(-1, () => {
      words.push("timer");
      if (busy) engine.tellTimer(0);
    });
    engine.tellTimer(0);
    loop.report(...Array.from({ length: 600 }, (_, n): [number, number] => [8 + n, 1]));
    const count = (what: string): number => words.filter((word) => word.startsWith(what)).length;
    expect(count("action")).toBe(600);
    expect(count("chunk")).toBe(512); // the default budget
    expect(count("timer")).toBe(512 + 1);
    busy = false;
    loop.settle();
    expect(heard).toHaveLength(600);
  });
});
