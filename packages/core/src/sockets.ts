import { CURL_POLL_NONE, CURL_POLL_REMOVE, type Interest, type PollAction } from "./constants.js";
import type { Attachment } from "./contract.js";
import type { SocketLife } from "./engine.js";
import { LoopError } from "./errors.js";
import { RecurringMap } from "./recurring-map.js";

/**
 * So long a descriptor stays watched that the engine wants no more. Under load a kept connection is used again within a few
 * ms; ending its watch and beginning another is six calls of the system to libuv.
 */
const KEPT_MS = 20;
/** Of those that are past, the list keeps no more than so many. */
const MOST_PAST = 512;

export interface Registration {
  readonly fd: number;
  /** Differs for each registration, also of the same number: what tells an old report from a new one (C 5.6). */
  readonly generation: number;
  interest: Interest;
  /** What the loop knows of it. "waiting": the engine said REMOVE and the loop has not been told yet. "gone": it ended. */
  state: "watched" | "waiting" | "backedOff" | "alwaysReady" | "gone";
  /** While it is "waiting". */
  left: Left | undefined;
  /** Wakeups in a row that led to nothing, and the last pause for it: spin-guard.ts. */
  idleWakeups: number;
  /** What was reported in them. */
  idleBits: number;
  backOffMs: number;
  watchAgainAt: number;
}

interface Left {
  readonly registration: Registration;
  /** When it will have waited long enough, on the loop's clock. */
  readonly until: number;
}

/** The table of descriptors: what the engine wants watched, and what the loop has been told of that. */
export class SocketTable implements SocketLife {
  readonly #loop: Attachment;
  readonly #announcesClose: (fd: number) => boolean;
  readonly #registrations = new RecurringMap<number, Registration>();
  /** Those "backedOff" or "alwaysReady", so that a tick need not look through the table. */
  readonly #special = new Set<Registration>();
  /** Those that were "waiting", from `#past` on in the order of their time; they may be something else again, or gone. */
  readonly #left: Left[] = [];
  #past = 0;
  /** Those told again with nothing new, as libcurl does for each further transfer of a connection (C 2.4). */
  readonly #shared = new Set<Registration>();
  #waiting = 0;
  #alwaysReady = 0;
  #generation = 0;
  /** A refusal of the loop's, to be dealt with once the engine has returned: no exception may cross its frames. */
  refusal: LoopError | undefined;

  constructor(loop: Attachment, announcesClose: (fd: number) => boolean) {
    this.#loop = loop;
    this.#announcesClose = announcesClose;
  }

  /** Whether the engine wants anything watched. */
  get idle(): boolean {
    return this.#registrations.size === this.#waiting;
  }

  /** When all that wait will have waited long enough, on the loop's clock; Infinity when none does. */
  get leaveAt(): number {
    return this.#waiting === 0 ? Number.POSITIVE_INFINITY : (this.#left.at(-1) as Left).until;
  }

  /** Whether there must be another tick soon, as a descriptor is always ready. */
  get hurries(): boolean {
    return this.#alwaysReady > 0;
  }

  /** The engine told an action. Reaches the loop at once (C 2.12), except for an unwatch that may wait. */
  told(fd: number, action: PollAction): void {
    const registration = this.#registrations.get(fd);
    // NONE is never sent (C 2.4); not watching serves it, as the interest comes again with the next action.
    if (action === CURL_POLL_REMOVE || action === CURL_POLL_NONE) {
      // Unknown: 8.13 to 8.15 say REMOVE for what was never announced (C 2.7).
      if (registration) this.#remove(registration);
    } else if (registration) this.#change(registration, action);
    else this.#register(fd, action);
  }

  /** The current registration of a number, for noting the generation of a report. */
  find(fd: number): Registration | undefined {
    return this.#registrations.get(fd);
  }

  opened(fd: number): void {
    const stale = this.#registrations.get(fd);
    if (!stale) return;
    const { state, interest } = stale;
    this.#forget(stale);
    if (state !== "waiting") this.#register(fd, interest);
  }

  closing(fd: number): void {
    const registration = this.#registrations.get(fd);
    if (registration) this.#forget(registration);
  }

  /**
   * Ends a tick. At the end of every keep-alive exchange libcurl says REMOVE, and IN for the same open socket when the
   * next one starts, which may be only after the microtasks of this tick, or after a round trip to who asked for the first:
   * so an unwatch waits. Judged by when the tick began, as users may have taken long in it.
   */
  endTick(beganAt: number): void {
    const left = this.#left;
    for (let one = left[this.#past]; one && one.until <= beganAt; one = left[++this.#past])
      if (one.registration.left === one) this.#forget(one.registration);
    if (this.#past === 0 || (this.#past < MOST_PAST && this.#past < left.length)) return;
    left.splice(0, this.#past);
    this.#past = 0;
  }

  /** One that waits to be unwatched was reported: it would be so again and again. */
  leave(registration: Registration): void {
    this.#forget(registration);
  }

  /** Stops watching, for a while, what was reported in vain: see spin-guard.ts. */
  backOff(registration: Registration, delayMs: number, now: number): void {
    const { fd, state, interest, idleBits } = registration;
    const rest = (interest & ~idleBits) as Interest | 0;
    if (state === "alwaysReady") this.#alwaysReady--;
    else if (rest === 0) this.#loop.unwatch(fd);
    registration.state = "backedOff";
    registration.watchAgainAt = now + delayMs;
    this.#special.add(registration);
    if (state !== "alwaysReady" && rest !== 0) this.#tryWatch(registration, rest);
  }

  /** Watches again what has been left alone long enough; answers when the next one is due. */
  watchAgain(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const registration of this.#special) {
      if (registration.state !== "backedOff") continue;
      if (registration.watchAgainAt <= now) {
        registration.state = "watched";
        this.#special.delete(registration);
        this.#watch(registration);
      } else {
        next = Math.min(next, registration.watchAgainAt);
      }
    }
    return next;
  }

  /** Whether there are connections that more than one transfer had at once. */
  get shares(): boolean {
    return this.#shared.size > 0;
  }

  /** Those the loop watches as the engine wants it, of connections that more than one transfer had at once. */
  shared(): Registration[] {
    return [...this.#shared].filter(({ state }) => state === "watched");
  }

  /** Descriptors the loop cannot poll: acted on once a turn. */
  alwaysReady(): Registration[] {
    if (this.#alwaysReady === 0) return [];
    return [...this.#special].filter((registration) => registration.state === "alwaysReady");
  }

  /** Lets go of everything. */
  clear(): void {
    for (const registration of this.#registrations.values()) this.#forget(registration);
  }

  #register(fd: number, interest: Interest): void {
    const registration: Registration = {
      fd,
      generation: ++this.#generation,
      interest,
      state: "watched",
      left: undefined,
      idleWakeups: 0,
      idleBits: 0,
      backOffMs: 0,
      watchAgainAt: 0,
    };
    this.#registrations.set(fd, registration);
    this.#watch(registration);
  }

  #change(registration: Registration, interest: Interest): void {
    const same = registration.interest === interest;
    if (same && registration.state !== "waiting") this.#shared.add(registration);
    registration.interest = interest;
    if (registration.state === "waiting") {
      registration.state = "watched";
      registration.left = undefined;
      this.#waiting--;
    }
    if (same) return;
    if (registration.state === "backedOff") {
      registration.state = "watched"; // this is no spin
      this.#special.delete(registration);
    }
    if (registration.state === "watched") this.#watch(registration);
  }

  #remove(registration: Registration): void {
    const mayWait = registration.state === "watched" && this.#announcesClose(registration.fd);
    if (!mayWait) return this.#forget(registration);
    registration.state = "waiting";
    registration.left = { registration, until: this.#loop.now() + KEPT_MS };
    this.#left.push(registration.left);
    this.#waiting++;
  }

  #forget(registration: Registration): void {
    const { fd, state } = registration;
    this.#registrations.delete(fd);
    this.#special.delete(registration);
    this.#shared.delete(registration);
    registration.state = "gone";
    registration.left = undefined;
    if (state === "waiting") this.#waiting--;
    if (state === "alwaysReady") this.#alwaysReady--;
    if (state !== "alwaysReady") this.#loop.unwatch(fd);
  }

  #watch(registration: Registration): void {
    this.#tryWatch(registration, registration.interest);
  }

  #tryWatch(registration: Registration, interest: Interest): void {
    try {
      this.#loop.watch(registration.fd, interest);
    } catch (error) {
      this.#refused(registration, error);
    }
  }

  #refused(registration: Registration, error: unknown): void {
    const refusal =
      error instanceof LoopError
        ? error
        : new LoopError("LOOP_REFUSED", `the loop failed to watch descriptor ${registration.fd}`, { cause: error });
    if (refusal.errno === "EPERM") {
      registration.state = "alwaysReady";
      this.#alwaysReady++;
      this.#special.add(registration);
      return;
    }
    this.#registrations.delete(registration.fd);
    this.refusal ??= refusal;
  }
}
