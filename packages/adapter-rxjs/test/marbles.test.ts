/** Transfers in virtual time: a scripted engine that plays marbles. `started` comes by a microtask, so it is not among them. */
import { CurlewError, createClient, type Transfer, type TransferRequest, type TransferSink } from "@curlew/core";
import {
  catchError,
  concatMap,
  filter,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  repeat,
  retry,
  share,
  switchMap,
  take,
  takeUntil,
  timeout,
  timer,
} from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expect, it } from "vitest";
import { type ScriptedTransfer, ScriptedTransfers } from "../../core/test/client/scripted-transfers.js";
import { body$, concatMapBody, type TransferEvent, transfer$ } from "../src/index.js";

const HEAD = "HTTP/1.1 200 OK\r\n\r\n";

/** What happens to a transfer, by letter; digits are chunks of that many bytes. */
const steps: Record<string, (transfer: ScriptedTransfer) => void> = {
  h: (transfer) => transfer.headers(HEAD),
  p: (transfer) => transfer.progress(1),
  t: (transfer) => transfer.trailers("X: y\r\n\r\n"),
  d: (transfer) => transfer.end(),
  x: (transfer) => transfer.end(new CurlewError("TRANSFER_FAILED", "broken")),
  ...Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [i + 1, (transfer: ScriptedTransfer) => transfer.chunk("x".repeat(i + 1))]),
  ),
};

class Played extends ScriptedTransfers {
  readonly #play: (transfer: number) => Observable<string>;
  readonly #scheduler: TestScheduler;

  constructor(scheduler: TestScheduler, play: (transfer: number) => Observable<string>) {
    super();
    this.#play = play;
    this.#scheduler = scheduler;
  }

  override now(): number {
    return this.#scheduler.now();
  }

  override start(request: TransferRequest, sink: TransferSink): Transfer {
    const transfer = super.start(request, sink) as ScriptedTransfer;
    const note = (what: string) => this.log.push(`${what} at ${this.now()}`);
    for (const call of ["pause", "resume", "cancel"] as const) {
      const original = transfer[call].bind(transfer);
      transfer[call] = () => {
        original();
        note(call);
      };
    }
    this.#play(this.transfers.length - 1).subscribe((letter) => steps[letter]?.(transfer));
    return transfer;
  }

  /** Calls with their time. */
  get timed(): string[] {
    return this.log.filter((line) => line.includes(" at "));
  }
}

const letterOf = (event: TransferEvent): string =>
  event.type === "chunk"
    ? String(event.bytes.length)
    : (({ head: "h", progress: "p", trailers: "t", done: "d" } as Record<string, string>)[event.type] ?? "s");

type Helpers = Parameters<Parameters<TestScheduler["run"]>[0]>[0];

/** Runs in virtual time, with a client whose n-th transfer plays the n-th marbles, or the last. */
function play(
  marbles: string | readonly string[],
  run: (helpers: Helpers & { client: ReturnType<typeof createClient>; engine: Played }) => void,
): Played {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  const all = typeof marbles === "string" ? [marbles] : marbles;
  let engine: Played | undefined;
  scheduler.run((helpers) => {
    engine = new Played(scheduler, (n) => helpers.cold(all[Math.min(n, all.length - 1)] ?? ""));
    run({ ...helpers, engine, client: createClient({ engine }) });
  });
  return engine as Played;
}

const letters = () => (source: Observable<TransferEvent>) =>
  source.pipe(
    map(letterOf),
    filter((letter) => letter !== "s"),
  );
const failed = { code: "TRANSFER_FAILED" };

describe("transfer$ in marbles", () => {
  it("is what happened, and completes with it", () => {
    play("--h-3-2-t-d", ({ client, expectObservable }) => {
      expectObservable(transfer$(client, "http://a/").pipe(letters())).toBe("--h-3-2-t-(d|)");
    });
  });

  it("starts with each subscription, not before", () => {
    const engine = play("-h-d", ({ client, expectObservable }) => {
      const transfer = transfer$(client, "http://a/").pipe(letters());
      expectObservable(transfer, "---^").toBe("----h-(d|)");
      expectObservable(transfer, "------^").toBe("-------h-(d|)");
    });
    expect(engine.transfers).toHaveLength(2);
  });

  it("is cancelled by unsubscribing, at that moment", () => {
    const engine = play("-h-1-1-1-d", ({ client, expectObservable }) => {
      expectObservable(transfer$(client, "http://a/").pipe(letters()), "^---!").toBe("-h-1");
    });
    expect(engine.timed).toEqual(["cancel at 4"]);
  });

  it("tells progress no more often than asked, and the last of it before the end", () => {
    play("-h-ppppppppppp-d", ({ client, expectObservable }) => {
      const told = transfer$(client, "http://a/", { progressIntervalMs: 4 }).pipe(letters());
      expectObservable(told).toBe("-h-p---p---p---(pd|)");
    });
  });

  it("errs when it fails, after what came before", () => {
    play("-h-2-x", ({ client, expectObservable }) => {
      const told = transfer$(client, "http://a/").pipe(
        letters(),
        catchError((error) => of(error.code)),
      );
      expectObservable(told).toBe("-h-2-(e|)", { h: "h", 2: "2", e: failed.code });
    });
  });
});

describe("standard operators in marbles", () => {
  it("retry(3) of what fails twice: three transfers", () => {
    const engine = play(["-h-x", "--x", "-h-1-d"], ({ client, expectObservable }) => {
      expectObservable(transfer$(client, "http://a/").pipe(retry(3), letters())).toBe("-h----h-1-(d|)");
    });
    expect(engine.transfers).toHaveLength(3);
  });

  it("retry with back-off", () => {
    play(["-x", "-x", "-h-d"], ({ client, expectObservable }) => {
      const backOff = retry<TransferEvent>({ count: 5, delay: (_error, attempt) => timer(10 * 2 ** attempt) });
      expectObservable(transfer$(client, "http://a/").pipe(backOff, letters())).toBe("63ms h-(d|)");
    });
  });

  it("repeat", () => {
    play("-h1-d", ({ client, expectObservable }) => {
      expectObservable(transfer$(client, "http://a/").pipe(repeat(2), letters())).toBe("-h1-dh1-(d|)");
    });
  });

  it("timeout cancels, and takes the other", () => {
    const engine = play("-h-----------1", ({ client, expectObservable }) => {
      const either = transfer$(client, "http://a/").pipe(letters(), timeout({ each: 5, with: () => of("late") }));
      expectObservable(either).toBe("-h----(l|)", { h: "h", l: "late" });
    });
    expect(engine.timed).toEqual(["cancel at 6"]);
  });

  it("switchMap cancels the former one", () => {
    const engine = play("---h---d", ({ client, hot, expectObservable }) => {
      const typed = hot("a-b----c|");
      expectObservable(typed.pipe(switchMap((letter) => transfer$(client, `http://a/${letter}`).pipe(letters())))).toBe(
        "-----h----h---(d|)",
      );
    });
    expect(engine.timed).toEqual(["cancel at 2", "cancel at 7"]);
  });

  it("mergeMap with a concurrency of 2", () => {
    play("--h-d", ({ client, expectObservable }) => {
      const all = of(1, 2, 3).pipe(
        mergeMap(
          (n) =>
            transfer$(client, `http://a/${n}`).pipe(
              letters(),
              filter((letter) => letter === "d"),
            ),
          2,
        ),
      );
      expectObservable(all).toBe("----(dd)(d|)");
    });
  });

  it("takeUntil, also by what is there at once", () => {
    const engine = play("-h-1-1-1-d", ({ client, cold, expectObservable }) => {
      expectObservable(transfer$(client, "http://a/").pipe(letters(), takeUntil(cold("----s")))).toBe("-h-1|");
      expectObservable(transfer$(client, "http://a/").pipe(takeUntil(of(1)))).toBe("|");
      expectObservable(NEVER.pipe(takeUntil(timer(20)))).toBe("20ms |");
    });
    expect(engine.transfers).toHaveLength(1);
  });

  it("share: one transfer, the later subscriber hears what is left", () => {
    const engine = play("-h-1-2-d", ({ client, expectObservable }) => {
      const shared = transfer$(client, "http://a/").pipe(letters(), share());
      expectObservable(shared).toBe("-h-1-2-(d|)");
      expectObservable(shared, "----^").toBe("-----2-(d|)");
    });
    expect(engine.transfers).toHaveLength(1);
  });
});

describe("buffers in marbles", () => {
  const buffered = (
    client: ReturnType<typeof createClient>,
    policy: "pause" | "drop" | "error",
    ready$: Observable<string>,
    bytes = 60_000,
  ) =>
    transfer$(client, "http://a/", {
      buffer: { bytes, policy, ready$: ready$.pipe(map((letter) => letter === "t")) },
    }).pipe(letters());

  it("pause: what comes while nobody is ready waits, in order, and receiving stops", () => {
    const engine = play("-h-1-2-3-d", ({ client, hot, expectObservable }) => {
      expectObservable(buffered(client, "pause", hot("^-f--------t"))).toBe("-h---------(123d|)");
    });
    expect(engine.timed).toEqual(["pause at 3", "resume at 11"]);
  });

  it("drop: keeps what fits", () => {
    play("-h-4-4-2-d", ({ client, hot, expectObservable }) => {
      const told = transfer$(client, "http://a/", {
        buffer: { bytes: 7, policy: "drop", ready$: hot("^f---------t").pipe(map((letter) => letter === "t")) },
      }).pipe(
        filter(({ type }) => type === "chunk" || type === "done"),
        map((event) =>
          event.type === "chunk"
            ? `${event.bytes.length}@${event.offset}`
            : event.type === "done"
              ? `${event.droppedBytes} dropped`
              : "",
        ),
      );
      expectObservable(told).toBe("-----------(abc|)", { a: "4@0", b: "2@8", c: "4 dropped" });
    });
  });

  it("error: at the chunk that does not fit", () => {
    const engine = play("-h-4-4-2-d", ({ client, hot, expectObservable }) => {
      const told = buffered(client, "error", hot("^-f-------"), 7).pipe(catchError((error) => of(error.code)));
      expectObservable(told).toBe("-h---(e|)", { h: "h", e: "BUFFERS_FULL" });
    });
    expect(engine.timed).toEqual(["cancel at 5"]);
  });

  it("an error waits behind what came before it", () => {
    play("-h-1-x", ({ client, hot, expectObservable }) => {
      const told = buffered(client, "drop", hot("^-f-----t")).pipe(catchError((error) => of(error.code)));
      expectObservable(told).toBe("-h------(1e|)", { h: "h", 1: "1", e: failed.code });
    });
  });

  it("progress that waits is replaced by the next", () => {
    play("-h-ppppp-1-d", ({ client, hot, expectObservable }) => {
      const ready$ = hot("^-f---------t").pipe(map((letter) => letter === "t"));
      const told = transfer$(client, "http://a/", {
        progressIntervalMs: 1,
        buffer: { bytes: 9, policy: "drop", ready$ },
      }).pipe(letters());
      expectObservable(told).toBe("-h----------(p1d|)");
    });
  });

  it("unsubscribing amid what is let go ends it there", () => {
    play("-h-1-2-3-d", ({ client, hot, expectObservable }) => {
      expectObservable(buffered(client, "drop", hot("^-f-------t")).pipe(take(2))).toBe("-h--------(1|)");
    });
  });

  it("concatMapBody: one at a time, each as long as its inner Observable", () => {
    play("-12-3---d", ({ client, expectObservable }) => {
      const slow = concatMapBody(client, "http://a/", (bytes) => timer(4).pipe(map(() => String(bytes.length))), {
        buffer: { bytes: 100, policy: "drop" },
      });
      expectObservable(slow).toBe("-----1---2---(3|)");
    });
  });

  it("without them the consumer is told at once, however slow what is behind it", () => {
    play("-1234-d", ({ client, expectObservable }) => {
      const slow = body$(client, "http://a/").pipe(
        concatMap((bytes) => timer(5).pipe(map(() => String(bytes.length)))),
      );
      expectObservable(slow).toBe("------1----2----3----(4|)");
    });
  });
});
