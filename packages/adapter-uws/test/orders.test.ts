/**
 * Orders of events that a real uWS cannot be brought to at will: a scripted response that takes as much as a seed says, is
 * writable when it says, and leaves when it says. What may be done with it is what uWS allows: it is never touched when it is over.
 */
import { type AnswerObserver, type ClientTransfer, CurlewError, type Head } from "@curlew/core";
import { contentOf } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { pipeToResponse } from "../src/index.js";
import type { UwsResponse } from "../src/uws.js";

const SEEDS = 500;
const TURNS = 2000;

/** Mulberry32: numbers below 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** As uWS: of a size that is known it takes what has room, else all of it, and keeps what had none. */
class ScriptedResponse {
  readonly sent: Uint8Array[] = [];
  /** Touched when it was over: what for. */
  readonly crimes: string[] = [];
  kept = 0;
  mostKept = 0;
  over: "" | "answered" | "aborted" | "closed" = "";
  status = "";
  #offset = 0;
  #corked = false;
  #aborted = (): void => {};
  #writable: ((offset: number) => boolean) | undefined;
  readonly #next: () => number;

  constructor(next: () => number) {
    this.#next = next;
  }

  get response(): UwsResponse {
    const may = (what: string): void => {
      if (this.over) {
        this.crimes.push(`${what} when it was ${this.over}`);
        throw new Error("must not be accessed");
      }
    };
    const inCork = (what: string): void => {
      may(what);
      if (!this.#corked) this.crimes.push(`${what} outside of a cork`);
    };
    return {
      onAborted: (handler) => {
        this.#aborted = handler;
      },
      onWritable: (handler) => {
        this.#writable = handler;
      },
      onData: () => may("onData"),
      pause: () => may("pause"),
      resume: () => may("resume"),
      cork: (run) => {
        may("cork");
        this.#corked = true;
        run();
        this.#corked = false;
        this.kept -= Math.floor(this.kept * this.#next());
      },
      writeStatus: (status) => {
        inCork("writeStatus");
        if (this.status) this.crimes.push("a second status");
        this.status = status;
      },
      writeHeader: () => inCork("writeHeader"),
      write: (chunk) => {
        inCork("write");
        this.sent.push(Buffer.from(chunk));
        if (this.kept === 0 && this.#next() < 0.5) return true;
        this.kept += chunk.length;
        this.mostKept = Math.max(this.mostKept, this.kept);
        return false;
      },
      tryEnd: (chunk, total) => {
        inCork("tryEnd");
        const taken = this.#next() < 0.5 ? chunk.length : Math.floor(chunk.length * this.#next());
        this.sent.push(Buffer.from(chunk.subarray(0, taken)));
        this.#offset += taken;
        if (this.#offset === total) this.over = "answered";
        return [taken === chunk.length, this.#offset === total];
      },
      getWriteOffset: () => {
        may("getWriteOffset");
        return this.#offset;
      },
      end: () => {
        inCork("end");
        this.over = "answered";
      },
      endWithoutBody: () => {
        inCork("endWithoutBody");
        this.over = "answered";
      },
      close: () => {
        may("close");
        this.over = "closed";
        this.#aborted();
      },
    };
  }

  /** The socket has room. */
  writable(): void {
    if (this.over) return;
    this.kept = Math.floor(this.kept * this.#next() * 0.5);
    this.#writable?.(this.#offset);
  }

  leave(): void {
    if (this.over) return;
    this.over = "aborted";
    this.#aborted();
  }
}

/** A transfer that has these chunks, and then its end; one that fails had promised more. */
function scriptedTransfer(chunks: Uint8Array[], sized: boolean, error: CurlewError | undefined, kept: boolean) {
  const told = { cancelled: false, paused: false, recycled: 0 };
  let observer: AnswerObserver | undefined;
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  const raw = sized ? [["Content-Length", String(error ? size + 1 : size)]] : [];
  const left = [...chunks];
  /** Answers whether there is something left to tell. */
  const tellOne = (): boolean => {
    if (!observer || (told.paused && !told.cancelled)) return observer !== undefined;
    const to = observer;
    const chunk = told.cancelled ? undefined : left.shift();
    if (chunk) to.chunk?.(chunk);
    else observer = undefined;
    if (chunk) return true;
    if (told.cancelled) to.error?.(new CurlewError("ABORTED", "cancelled"));
    else if (error) to.error?.(error);
    else to.done?.();
    return false;
  };
  /** What has come already is told at once, as long as it is not paused; else one thing a turn. */
  const tellKept = (): void => {
    while (kept && !told.paused && tellOne());
  };
  const tellAll = async (): Promise<void> => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (tellOne());
  };
  const transfer = {
    method: "GET",
    decodes: false,
    bodyUsed: false,
    subscribe: (to: AnswerObserver) => {
      observer = to;
      to.head?.({ status: 200, reason: "OK", headers: { raw } } as unknown as Head);
      tellKept();
      void tellAll();
    },
    cancel: () => {
      told.cancelled = true;
    },
    recycle: (chunk: Uint8Array) => {
      told.recycled++;
      chunk.fill(0); // nobody may look into it any more
    },
    pause: () => {
      told.paused = true;
    },
    resume: () => {
      told.paused = false;
      tellKept();
    },
  };
  return { transfer: transfer as unknown as ClientTransfer, told };
}

describe(`a response that does as ${SEEDS} seeds say`, () => {
  it.each([true, false])(
    "gets every byte once and in order, and is left alone when it is over; sized: %s",
    async (sized) => {
      const ends = { done: 0, aborted: 0, cut: 0, refused: 0 };
      for (let seed = 1; seed <= SEEDS; seed++) {
        const next = random(seed);
        const lengths = Array.from({ length: Math.floor(next() * 6) }, () => 1 + Math.floor(next() * 60_000));
        const content = contentOf("bytes", 400_000);
        let at = 0;
        const chunks = lengths.map((length) => {
          at += length;
          return Buffer.from(content.subarray(at - length, at));
        });
        const failing = next() < 0.2 ? new CurlewError("TRANSFER_FAILED", "broken") : undefined;
        const scripted = new ScriptedResponse(next);
        const { transfer, told } = scriptedTransfer(chunks, sized, failing, next() < 0.3);
        const meddles = next() < 0.3;
        const leaveAt = next() < 0.3 ? Math.floor(next() * 12) : Number.POSITIVE_INFINITY;
        let end: Awaited<ReturnType<typeof pipeToResponse>> | undefined;
        void pipeToResponse(transfer, scripted.response).then((piped) => {
          end = piped;
        });
        for (let turn = 0; !end && turn < TURNS; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
          if (turn === leaveAt) scripted.leave();
          else if (next() < 0.5) scripted.writable();
          if (meddles && next() < 0.5) transfer.resume(); // of a user's, whatever the response waits for
        }
        const context = `seed ${seed}`;
        expect(scripted.crimes, context).toEqual([]);
        expect(end, context).toBeDefined();
        if (!end) continue;
        ends[end.how]++;
        if (end.how === "done") expect(told.recycled, context).toBe(chunks.length);
        const sent = Buffer.concat(scripted.sent);
        expect(content.subarray(0, sent.length).equals(sent), context).toBe(true);
        if (end.how === "done") expect([sent.length, told.paused], context).toEqual([at, false]);
        else expect(told.cancelled, context).toBe(true);
        expect(scripted.mostKept, context).toBeLessThan(60_000 + 2 * 16_384 + 60_000);
      }
      console.log(`sized ${sized}: ${JSON.stringify(ends)}`);
      for (const how of ["done", "aborted", "cut"] as const) expect(ends[how]).toBeGreaterThan(10);
    },
  );
});
