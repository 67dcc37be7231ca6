/** People do whatever they like at whatever moment, drawn from a seed: each transfer has one end, and nothing is left. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client, TransferControl, TransferObserver } from "@curlew/core";
import { descriptors } from "@curlew/testkit";
import { expect, it, onTestFinished } from "vitest";
import { turns, until, useClient } from "./support.js";

const SEED = Number(process.env.CURLEW_TEST_SEED ?? 1);
const ROUNDS = 40;
const EVENTS = [
  "started",
  "informational",
  "redirect",
  "head",
  "chunk",
  "progress",
  "trailers",
  "done",
  "error",
] as const;
const PATHS = ["/small", "/big", "/redirect", "/nowhere", "/cut", "/hints", "/take"];

/** Answers in every way, and forgives everything. */
async function anyServer(): Promise<string> {
  const server = createServer((request, response) => {
    for (const stream of [request, response]) stream.on("error", () => {});
    if (request.url === "/big") response.end(Buffer.alloc(300_000));
    else if (request.url === "/redirect") response.writeHead(302, { Location: "/big" }).end();
    else if (request.url === "/nowhere") response.writeHead(302, { Location: "gopher://nowhere/" }).end();
    else if (request.url === "/cut")
      response.writeHead(200, { "Content-Length": 9 }).write("x", () => response.destroy());
    else if (request.url === "/hints") {
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      setImmediate(() => response.end("late"));
    } else request.resume().on("end", () => response.end("small"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One transfer, and what is wrong about what it was told. */
class Subject {
  readonly told: string[] = [];
  readonly controller = new AbortController();
  control: TransferControl | undefined;
  cancelled = false;

  /** Whether it has had its end, of which there is one, at last; none when it was cancelled before. */
  get over(): boolean {
    return this.cancelled || this.ends === 1;
  }

  get ends(): number {
    return this.told.filter((event) => event === "done" || event === "error").length;
  }

  note(event: string): void {
    expect(this.over, `${event} after ${this.told.join(", ")}, cancelled: ${this.cancelled}`).toBe(false);
    if (event === "chunk" || event === "done") expect(this.told).toContain("head");
    if (event === "head") expect(this.told).not.toContain("head");
    this.told.push(event);
  }

  cancel(): void {
    this.control?.cancel();
    this.cancelled ||= this.ends === 0 && this.control !== undefined;
  }
}

class Round {
  readonly subjects: Subject[] = [];
  readonly wrong: unknown[] = [];
  readonly #client: Client;
  readonly #base: string;
  readonly #draw: (below: number) => number;

  constructor(client: Client, base: string, draw: (below: number) => number) {
    this.#client = client;
    this.#base = base;
    this.#draw = draw;
  }

  start(): void {
    const subject = new Subject();
    this.subjects.push(subject);
    const on = (event: string) => () => {
      try {
        subject.note(event);
      } catch (error) {
        this.wrong.push(error);
      }
      this.#act(event !== "done" && event !== "error");
    };
    const path = PATHS[this.#draw(PATHS.length)] ?? "";
    const options = {
      signal: subject.controller.signal,
      highWaterBytes: 1 + this.#draw(200_000),
      progressIntervalMs: 1 + this.#draw(20),
      ...(path === "/take" && { body: this.#source() }),
    };
    const observer = Object.fromEntries(EVENTS.map((event) => [event, on(event)])) as TransferObserver;
    subject.control = this.#client.start(this.#base + path, options, observer);
  }

  async *#source(): AsyncGenerator<Uint8Array> {
    for (let i = this.#draw(6); i > 0; i--) {
      yield new Uint8Array(this.#draw(50_000));
      if (this.#draw(20) === 0) throw new Error("the source has dried up");
      this.#act(false);
    }
  }

  /** To anybody, from inside an event of somebody. */
  #act(mayThrow: boolean): void {
    const { control, controller } = this.subjects[this.#draw(this.subjects.length)] ?? {};
    const actions = [
      () => this.subjects[this.#draw(this.subjects.length)]?.cancel(),
      () => controller?.abort(),
      () => queueMicrotask(() => controller?.abort()),
      () => {
        control?.pause();
        if (this.#draw(2) === 0) control?.resume();
        else setImmediate(() => control?.resume());
      },
      () => this.subjects.length < 60 && this.start(),
      () => this.#draw(60) === 0 && void this.#client.close({ wait: this.#draw(2) === 0 }),
      () => {
        if (mayThrow && this.#draw(3) === 0) throw new Error("a user's");
      },
    ];
    if (this.#draw(2) === 0) actions[this.#draw(actions.length)]?.();
  }
}

it(`${ROUNDS} rounds of anything at any moment`, { timeout: 120_000 }, async () => {
  let state = SEED;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const base = await anyServer();
  const before = descriptors.openDescriptors().length;
  let count = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const client = useClient({ limits: { transfers: 1 + draw(20), queued: 1 + draw(60) } });
    const round = new Round(client, base, draw);
    for (let k = 10 + draw(20); k > 0; k--) round.start();
    await until(() => round.subjects.every(({ over }) => over));
    await client.close({ wait: draw(2) === 0 });
    await turns(3);
    expect(round.wrong, `round ${i} of seed ${SEED}`).toEqual([]);
    expect(client.size).toEqual({ running: 0, queued: 0 });
    count += round.subjects.length;
  }
  console.log(`${count} transfers in ${ROUNDS} rounds of seed ${SEED}`);
  // The other ends are closed by a server of this process, in its time.
  await until(() => descriptors.openDescriptors().length <= before + 5);
});
