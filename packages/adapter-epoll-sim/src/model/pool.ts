import { EPOLLERR, EPOLLHUP, EPOLLRDHUP, type Kernel } from "../kernel/index.js";
import { Connection } from "./connection.js";

/** Connections that stand, used or idle. */
export class Pool {
  readonly #kernel: Kernel;
  readonly #discard: (connection: Connection) => void;
  readonly #connections = new Set<Connection>();
  readonly #nextId: () => number;

  constructor(kernel: Kernel, nextId: () => number, discard: (connection: Connection) => void) {
    this.#kernel = kernel;
    this.#nextId = nextId;
    this.#discard = discard;
  }

  get size(): number {
    return this.#connections.size;
  }

  get all(): readonly Connection[] {
    return [...this.#connections];
  }

  add(fd: number, key: string, multiplexed: boolean): Connection {
    const connection = new Connection(this.#kernel, this.#nextId(), fd, key, multiplexed);
    this.#connections.add(connection);
    return connection;
  }

  /** One that can be used for that server. Idle ones that have died meanwhile are closed on the way. */
  take(key: string): Connection | undefined {
    for (const connection of this.all) {
      if (connection.key !== key) continue;
      if (connection.usable()) return connection;
      if (connection.idle && this.#dead(connection)) this.#discard(connection);
    }
    return undefined;
  }

  /** Closes an idle one, to make room for another server's. */
  evict(): boolean {
    const idle = this.all.find((connection) => connection.idle);
    if (idle) this.#discard(idle);
    return idle !== undefined;
  }

  drop(connection: Connection): void {
    this.#connections.delete(connection);
  }

  #dead(connection: Connection): boolean {
    return (this.#kernel.poll(connection.fd) & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0;
  }
}
