import assert from "node:assert";
import {
  CURL_POLL_REMOVE,
  CURL_SOCKET_TIMEOUT,
  type EasyHandle,
  type Message,
  type MultiEngine,
  MultiError,
} from "@curlew/core";
import {
  type Arranged,
  type EngineBench,
  NotHere,
  type OptionalCalls,
  type Route,
  type Special,
  type Target,
} from "./types.js";

export interface Told {
  readonly fd: number;
  readonly action: number;
  readonly socketp: unknown;
  /** With a handle of ours. */
  readonly ours: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;
const MOST_TURNS = 2_000_000;
const MOST_MS = 20_000;
const MOST_TURNS_AT_ONCE = 100_000;

/** A loop made by hand around one multi. What must be true of every engine at any time (I1 to I14) is checked as it goes. */
export class EngineLoop {
  readonly bench: EngineBench;
  readonly multi: MultiEngine<EasyHandle>;
  readonly told: Told[] = [];
  readonly timers: number[] = [];
  readonly wanted = new Map<number, number>();
  /** Of these, the descriptors that were told with a handle of ours: not resolvers' and the like. */
  readonly ours = new Set<number>();
  readonly done: Message<EasyHandle>[] = [];
  running = 0;
  /** Called inside the callbacks. */
  onSocket: (told: Told) => number | void = () => 0;
  onTimer: (timeoutMs: number) => number | void = () => 0;
  /** Whether messages are read and their handles removed after each turn. */
  drains = true;
  readonly #assigned = new Map<number, unknown>();
  #dueMs = NEVER;
  #inCall = 0;
  #cleaned = false;
  #hears = false;
  readonly #undo: (() => void)[] = [];
  readonly #easies: EasyHandle[] = [];
  readonly #added = new Set<EasyHandle>();
  readonly broken: string[] = [];

  constructor(bench: EngineBench) {
    this.bench = bench;
    this.multi = bench.multi();
    this.listen();
    this.multi.watchSockets?.({
      opened: (fd) => this.#named(fd, "opened"),
      closing: (fd) => this.#named(fd, "closed"),
    });
  }

  /** A number names another object now, or none. */
  #named(fd: number, how: string): void {
    if (this.wanted.has(fd) && !this.bench.closesBeforeRemove && !this.#cleaned && this.#hears)
      this.broken.push(`${fd} is ${how}, and REMOVE was not told (I14)`);
  }

  /** Sets the callbacks. */
  listen(): void {
    this.#hears = true;
    this.multi.setopt("SOCKETFUNCTION", (easy, fd, action, _userp, socketp) => {
      this.#check(fd, action, socketp);
      const told = { fd, action, socketp, ours: easy !== undefined };
      this.told.push(told);
      if (action === CURL_POLL_REMOVE) {
        this.wanted.delete(fd);
        this.ours.delete(fd);
        this.#assigned.delete(fd);
      } else {
        this.wanted.set(fd, action);
        if (easy) this.ours.add(fd);
      }
      return this.onSocket(told) ?? 0;
    });
    this.multi.setopt("TIMERFUNCTION", (timeoutMs) => {
      if (this.#inCall === 0) this.broken.push("the timer callback was called outside of any call (I10)");
      if (this.#cleaned) this.broken.push("the timer callback was called after cleanup (I13)");
      this.timers.push(timeoutMs);
      this.#dueMs = timeoutMs < 0 ? NEVER : this.bench.nowMs() + timeoutMs;
      return this.onTimer(timeoutMs) ?? 0;
    });
  }

  #check(fd: number, action: number, socketp: unknown): void {
    if (this.#inCall === 0) this.broken.push("the socket callback was called outside of any call (I10)");
    if (this.#cleaned) this.broken.push("the socket callback was called after cleanup (I13)");
    if (action === CURL_POLL_REMOVE && !this.wanted.has(fd) && !this.bench.strayRemove)
      this.broken.push(`REMOVE of ${fd}, which was not told (I1)`);
    if (![1, 2, 3, CURL_POLL_REMOVE].includes(action)) this.broken.push(`action ${action} (I1)`);
    if (socketp !== this.#assigned.get(fd)) this.broken.push(`socketp of ${fd} is not what was assigned (I2)`);
  }

  assign(fd: number, socketp: unknown): void {
    this.multi.assign(fd, socketp);
    this.#assigned.set(fd, socketp);
  }

  /** Runs a call of the engine. */
  call<T>(run: () => T): T {
    this.#inCall++;
    try {
      return run();
    } finally {
      this.#inCall--;
    }
  }

  /** Takes the socket callback away. */
  unlisten(): void {
    this.#hears = false;
    this.multi.setopt("SOCKETFUNCTION", null);
  }

  /** A call that not every engine has. */
  offered<K extends keyof OptionalCalls>(name: K): NonNullable<OptionalCalls[K]> {
    const call = (this.multi as OptionalCalls)[name];
    if (!call) throw new NotHere(`this engine has no ${name}: it is no part of the contract of engines`);
    const checked = (...args: never[]): unknown => {
      try {
        return (call as (...given: never[]) => unknown).apply(this.multi, args);
      } catch (error) {
        // libcurl's own answer is the case's to judge; that there is no such function in it is not.
        if (error instanceof MultiError || (error as { code?: unknown }).code !== "NOT_IN_THIS_LIBCURL") throw error;
        throw new NotHere((error as Error).message);
      }
    };
    return checked as NonNullable<OptionalCalls[K]>;
  }

  /** Something about the world that lasts until the end of the case. */
  arrange(how: "freeZero" | "crowd"): void {
    const arranged: Arranged = this.bench[how]();
    if ("why" in arranged) throw new NotHere(arranged.why);
    this.#undo.push(arranged.undo);
  }

  // --- transfers -----------------------------------------------------------------------------------------------------

  easy(target: Target): { easy: EasyHandle; body: number[] } {
    const easy = this.bench.easy();
    this.#easies.push(easy);
    const body: number[] = [];
    easy.setopt("URL", target.url);
    for (const [option, value] of Object.entries(target.options ?? {})) easy.setopt(option, value);
    easy.setopt("WRITEFUNCTION", (bytes: Uint8Array) => void body.push(...bytes));
    return { easy, body };
  }

  get(route: Route, argument = 0): { easy: EasyHandle; body: number[] } {
    return this.easy(this.bench.target(route, argument));
  }

  special(kind: Special): Target {
    const target = this.bench.special(kind);
    if ("why" in target) throw new NotHere(target.why);
    return target;
  }

  add(easy: EasyHandle): void {
    this.call(() => this.multi.addHandle(easy));
    this.#added.add(easy);
  }

  remove(easy: EasyHandle): void {
    this.#added.delete(easy);
    this.call(() => this.multi.removeHandle(easy));
  }

  start(made: { easy: EasyHandle; body: number[] }): { easy: EasyHandle; body: number[] } {
    this.add(made.easy);
    return made;
  }

  // --- turns ---------------------------------------------------------------------------------------------------------

  action(fd: number, bits = 0): void {
    if (fd === CURL_SOCKET_TIMEOUT) this.#dueMs = NEVER;
    this.running = this.call(() => this.multi.socketAction(fd, bits));
  }

  /** What is ready now. */
  ready(): [fd: number, bits: number][] {
    const found = [...this.wanted].map(([fd, interest]) => [fd, this.bench.poll(fd, interest)] as [number, number]);
    return found.filter(([, bits]) => bits !== 0);
  }

  turn(): boolean {
    const ready = this.ready();
    for (const [fd, bits] of ready) if (this.wanted.has(fd)) this.action(fd, bits & 3);
    const due = this.#dueMs <= this.bench.nowMs();
    if (due) this.action(CURL_SOCKET_TIMEOUT);
    if (this.drains) this.drain();
    return due || ready.length > 0;
  }

  /** Turns until there is nothing to do. An engine that always has something fails its case: it must not hang it (I5). */
  exhaust(): void {
    for (let turns = 0; this.turn(); turns++)
      if (turns > MOST_TURNS_AT_ONCE) assert.fail("there is something to do for ever (I5)");
  }

  drain(): void {
    for (let message = this.multi.infoRead(); message; message = this.multi.infoRead()) {
      this.done.push(message);
      if (this.#added.has(message.easy)) this.remove(message.easy);
    }
  }

  async until(condition: () => boolean, otherwise: string): Promise<void> {
    const started = this.bench.nowMs();
    for (let turns = 0; !condition(); turns++) {
      if (turns > MOST_TURNS || this.bench.nowMs() - started > MOST_MS) assert.fail(otherwise);
      if (!this.turn()) await this.bench.wait(this.#dueMs);
    }
  }

  async untilDone(count: number): Promise<void> {
    await this.until(() => this.done.length >= count, `${count} transfers must end with a message each (I5, I9)`);
  }

  /** Lets time pass without acting on anything. */
  async pass(ms: number): Promise<void> {
    for (const end = this.bench.nowMs() + ms; this.bench.nowMs() < end; ) await this.bench.wait(end);
  }

  result(easy: EasyHandle): number | undefined {
    return this.done.find((message) => message.easy === easy)?.result;
  }

  // --- the end -------------------------------------------------------------------------------------------------------

  cleanup(): void {
    this.call(() => this.multi.cleanup());
    this.#cleaned = true;
  }

  async finish(): Promise<void> {
    if (!this.#cleaned) {
      for (const easy of [...this.#added]) this.remove(easy);
      this.cleanup();
    }
    for (const easy of this.#easies) easy.cleanup();
    for (const undo of this.#undo) undo();
    await this.bench.dispose?.();
    assert.deepEqual(this.broken, [], this.broken[0]);
  }
}
