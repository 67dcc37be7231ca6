import { CURL_POLL_IN } from "./constants.js";
import type { EngineHazards } from "./engine.js";
import type { SocketTable } from "./sockets.js";

/** Long enough that where there is traffic the next event comes first, and short for who waits. */
const QUIET_MS = 2;

/**
 * When to tell the engine that its descriptors can be read although the loop did not say so: once, when nothing has been
 * asked of it for a moment.
 *
 * 7.88.1 to 8.0.1 stop parsing what they have read of an HTTP/2 connection when a stream's 16 KiB are full, and forget to
 * go on when that stream's transfer ends next. The socket is empty by then, so nothing wakes the others: of 16 downloads of
 * 1 MB, the last few wait for their last 576 bytes for ever, in every second run. Told that it can read, libcurl goes on. Only
 * connections that transfers share are looked at: one beside 10 000 idle ones would otherwise cost as many calls.
 */
export class SecondLook {
  readonly #hazards: EngineHazards;
  readonly #engine: { readonly calls: number };
  readonly #sockets: SocketTable;
  readonly #tellReadable: (fd: number) => void;
  /** How many calls the engine had been made when this was last planned. */
  #calls = 0;
  #at = Number.POSITIVE_INFINITY;

  constructor(
    hazards: EngineHazards,
    engine: { readonly calls: number },
    sockets: SocketTable,
    tellReadable: (fd: number) => void,
  ) {
    this.#hazards = hazards;
    this.#engine = engine;
    this.#sockets = sockets;
    this.#tellReadable = tellReadable;
  }

  /** After calls of the engine: when the look is due, if no more are made. */
  plan(transfers: number, now: number): number {
    if (!this.#hazards.leavesInputUnread || transfers === 0 || !this.#sockets.shares) return Number.POSITIVE_INFINITY;
    if (this.#engine.calls !== this.#calls) this.#at = now + QUIET_MS;
    this.#calls = this.#engine.calls;
    return this.#at;
  }

  /** Takes the look when it is due. Its own calls are no reason for another; what follows from them is. */
  look(now: number): void {
    if (this.#at > now) return;
    for (const { fd, interest } of this.#sockets.shared()) if (interest & CURL_POLL_IN) this.#tellReadable(fd);
    this.#calls = this.#engine.calls;
    this.#at = Number.POSITIVE_INFINITY;
  }
}
