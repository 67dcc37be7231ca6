import { createTransferEngine, type Observers, type TransferEngine } from "@curlew/core";
import { type Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { isSimulated, openLoop } from "./loops.js";
import { ports } from "./ports.js";
import { type SimulatedNetwork, simulateTransfers } from "./simulation.js";

export interface TransfersOptions {
  /** The loop to run on, by name. Default: the first that works here. */
  readonly loop?: string;
  /** The libcurl to load, a file. Default: the one CURLEW_LIBCURL names, else the system's. */
  readonly libcurl?: string;
  readonly observers?: Observers<Easy>;
  /** For the loop "epoll-sim": who answers. Nothing reaches a real network there, and no libcurl is needed. */
  readonly network?: SimulatedNetwork;
}

/**
 * Transfers by the machine's libcurl on this runtime's event loop.
 *
 * @throws CurlewError NO_LIBCURL, NOT_LIBCURL, LIBCURL_TOO_OLD, ENGINE_NOT_BUILT, NO_LOOP
 */
export function createTransfers(options: TransfersOptions = {}): TransferEngine {
  if (isSimulated(options.loop))
    return simulateTransfers(options.network ?? {}, options.observers as Observers<unknown> | undefined);
  const library = loadLibcurl(options.libcurl);
  return createTransferEngine({
    createEngine: () => new Multi(library),
    loop: openLoop(options.loop),
    observers: options.observers,
    ports,
  });
}
