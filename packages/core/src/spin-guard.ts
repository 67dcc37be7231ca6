import type { Attachment } from "./contract.js";
import type { EasyHandle, MultiEngine } from "./engine.js";
import { type Ports, warn } from "./ports.js";
import type { Registration, SocketTable } from "./sockets.js";

const SUSPICIOUS_WAKEUPS = 100;
const IDLE_WAKEUPS = 1000;
const LONGEST_MS = 50;

/**
 * Notices a descriptor that is reported again and again while nothing comes of it: 8.20.0 leaves the eventfd of its
 * resolver readable for ever (C 12.1), others keep sockets of paused or closing transfers readable (P D1 to D3). Nobody
 * but libcurl may read from such a descriptor, so it is left alone for 1, 2, 4 ... 50 ms at a time.
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
   * After the engine was called for this descriptor: whether it called back. An upload from memory calls nobody back while
   * it goes on, so callbacks alone do not prove anything. Counting bytes costs a look at each transfer, and a record of
   * TLS may come in many pieces, so they are counted from the first suspicion to the judgement.
   */
  judge(registration: Registration, calledBack: boolean): void {
    if (calledBack) return acquit(registration);
    const wakeups = ++registration.idleWakeups;
    if (wakeups === SUSPICIOUS_WAKEUPS) registration.bytesThen = this.#bytesMoved();
    if (wakeups < IDLE_WAKEUPS || registration.state === "waiting" || registration.state === "backedOff") return;
    if (this.#bytesMoved() !== registration.bytesThen) return acquit(registration);
    registration.backOffMs = Math.min(LONGEST_MS, registration.backOffMs * 2 || 1);
    this.#sockets.backOff(registration, registration.backOffMs, this.#loop.now());
    this.#warnOnce(registration.fd);
  }

  #bytesMoved(): number {
    return this.#engine.bytesMoved?.() ?? 0;
  }

  #warnOnce(fd: number): void {
    if (this.#warned) return;
    this.#warned = true;
    warn(
      this.#ports,
      `curlew: descriptor ${fd} woke the loop ${IDLE_WAKEUPS} times in a row for nothing; from now on it is looked at less ` +
        `often, down to once in ${LONGEST_MS} ms. Some versions of libcurl do this: see \`curlew doctor\`.`,
    );
  }
}

function acquit(registration: Registration): void {
  registration.idleWakeups = registration.backOffMs = 0;
}
