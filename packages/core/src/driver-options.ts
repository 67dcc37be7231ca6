import type { LoopAdapter } from "./contract.js";
import type { EasyHandle, GatheringEngine, MultiEngine } from "./engine.js";
import { MisuseError } from "./errors.js";
import type { Observers } from "./observers.js";
import type { Ports } from "./ports.js";

export interface DriverOptions<E extends EasyHandle> {
  readonly engine: MultiEngine<E> | GatheringEngine<E>;
  readonly loop: LoopAdapter;
  readonly ports?: Ports | undefined;
  readonly observers?: Observers<E> | undefined;
  /** Most callbacks of users per tick; the rest waits until other users of the loop had their turn. Default 512. */
  readonly callbacksPerTick?: number | undefined;
}

const CALLBACKS_PER_TICK = 512;

/** @throws MisuseError OUT_OF_RANGE: with none nothing would ever be delivered */
export function checkCallbacksPerTick(count: number = CALLBACKS_PER_TICK): number {
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new MisuseError("OUT_OF_RANGE", `callbacksPerTick takes a whole number above 0, not ${String(count)}`);
}
