import { CURL_CSELECT_ERR } from "./constants.js";
import type { Registration, SocketTable } from "./sockets.js";

type Act = (fd: number, bits: number, registration: Registration) => void;

/** The reports of a batch, until they are acted on. */
export class Reports {
  readonly #sockets: SocketTable;
  /** Descriptor, bits, generation of each. */
  readonly #noted: number[] = [];

  constructor(sockets: SocketTable) {
    this.#sockets = sockets;
  }

  /** By the generation of the moment: the number may be another's before the report is acted on (C 2.12). */
  note(fd: number, bits: number): void {
    const registration = this.#sockets.find(fd);
    if (registration) this.#noted.push(fd, bits, registration.generation);
  }

  /** Calls `act` for each that still holds. What others do in between is seen by those that follow. */
  serve(act: Act): void {
    const noted = this.#noted;
    try {
      for (let i = 0; i < noted.length; i += 3) this.#serve(noted[i] ?? 0, noted[i + 1] ?? 0, noted[i + 2] ?? 0, act);
    } finally {
      noted.length = 0; // what is not served is reported again
    }
  }

  #serve(fd: number, bits: number, generation: number, act: Act): void {
    const registration = this.#sockets.find(fd);
    if (registration?.generation !== generation) return;
    if (registration.state === "waiting") return this.#sockets.leave(registration);
    // ERR alone kills the transfer up to 8.9; 0 lets libcurl find out, in every version (C 5.2).
    act(fd, bits & CURL_CSELECT_ERR ? 0 : bits, registration);
  }
}
