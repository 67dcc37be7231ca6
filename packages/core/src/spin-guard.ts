import { CURL_POLL_INOUT } from "./constants.js";
import type { Attachment } from "./contract.js";
import type { EasyHandle, MultiEngine } from "./engine.js";
import { type Ports, warn } from "./ports.js";
import type { Registration, SocketTable } from "./sockets.js";

const IDLE_WAKEUPS = 1000;
/** In the last so many of them bytes are counted: a record of TLS comes in several pieces, not in a hundred. */
const COUNTED_WAKEUPS = 100;
const LONGEST_MS = 50;

/**
 * Notices a descriptor that is reported again and again while nothing comes of it: 8.20.0 leaves the eventfd of its
 * resolver readable for ever (C 12.1), others keep sockets of paused or closing transfers readable (P D1 to D3). Nobody
 * but libcurl may read from such a descriptor, so it is left alone for 1, 2, 4 ... 50 ms at a time; in the directions that
 * were reported only: 7.88.1 asks for OUT while HTTP/2's flow control forbids to send, and answers must still come in.
 */
export class SpinGuard<E extends EasyHandle> {
  readonly #engine: MultiEngine<E>;
  readonly #sockets: SocketTable;
  readonly #loop: Attachment;
  readonly #ports: Ports;
  #warned = false;

  constructor(engine: MultiEngine<E>, sockets: SocketTable, loop: Attachment, ports: Ports) {
    this.#engine = engine;
    this.#sockets = sockets;
    this.#loop = loop;
    this.#ports = ports;
  }

  /**
   * Before the engine is called for this descriptor: bytes moved so far, if they matter in this wakeup. An upload from
   * memory calls nobody back while it goes on, so callbacks alone do not prove anything; counting costs a look at each
   * transfer, so it is done only when there is suspicion.
   */
  measure(registration: Registration): number | undefined {
    if (registration.idleWakeups < IDLE_WAKEUPS - COUNTED_WAKEUPS) return undefined;
    return this.#engine.bytesMoved?.();
  }

  /** After it: what was reported, whether the engine called back, and what `measure` said. */
  judge(registration: Registration, bits: number, calledBack: boolean, bytesBefore: number | undefined): void {
    // Only what this call moved: other transfers may be busy beside a descriptor that spins.
    const moved = bytesBefore !== undefined && this.#engine.bytesMoved?.() !== bytesBefore;
    if (calledBack || moved) return acquit(registration);
    if (registration.state === "backedOff" || registration.state === "waiting") return; // not what is being judged
    registration.idleBits |= bits || CURL_POLL_INOUT; // 0: an error, whatever the direction
    if (++registration.idleWakeups < IDLE_WAKEUPS) return;
    registration.backOffMs = Math.min(LONGEST_MS, registration.backOffMs * 2 || 1);
    this.#sockets.backOff(registration, registration.backOffMs, this.#loop.now());
    // Shorter ones are a busy peer's.
    if (registration.backOffMs === LONGEST_MS) this.#warnOnce(registration.fd);
  }

  #warnOnce(fd: number): void {
    if (this.#warned) return;
    this.#warned = true;
    warn(
      this.#ports,
      `curlew: descriptor ${fd} woke the loop more than ${IDLE_WAKEUPS} times in a row for nothing; now it is looked at once in ` +
        `${LONGEST_MS} ms. Some versions of libcurl do this: see \`curlew doctor\`.`,
    );
  }
}

function acquit(registration: Registration): void {
  registration.idleWakeups = registration.backOffMs = registration.idleBits = 0;
}
