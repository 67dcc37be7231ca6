/** A name that can be resolved. */
export interface Host {
  /** As in `Network.listen`, in the order they are tried. */
  readonly addresses: readonly string[];
  /** Transfers share a connection, as in HTTP/2. */
  readonly multiplexed?: boolean;
  /** How long it takes to be resolved. Default 0: the answer is known. */
  readonly resolveMs?: number;
}

export type Hosts = ReadonlyMap<string, Host>;

export interface Target {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly path: string;
}

/** The parts of a URL; a number is libcurl's code for what is wrong with it. */
export function parse(url: string): Target | number {
  const found = /^([a-z]+):\/\/([a-z0-9.-]+)(\/[^\s]*)?$/.exec(url);
  if (!found) return 3;
  const [, scheme, host = "", path = "/"] = found;
  return scheme === "http" || scheme === "https" ? { scheme, host, path } : 1;
}
