import type { Attachment } from "./contract.js";

/** libcurl's one timer (C 4.1), and what of it the loop has been asked for. */
export class TimerSlot {
  /** When socketAction(CURL_SOCKET_TIMEOUT) is due, on the loop's clock; Infinity when nothing is. */
  #deadline = Number.POSITIVE_INFINITY;
  /** What the loop is armed for. */
  #armed = Number.POSITIVE_INFINITY;

  /** The engine told a timeout: each one replaces the former, -1 deletes it. */
  told(timeoutMs: number, now: number): void {
    this.#deadline = timeoutMs < 0 ? Number.POSITIVE_INFINITY : now + timeoutMs;
  }

  get set(): boolean {
    return this.#deadline < Number.POSITIVE_INFINITY;
  }

  due(now: number): boolean {
    return this.#deadline <= now;
  }

  /** Whether it is due; it is then forgotten, before the engine is called: what it tells during that call must stand (C 6.3). */
  take(now: number): boolean {
    const due = this.due(now);
    if (due) this.#deadline = Number.POSITIVE_INFINITY;
    return due;
  }

  /** The loop's one shot was fired. */
  fired(): void {
    this.#armed = Number.POSITIVE_INFINITY;
  }

  /** Arms the loop for the deadline or for `other`, whichever is first, unless it is so already. */
  settle(loop: Attachment, now: number, other: number): void {
    const wanted = Math.min(this.#deadline, other);
    // What is overdue is served before the loop waits again, by how much ever.
    if (wanted === this.#armed || (wanted <= now && this.#armed <= now)) return;
    this.#armed = wanted;
    if (wanted === Number.POSITIVE_INFINITY) loop.disarm();
    else loop.arm(Math.min(Math.max(0, wanted - now), MOST_MS));
  }
}

/** What timers of 32 bits can hold (C 4.2). An expiry before the deadline arms for the rest. */
const MOST_MS = 2 ** 31 - 1;
