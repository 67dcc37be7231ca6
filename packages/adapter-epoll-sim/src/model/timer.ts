import type { Callbacks } from "./callbacks.js";
import type { Profile } from "./profiles.js";

const NEVER = Number.POSITIVE_INFINITY;

/** When libcurl calls the timer callback, and with what (C 4.4 to 4.6). */
export class Timer {
  readonly #profile: Profile;
  readonly #callbacks: Callbacks;
  readonly #nowMs: () => number;
  /** The absolute moment last told. */
  #toldMs = NEVER;
  /** Whether something was told and not taken back. */
  #set = false;

  constructor(profile: Profile, callbacks: Callbacks, nowMs: () => number) {
    this.#profile = profile;
    this.#callbacks = callbacks;
    this.#nowMs = nowMs;
  }

  /** A timeout call came: the same moment is told again, in case it came too early. */
  forget(): void {
    if (this.#profile.earlyTimeoutLosesTimer && this.#toldMs > this.#nowMs()) return;
    this.#toldMs = NEVER;
    if (this.#profile.noMinusOneAfterTimeout) this.#set = false;
  }

  /** @param expiryMs the next moment to act at; the present or before: at once */
  update(expiryMs: number): void {
    if (expiryMs === NEVER) {
      if (this.#set) this.#tell(NEVER, -1);
      return;
    }
    if (this.#set && expiryMs === this.#toldMs) return;
    this.#tell(expiryMs, this.remaining(expiryMs));
  }

  remaining(expiryMs: number): number {
    const ms = expiryMs - this.#nowMs();
    if (ms <= 0) return 0;
    return this.#profile.floorMs ? Math.max(1, Math.floor(ms)) : Math.ceil(ms);
  }

  #tell(toldMs: number, timeoutMs: number): void {
    this.#toldMs = toldMs;
    this.#set = timeoutMs >= 0;
    this.#callbacks.tellTimer(timeoutMs);
  }
}
