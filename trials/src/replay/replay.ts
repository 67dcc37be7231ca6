import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { type SimulatedLoop, simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import {
  type Attachment,
  CURL_CSELECT_ERR,
  formatTrace,
  type Interest,
  type LoopSink,
  type LoopTrace,
} from "@curlew/core";
import { Peers } from "./peers.js";

/** What a recorded run was made of. */
export interface Replayed {
  batches: number;
  reports: number;
  expiries: number;
  hooks: number;
}

/** So much before a timer is due: time stands still there as long as the trace tells of something else. */
const BEFORE_MS = 2 ** -7;
const FROM_THE_LOOP = ["ready", "batchEnd", "expired", "failed"];

/**
 * Has the conversation of a driver with another loop once more, on the simulated loop: what the driver asked for is asked
 * for again, sockets become ready when they were, and the trace decides how late timers are. The simulated loop must then
 * tell what the other one told: the same reports in the same batches, and the timer in the same place. So whatever a real
 * loop does, the simulation can do; and what it cannot do (an early timer, a report for what is not watched, or in a
 * direction nobody asked for) is no loop's to do.
 *
 * @throws Error saying where the two part, with the line of the trace
 */
export function replay(traces: readonly LoopTrace[]): Replayed {
  return new Replay(traces).run();
}

class Replay implements LoopSink {
  readonly #traces: readonly LoopTrace[];
  readonly #kernel = new Kernel();
  readonly #peers = new Peers(this.#kernel);
  readonly #loop: SimulatedLoop = simulatedLoop(this.#kernel);
  readonly #attachment: Attachment = this.#loop.attach(this);
  readonly #replayed: Replayed = { batches: 0, reports: 0, expiries: 0, hooks: 0 };
  #at = 0;
  #closed = false;
  /** Of the batch that is played: what the loop has still to report. */
  readonly #awaited = new Map<number, number>();
  /** A 0 that was asked for when the loop had found what it reports next: asked for then. */
  #meanwhile: LoopTrace | undefined;
  #parted: Error | undefined;

  constructor(traces: readonly LoopTrace[]) {
    this.#traces = traces;
  }

  run(): Replayed {
    if (this.#traces[0]?.call !== "attach") throw this.#parting("a trace begins with attach");
    this.#at++;
    for (this.#hooks(); this.#next; this.#hooks()) {
      const { call } = this.#next;
      if (call === "expired") this.#playExpired(this.#next);
      else if (call === "ready" || call === "batchEnd") this.#playBatch();
      else throw this.#parting("the loop failed");
      if (this.#parted) throw this.#parted;
    }
    if (!this.#closed) throw this.#parting("the attachment is never closed (I13)");
    if (this.#loop.held || this.#loop.watched.length > 0) throw this.#parting("something is watched, or held (I13)");
    return this.#replayed;
  }

  get #next(): LoopTrace | undefined {
    return this.#traces[this.#at];
  }

  #playExpired({ atMs }: LoopTrace): void {
    this.#passUntil(atMs);
    const before = this.#at;
    this.#turn();
    if (this.#at === before) throw this.#parting(`the timer is due at ${this.#loop.dueMs} ms (C 4.7)`);
  }

  #playBatch(): void {
    const batch: LoopTrace[] = [];
    for (let at = this.#at; this.#traces[at]?.call === "ready"; at++) batch.push(this.#traces[at] as LoopTrace);
    for (const { args } of batch) {
      const [fd, bits] = args as [number, number];
      this.#awaited.set(fd, bits);
      this.#peers.makeReady(fd, bits);
    }
    this.#passUntil(Math.min(batch[0]?.atMs ?? 0, this.#loop.dueMs - BEFORE_MS));
    this.#turn();
    if (!this.#parted && this.#awaited.size > 0)
      throw this.#parting(`descriptors ${[...this.#awaited.keys()]} are not reported (C 5.8)`);
  }

  #turn(): void {
    if (this.#loop.turn() === "nothing") throw this.#parting("nothing is watched, and no timer is set (C 2.7)");
  }

  /** Turns of the simulated loop take time, too: it may be later already. */
  #passUntil(ms: number): void {
    if (ms > this.#kernel.clock.nowMs) this.#kernel.clock.advanceTo(ms);
  }

  // --- what the simulated loop tells ----------------------------------------------------------------------------------

  ready(fd: number, bits: number): void {
    if (this.#meanwhile) this.#hook(this.#meanwhile);
    this.#meanwhile = undefined;
    const recorded = this.#peers.recorded(fd) ?? -1;
    const wanted = this.#awaited.get(recorded);
    this.#awaited.delete(recorded);
    this.#replayed.reports++;
    if (wanted === undefined || !sameBits(wanted, bits)) this.#part(`descriptor ${recorded} is reported as ${bits}`);
    else if (this.#next?.call === "ready") this.#at++;
  }

  batchEnd(): void {
    if (this.#next?.call !== "batchEnd" || this.#awaited.size > 0) return this.#part("the batch ends here");
    this.#at++;
    this.#replayed.batches++;
    for (const [fd] of this.#loop.watched) this.#peers.makeQuiet(fd);
    this.#hooks();
  }

  expired(): void {
    if (this.#next?.call !== "expired") return this.#part("the timer is served here");
    this.#at++;
    this.#replayed.expiries++;
    this.#hooks();
  }

  failed(error: Error): void {
    this.#part(error.message);
  }

  // --- what the driver asked for ---------------------------------------------------------------------------------------

  #hooks(): void {
    for (; this.#next && !FROM_THE_LOOP.includes(this.#next.call); this.#at++) {
      const found = this.#traces[this.#at + 1]?.call === "ready";
      if (this.#next.call === "arm" && this.#next.args[0] === 0 && found) this.#meanwhile = this.#next;
      else this.#hook(this.#next);
    }
  }

  /** At the time of what came before it: that it was asked for is told when it is done. */
  #hook({ call, args, threw }: LoopTrace): void {
    const [first, second] = args as [number, Interest];
    if (threw !== undefined) throw this.#parting("only what was not refused can be replayed");
    if (this.#closed && call !== "unwatch" && call !== "close") throw this.#parting("the attachment is closed (C 6.7)");
    this.#replayed.hooks++;
    if (call === "watch") this.#attachment.watch(this.#peers.of(first), second);
    else if (call === "unwatch") this.#unwatch(first);
    else if (call === "arm") this.#attachment.arm(first);
    else if (call === "disarm") this.#attachment.disarm();
    else if (call === "hold") this.#attachment.hold(args[0] === true);
    else if (call === "close") this.#close();
    else throw this.#parting("this is no call of an attachment's");
  }

  #unwatch(recorded: number): void {
    this.#attachment.unwatch(this.#peers.of(recorded));
    this.#peers.forget(recorded);
  }

  #close(): void {
    this.#closed = true;
    void this.#attachment.close();
  }

  // --- where they part -------------------------------------------------------------------------------------------------

  /** Inside a turn nothing is thrown: the loop is not to be unwound. */
  #part(what: string): void {
    this.#parted ??= this.#parting(what);
  }

  #parting(what: string): Error {
    const line = this.#next ? `line ${this.#at + 1}, "${formatTrace(this.#next)}"` : "its end";
    return new Error(`the simulated loop cannot do what was recorded, at ${line}: ${what}`);
  }
}

/** With an error a loop may tell the directions or not (contract, ready); otherwise they are the same. */
function sameBits(recorded: number, bits: number): boolean {
  if ((recorded ^ bits) & CURL_CSELECT_ERR) return false;
  return recorded & CURL_CSELECT_ERR ? (recorded & ~bits) === 0 : recorded === bits;
}
