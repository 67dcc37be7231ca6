import type { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { CURL_WRITEFUNC_PAUSE, type Judge, type Model, ModelEasy } from "@curlew/adapter-epoll-sim/model";
import type { Driver, Outcome, TransferSink } from "@curlew/core";
import type { Plan } from "./plans.js";

const UPLOAD_PIECE_BYTES = 7000;

/** What the players of one run share. */
export interface Stage {
  readonly kernel: Kernel;
  readonly driver: Driver<ModelEasy>;
  readonly model: Model;
  readonly judge: Judge;
  readonly players: Player[];
  /** The outcome of a transfer, or its cancellation. */
  ended(): void;
}

/** The user of one transfer: does what its plan says and checks what it is told. */
export class Player {
  readonly plan: Plan;
  readonly #stage: Stage;
  #easy: ModelEasy | undefined;
  #received = 0;
  #chunks = 0;
  #paused = false;
  #sentBytes = 0;
  #cancelledIn = -1;
  state: "waiting" | "started" | "ended" | "cancelled" = "waiting";

  constructor(plan: Plan, stage: Stage) {
    this.plan = plan;
    this.#stage = stage;
    stage.players.push(this);
  }

  start(): void {
    const { driver, judge } = this.#stage;
    if (!driver.open) return this.#end("cancelled");
    const easy = this.plan.raw ? this.#rawEasy() : this.#stage.model.prepare(this.#request());
    this.#easy = easy;
    this.state = "started";
    judge.outstanding++;
    judge.note(`add ${this.plan.name} ${this.plan.url}`);
    driver.add(easy, this.#sink());
    if (this.plan.streamed) this.#sendMore();
  }

  cancel(): void {
    if (this.state !== "started") return;
    const { driver, judge, model } = this.#stage;
    judge.note(`cancel ${this.plan.name}`);
    judge.outstanding--;
    const easy = this.#easy as ModelEasy;
    if (model.busy) this.#cancelledIn = judge.calls;
    this.#end("cancelled");
    driver.remove(easy);
  }

  #end(state: "ended" | "cancelled"): void {
    this.state = state;
    this.#stage.ended();
  }

  #request() {
    const { url, curl, upload, streamed, highWaterBytes } = this.plan;
    const body = streamed ? ({ stream: true } as const) : upload;
    return { url, curl, highWaterBytes, ...(body ? { body } : {}) };
  }

  #rawEasy(): ModelEasy {
    const easy = new ModelEasy();
    easy.setopt("URL", this.plan.url);
    for (const [option, value] of Object.entries(this.plan.curl)) easy.setopt(option, value);
    easy.setopt("WRITEFUNCTION", (bytes: Uint8Array) => {
      // Inside the engine: what is asked of the driver here is queued, and the same call may have more for who was cancelled in it.
      if (this.#cancelledIn === this.#stage.judge.calls) return bytes.length;
      if (this.#pausesNow()) return CURL_WRITEFUNC_PAUSE;
      this.#took(bytes);
      this.#actAtChunk();
      return bytes.length;
    });
    return easy;
  }

  /** A raw handle is paused by the answer of its callback, which gets the same bytes again later. */
  #pausesNow(): boolean {
    const { atChunk } = this.plan;
    if (atChunk?.act !== "pause" || atChunk.chunk !== this.#chunks) return false;
    this.#chunks++;
    this.#paused = true;
    this.#stage.judge.note(`pause ${this.plan.name}`);
    this.#later(atChunk.resumeMs, () => {
      this.#paused = false;
      const easy = this.#easy as ModelEasy;
      this.#stage.driver.command(easy, () => easy.pause(0));
    });
    return true;
  }

  #sink(): TransferSink {
    const { judge } = this.#stage;
    const { name } = this.plan;
    return {
      headers: () => judge.userCode(`headers ${name}`),
      trailers: () => judge.userCode(`trailers ${name}`),
      drain: () => {
        judge.userCode(`drain ${name}`);
        this.#sendMore();
      },
      chunk: (bytes) => {
        judge.userCode(`chunk ${name} ${bytes.length}`, bytes.length);
        this.#took(bytes);
        this.#actAtChunk();
      },
      outcome: (outcome) => this.#outcome(outcome),
    };
  }

  #took(bytes: Uint8Array): void {
    const { judge } = this.#stage;
    const { expected, name } = this.plan;
    judge.check("I9", this.state === "started", () => `${name} was told of bytes when it had ${this.state}`);
    judge.check("I12", !this.#paused, () => `${name} was handed bytes while it was paused`);
    const from = this.#received;
    this.#received += bytes.length;
    judge.check("I12", same(bytes, expected, from), () => `${name}: wrong bytes at ${from}`);
  }

  #actAtChunk(): void {
    const { atChunk, name } = this.plan;
    if (!atChunk || this.#chunks++ !== atChunk.chunk) return;
    if (atChunk.act === "cancel") return this.cancel();
    if (atChunk.act === "throw") throw new Error(`${name} throws on purpose`);
    if (atChunk.act === "cancel another")
      return this.#stage.players.find((player) => player !== this && player.state === "started")?.cancel();
    if (!this.plan.raw) this.#pause(atChunk.resumeMs);
  }

  #pause(resumeMs: number): void {
    const { driver, judge } = this.#stage;
    const easy = this.#easy as ModelEasy;
    judge.note(`pause ${this.plan.name}`);
    this.#paused = true;
    driver.pause(easy);
    this.#later(resumeMs, () => {
      this.#paused = false;
      driver.resume(easy);
    });
  }

  #later(ms: number, run: () => void): void {
    const { kernel, judge } = this.#stage;
    kernel.clock.after(ms, () => {
      if (this.state !== "started") return;
      judge.note(`resume ${this.plan.name}`);
      judge.outside(run);
    });
  }

  #sendMore(): void {
    const { upload = new Uint8Array(0) } = this.plan;
    if (this.state !== "started" || this.#sentBytes > upload.length) return;
    const piece = upload.subarray(this.#sentBytes, this.#sentBytes + UPLOAD_PIECE_BYTES);
    this.#sentBytes += Math.max(1, piece.length);
    const { driver, model } = this.#stage;
    const easy = this.#easy as ModelEasy;
    model.send(easy, piece.length > 0 ? piece : null);
    driver.proceed(easy);
  }

  #outcome({ error }: Outcome): void {
    const { judge } = this.#stage;
    const { name, allowed, expected } = this.plan;
    judge.userCode(`outcome ${name} ${error ? error.code : "ok"}`);
    judge.check("I9", this.state === "started", () => `${name} has an outcome when it had ${this.state}`);
    if (this.state !== "started") return;
    judge.outstanding--;
    const result = error ? String((error as { curlCode?: number }).curlCode ?? error.code) : "ok";
    const fine = allowed.includes(result) || this.#excused(result);
    judge.check(
      "I5",
      fine,
      () => `${name} (${this.plan.url}) ended with ${result}, and not with ${allowed.join(" or ")}`,
    );
    const whole = result !== "ok" || this.#received === expected.length;
    judge.check("I12", whole, () => `${name} ended well with ${this.#received} of ${expected.length} bytes`);
    this.#end("ended");
    if (this.plan.next) new Player(this.plan.next, this.#stage).start();
  }

  /** Closed by its user, or refused by a kernel that was told to refuse. */
  #excused(result: string): boolean {
    if (result === "CLOSED") return this.#stage.judge.driverClosed;
    return result === "LOOP_FAILED" && this.#stage.judge.refusals > 0;
  }
}

function same(bytes: Uint8Array, expected: Uint8Array, from: number): boolean {
  if (from + bytes.length > expected.length) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== expected[from + i]) return false;
  return true;
}
