import type { Attachment } from "./contract.js";
import type { TransferRecord } from "./deliveries.js";
import type { EasyHandle, MultiEngine } from "./engine.js";
import type { EngineCalls } from "./engine-calls.js";
import type { SocketTable } from "./sockets.js";
import type { TimerSlot } from "./timer-slot.js";

/** What the watch looks at. */
export interface Watched<E extends EasyHandle> {
  readonly engine: MultiEngine<E>;
  readonly calls: EngineCalls<E>;
  readonly sockets: SocketTable;
  readonly timer: TimerSlot;
  readonly loop: Attachment;
}

/** What it sees of the driver, and may do. */
export interface StallOwner {
  open(): boolean;
  records(): Iterable<TransferRecord<EasyHandle>>;
  readMessages(): void;
  stalled(): void;
}

/**
 * A timeout the engine answers with may lead to nothing without its being stuck: 7.88.1, with a rate limit and a busy
 * machine, is a ms early now and then, and tells no timer that it believes told (C 4.12).
 */
const MOST_VAIN_ANSWERS = 10;

/**
 * Notices transfers that go on while no descriptor is wanted for any of them and none is paused.
 *
 * That is right while all of them wait for a rate limit, and wrong otherwise: 7.88.1 forgets to ask for a wakeup when the
 * second of several addresses refuses, and would go on only when its connect timeout is over, after minutes; others have
 * lost their timer (P B4, B6). curl's own tool never sees it, because it looks at everything once a second. A silent server
 * is no such case: its descriptor is wanted.
 */
export class StallWatch<E extends EasyHandle> {
  readonly #watched: Watched<E>;
  readonly #owner: StallOwner;
  /** The engine's signs of life after the last kick: without a new one another would change nothing. */
  #kickedAt = -1;
  /** When it was last asked, and how often in a row for nothing. */
  #askedAt = -1;
  #vain = 0;

  constructor(watched: Watched<E>, owner: StallOwner) {
    this.#watched = watched;
    this.#owner = owner;
  }

  /** One kick, then one question, and both again a ms later, a few times: what helps leaves something to wait for. */
  judge(): void {
    const { timer, loop, calls } = this.#watched;
    if (!this.#isStuck) return;
    if (this.#mayKick()) this.#kick();
    if (!this.#isStuck || timer.set) return;
    this.#vain = this.#askedAt === calls.signs ? this.#vain + 1 : 0;
    if (this.#vain >= MOST_VAIN_ANSWERS) return this.#owner.stalled();
    this.#askedAt = calls.signs;
    this.#ask();
    if (!this.#isStuck || timer.set) return;
    // No timeout at all, where the last look came a ms too early: everything is looked at once more when that is over.
    timer.told(1, loop.now());
    this.#kickedAt = -1;
  }

  /** Somebody goes on, and no descriptor is wanted and no timer is due. */
  get #isStuck(): boolean {
    const { sockets, timer, loop } = this.#watched;
    const waits = !sockets.idle || timer.due(loop.now());
    return this.#owner.open() && !waits && anyoneStuck(this.#owner.records());
  }

  /** 8.10.0 to 8.11.0 lose their timer by a call before its time, so there the kick is left out. */
  #mayKick(): boolean {
    const { calls, engine } = this.#watched;
    return this.#kickedAt !== calls.signs && !engine.hazards.earlyTimeoutLosesTimer;
  }

  /** Everything is looked at once. */
  #kick(): void {
    const { calls } = this.#watched;
    calls.socketAll();
    this.#owner.readMessages();
    this.#kickedAt = calls.signs;
  }

  /** The engine's timeout is believed. */
  #ask(): void {
    const { engine, timer, loop } = this.#watched;
    const timeoutMs = engine.timeout();
    if (timeoutMs >= 0) timer.told(timeoutMs, loop.now());
  }
}

function anyoneStuck(records: Iterable<TransferRecord<EasyHandle>>): boolean {
  let added = false;
  for (const record of records) {
    if (!record.added) continue;
    if (record.paused || record.easy.paused) return false;
    added = true;
  }
  return added;
}
