import type { TransferRecord } from "./deliveries.js";
import type { EasyHandle, MultiEngine } from "./engine.js";

/**
 * Notices that transfers go on which nothing can move: none is paused, no descriptor is wanted, no timer is set, and
 * asking for the timeout and acting on it changed nothing. libcurl has lost its timer more than once (P B4, B6). A silent
 * server is not a stall: its descriptor is wanted.
 */
export class StallWatch<E extends EasyHandle> {
  readonly #engine: MultiEngine<E>;
  /** The engine's signs of life when nothing was left to wait for. */
  #suspectedAt = -1;

  constructor(engine: MultiEngine<E>) {
    this.#engine = engine;
  }

  /**
   * Looks, when no descriptor is wanted and no timer is set. Answers "well", "stalled", or after how many ms to act on
   * the timeout and look again.
   */
  look(records: Iterable<TransferRecord<E>>, signs: number): "well" | "stalled" | number {
    let added = 0;
    for (const record of records) {
      if (record.paused || record.easy.paused) return "well";
      if (record.added) added++;
    }
    if (added === 0) return "well";
    if (this.#suspectedAt === signs) return "stalled";
    const leftMs = this.#engine.timeout();
    // 8.10.0 to 8.11.0 lose their timer by a call before its time, so there the kick is left out.
    if (leftMs < 0 && this.#engine.hazards.earlyTimeoutLosesTimer) return "stalled";
    this.#suspectedAt = signs;
    return Math.max(0, leftMs);
  }
}
