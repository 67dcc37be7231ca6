import type { Connecting } from "./connecting.js";
import type { Connection } from "./connection.js";
import type { ModelEasy } from "./easy.js";
import type { Hosts } from "./hosts.js";
import type { Pool } from "./pool.js";
import type { Profile } from "./profiles.js";
import type { Resolver } from "./resolver.js";
import type { Transfer } from "./transfer.js";

/** What a transfer needs of the multi it is in. */
export interface Machine {
  readonly profile: Profile;
  readonly hosts: Hosts;
  readonly resolver: Resolver;
  readonly pool: Pool;
  readonly nowMs: number;
  readonly dead: boolean;
  roomForConnection(): boolean;
  connect(easy: ModelEasy, addresses: readonly string[]): Connecting;
  /** It is to run again before the multi waits. */
  soon(transfer: Transfer): void;
  finished(transfer: Transfer, code: number): void;
  /** A transfer lets go of its connection, which may be kept. */
  released(transfer: Transfer, connection: Connection, keep: boolean): void;
  /** Runs a data callback of the user's. */
  callUser(callback: () => unknown): unknown;
}
