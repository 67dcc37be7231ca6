import type { TransferRecord } from "./deliveries.js";
import type { EasyHandle, EngineHazards } from "./engine.js";

/** What the watch sees of the driver, and may do. */
export interface StallOwner {
  /** No descriptor is wanted and no timer is due. */
  nothingToWaitFor(): boolean;
  /** Whether a timer is set, however far. */
  timerSet(): boolean;
  records(): Iterable<TransferRecord<EasyHandle>>;
  /** Callbacks and messages so far. */
  signs(): number;
  /** Looks at every transfer once, and reads the messages. */
  kick(): void;
  /** Asks the engine for its timeout, and believes it. */
  ask(): void;
  /** Sets the timer to a ms. */
  waitAMs(): void;
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
export class StallWatch {
  readonly #hazards: EngineHazards;
  readonly #owner: StallOwner;
  /** The engine's signs of life after the last kick: without a new one another would change nothing. */
  #kickedAt = -1;
  /** When it was last asked, and how often in a row for nothing. */
  #askedAt = -1;
  #vain = 0;

  constructor(hazards: EngineHazards, owner: StallOwner) {
    this.#hazards = hazards;
    this.#owner = owner;
  }

  /** One kick, then one question, and both again a ms later, a few times: what helps leaves something to wait for. */
  judge(): void {
    const owner = this.#owner;
    const stuck = () => owner.nothingToWaitFor() && anyoneStuck(owner.records());
    if (!stuck()) return;
    if (this.#mayKick()) {
      owner.kick();
      this.#kickedAt = owner.signs();
    }
    if (!stuck() || owner.timerSet()) return;
    this.#vain = this.#askedAt === owner.signs() ? this.#vain + 1 : 0;
    if (this.#vain >= MOST_VAIN_ANSWERS) return owner.stalled();
    this.#askedAt = owner.signs();
    owner.ask();
    if (!stuck() || owner.timerSet()) return;
    // No timeout at all, where the last look came a ms too early: everything is looked at once more when that is over.
    owner.waitAMs();
    this.#kickedAt = -1;
  }

  /** 8.10.0 to 8.11.0 lose their timer by a call before its time, so there the kick is left out. */
  #mayKick(): boolean {
    return this.#kickedAt !== this.#owner.signs() && !this.#hazards.earlyTimeoutLosesTimer;
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
