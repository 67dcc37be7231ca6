import type { Kernel } from "../kernel/index.js";
import type { Connection } from "./connection.js";
import type { SocketEntries } from "./socket-entries.js";
import type { Sockets } from "./sockets.js";
import { READING } from "./sockets.js";

/** libcurl gives a connection two seconds to be closed by its peer (C 4.14). */
const FAREWELL_MS = 2000;

/** Connections that say goodbye: watched, timed, and nobody's transfer. */
export class Farewells {
  readonly #kernel: Kernel;
  readonly #entries: SocketEntries;
  readonly #sockets: Sockets;
  readonly #endsAtMs = new Map<Connection, number>();

  constructor(kernel: Kernel, entries: SocketEntries, sockets: Sockets) {
    this.#kernel = kernel;
    this.#entries = entries;
    this.#sockets = sockets;
  }

  get deadlineMs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#endsAtMs.values());
  }

  begin(connection: Connection): void {
    connection.shutDown();
    this.#endsAtMs.set(connection, this.#kernel.clock.nowMs + FAREWELL_MS);
    this.#entries.assess(connection, new Map([[connection.fd, READING]]));
    this.#look(connection);
  }

  /** Those of that descriptor, and those whose time is over. */
  run(fd: number): void {
    for (const connection of [...this.#endsAtMs.keys()]) if (connection.fd === fd) this.#look(connection);
    const now = this.#kernel.clock.nowMs;
    for (const [connection, endsAtMs] of [...this.#endsAtMs]) if (endsAtMs <= now) this.#end(connection);
  }

  endAll(): void {
    for (const connection of [...this.#endsAtMs.keys()]) this.#end(connection);
  }

  #look(connection: Connection): void {
    connection.read();
    if (connection.ended !== undefined) this.#end(connection);
  }

  #end(connection: Connection): void {
    this.#endsAtMs.delete(connection);
    this.#sockets.close(connection.fd, undefined);
  }
}
