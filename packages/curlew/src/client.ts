import {
  type Client,
  type ClientRequestOptions,
  type ClientTransfer,
  createClient as createCoreClient,
  type Limits,
} from "@curlew/core";
import { ports } from "./ports.js";
import { createTransfers, type TransfersOptions } from "./transfers.js";

export interface ClientOptions extends TransfersOptions {
  /** Each has a default: see `defaultLimits` of the core. */
  readonly limits?: Partial<Limits>;
}

/**
 * A client by the machine's libcurl on this runtime's event loop.
 *
 * @throws as {@link createTransfers}; MisuseError OUT_OF_RANGE, UNKNOWN_OPTION for limits
 */
export function createClient({ limits, ...options }: ClientOptions = {}): Client {
  return createCoreClient({ engine: createTransfers(options), limits, ports });
}

let shared: Client | undefined;

/**
 * One transfer, on a client that all callers of `get` share: `await get(url).text()`. It is made at the first call, keeps
 * connections for the next, and does not keep the process running.
 *
 * @throws as {@link createClient} at the first call; as `Client.request`
 */
export function get(url: string | { readonly href: string }, options?: ClientRequestOptions): ClientTransfer {
  shared ??= createClient();
  return shared.request(url, options);
}
