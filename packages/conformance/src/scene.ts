import assert from "node:assert";
import { type Attachment, Driver, type LoopError, type LoopSink } from "@curlew/core";
import type { Arm, Capabilities, DriverClass } from "./types.js";

declare function setTimeout(run: () => void, ms: number): unknown;
declare const performance: { now(): number };

export interface Seen {
  readonly fd: number;
  readonly bits: number;
}

/** Far more than anything here takes. */
const MOST_TURNS = 3000;
const MOST_MS = 5000;
/** How long a real loop is kept busy. */
const BUSY_MS = 50;

/** An attachment that is watched: what it reports, and whether it keeps quiet when it must. */
export class Watched {
  readonly seen: Seen[] = [];
  readonly batches: Seen[][] = [];
  readonly failures: LoopError[] = [];
  expirations = 0;
  closed = false;
  /** What is done inside a report. */
  readonly on = { ready: (_fd: number, _bits: number) => {}, batchEnd: () => {}, expired: () => {} };
  readonly loop: Attachment;
  /** Rules broken in a moment in which throwing would reach the adapter only. */
  readonly broken: string[] = [];
  #batch: Seen[] = [];
  #hook = "";
  #inside = "";

  constructor(arm: Arm) {
    const sink: LoopSink = {
      ready: (fd, bits) => this.#told("ready", () => this.#ready(fd, bits)),
      batchEnd: () => this.#told("batchEnd", () => this.#batchEnd()),
      expired: () => this.#told("expired", () => this.#expired()),
      failed: (error) => this.#told("failed", () => void this.failures.push(error)),
    };
    this.#hook = "attach";
    this.loop = this.#guarded(arm.adapter.attach(sink));
    this.#hook = "";
  }

  /** Reports of one descriptor, as bits. */
  of(fd: number): number[] {
    return this.seen.filter((report) => report.fd === fd).map(({ bits }) => bits);
  }

  /** Whether reports of the batch under way have not been ended. */
  get pending(): boolean {
    return this.#batch.length > 0;
  }

  #told(what: string, run: () => void): void {
    if (this.#hook) this.broken.push(`${what} was called inside ${this.#hook} (contract, re-entrancy)`);
    if (this.#inside) this.broken.push(`${what} was called inside ${this.#inside} (contract, re-entrancy)`);
    if (this.closed) this.broken.push(`${what} was called after close (contract, close)`);
    this.#inside = what;
    try {
      run();
    } finally {
      this.#inside = "";
    }
  }

  #ready(fd: number, bits: number): void {
    this.seen.push({ fd, bits });
    this.#batch.push({ fd, bits });
    this.on.ready(fd, bits);
  }

  #batchEnd(): void {
    this.batches.push(this.#batch);
    this.#batch = [];
    this.on.batchEnd();
  }

  #expired(): void {
    this.expirations++;
    this.on.expired();
  }

  /** The attachment, which must not call the sink from inside its hooks. */
  #guarded(inner: Attachment): Attachment {
    const inside = <T>(hook: string, run: () => T): T => {
      const outer = this.#hook;
      this.#hook = hook;
      try {
        return run();
      } finally {
        this.#hook = outer;
      }
    };
    return {
      watch: (fd, interest) => inside("watch", () => inner.watch(fd, interest)),
      unwatch: (fd) => inside("unwatch", () => inner.unwatch(fd)),
      arm: (delayMs) => inside("arm", () => inner.arm(delayMs)),
      disarm: () => inside("disarm", () => inner.disarm()),
      now: () => inner.now(),
      hold: (alive) => inside("hold", () => inner.hold(alive)),
      close: () => {
        this.closed = true;
        return inside("close", () => inner.close());
      },
    };
  }
}

/** What a case works with: a loop, descriptors that are closed afterwards, and time. */
export class Scene {
  readonly arm: Arm;
  readonly capabilities: Capabilities;
  readonly granularityMs: number;
  readonly Driver: DriverClass;
  readonly #watched: Watched[] = [];
  readonly #fds = new Set<number>();

  constructor(arm: Arm, capabilities: Capabilities, granularityMs: number, DriverToJudge: DriverClass = Driver) {
    this.arm = arm;
    this.capabilities = capabilities;
    this.granularityMs = granularityMs;
    this.Driver = DriverToJudge;
  }

  attach(): Watched {
    const watched = new Watched(this.arm);
    this.#watched.push(watched);
    watched.loop.hold(true);
    return watched;
  }

  // --- descriptors ---------------------------------------------------------------------------------------------------

  pair(): [number, number] {
    const fds = this.arm.descriptors.socketpair();
    for (const fd of fds) this.#fds.add(fd);
    return fds;
  }

  /** One end of a pair that has something to read, and the other end. */
  readable(): [number, number] {
    const [a, b] = this.pair();
    this.write(b);
    return [a, b];
  }

  opened(fd: number): number {
    this.#fds.add(fd);
    return fd;
  }

  /**
   * What is open as `fd` is `number` now, which was closed before. It is not always the lowest that is free: a thread of the
   * runtime may have closed others meanwhile.
   */
  renumber(fd: number, number: number): void {
    const numbers = [fd];
    do numbers.push(this.opened(this.arm.descriptors.dup(fd)));
    while ((numbers.at(-1) ?? number) < number);
    assert.equal(numbers.pop(), number, "the factory's descriptors must give the lowest free number");
    this.close(...numbers);
  }

  close(...fds: number[]): void {
    for (const fd of fds) {
      this.#fds.delete(fd);
      this.arm.descriptors.close(fd);
    }
  }

  write(fd: number, count = 1): void {
    this.arm.descriptors.write(fd, new Uint8Array(count).fill(1));
  }

  drain(fd: number): void {
    for (let got = this.arm.descriptors.read(fd); got && got.length > 0; got = this.arm.descriptors.read(fd));
  }

  fill(fd: number): void {
    const bytes = new Uint8Array(65_536);
    while (this.arm.descriptors.write(fd, bytes) > 0);
  }

  // --- time ----------------------------------------------------------------------------------------------------------

  async turn(): Promise<void> {
    if (this.arm.turn) turnOnce(() => this.arm.turn?.());
    else await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }

  /** Time passes, and the loop gets no turn: a little of it where it is real. */
  jump(ms: number): void {
    if (this.arm.jump) return this.arm.jump(ms);
    for (const end = performance.now() + Math.min(ms, BUSY_MS); performance.now() < end; );
  }

  /** Turns the loop until it is so; fails when that takes far too long. */
  async until(condition: () => boolean, otherwise: string): Promise<void> {
    const started = performance.now();
    await Promise.resolve(); // what has resolved is told
    for (let turns = 0; !condition(); turns++) {
      const over = this.arm.turn ? turns > MOST_TURNS : performance.now() - started > MOST_MS;
      if (over) assert.fail(otherwise);
      await this.turn();
    }
  }

  /** Lets that much time pass on the loop's clock, ms. */
  async pass(ms: number): Promise<void> {
    const clock = new Watched(this.arm);
    clock.loop.hold(true);
    clock.loop.arm(ms);
    await this.until(() => clock.expirations > 0, `a timer of ${ms} ms did not fire (contract, arm)`);
    await this.gone(clock.loop.close());
  }

  /** Waits for a close; fails when it does not end. */
  async gone(closed: Promise<void>): Promise<void> {
    let over = false;
    void closed.then(() => {
      over = true;
    });
    await this.until(() => over, "close must resolve (contract, close)");
  }

  /** A few turns more, in which what must not happen may show itself. */
  async settle(): Promise<void> {
    for (let i = 0; i < 4; i++) await this.turn();
    await this.pass(5);
  }

  /** Whatever the case was about, these hold too. */
  async finish(): Promise<void> {
    for (const watched of this.#watched) {
      if (!watched.closed) await this.gone(watched.loop.close());
    }
    for (const fd of this.#fds) this.arm.descriptors.close(fd);
    await this.arm.dispose?.();
    const broken = this.#watched.flatMap((watched) => watched.broken);
    assert.deepEqual(broken, [], broken[0]);
  }
}

function turnOnce(turn: () => unknown): void {
  try {
    turn();
  } catch (error) {
    assert.fail(`a turn of the loop threw ${String(error)}: nothing that is told throws (contract, LoopSink)`);
  }
}
