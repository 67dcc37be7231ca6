import type { TransferRecord } from "./deliveries.js";
import type { EasyHandle, EngineHazards } from "./engine.js";

/**
 * "fine": somebody will move them, or there is nobody to be moved. "kick": look at every transfer once. "ask": what is the
 * timeout? "stalled": nothing is left to try.
 */
export type Verdict = "fine" | "kick" | "ask" | "stalled";

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
  /** The engine's signs of life when it was last kicked, and asked: once each without a new sign. */
  #kickedAt = -1;
  #askedAt = -1;

  constructor(hazards: EngineHazards) {
    this.#hazards = hazards;
  }

  /** To be asked when no descriptor is wanted and no timer is due. */
  judge(records: Iterable<TransferRecord<EasyHandle>>, signs: number, timerSet: boolean): Verdict {
    if (!anyoneStuck(records)) return "fine";
    // 8.10.0 to 8.11.0 lose their timer by a call before its time, so there the kick is left out.
    if (this.#kickedAt !== signs && !this.#hazards.earlyTimeoutLosesTimer) {
      this.#kickedAt = signs;
      return "kick";
    }
    if (timerSet) return "fine";
    if (this.#askedAt === signs) return "stalled";
    this.#askedAt = signs;
    return "ask";
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
