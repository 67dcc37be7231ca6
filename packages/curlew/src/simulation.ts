import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { type SimulatedLoop, simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import { type AnswerRequest, type Host, Model, type ModelEasy, serve } from "@curlew/adapter-epoll-sim/model";
import { createTransferEngine, type Observers, type TransferEngine } from "@curlew/core";
import { ports } from "./ports.js";

/** Who answers, by host name: the network of a simulation. */
export interface SimulatedNetwork {
  readonly [host: string]: { readonly answer: AnswerRequest; readonly multiplexed?: boolean };
}

/**
 * Transfers by the model of libcurl in a simulated kernel: no libcurl, no socket, and a clock that passes as fast as it can.
 * The loop turns while something holds the process, a turn for each turn of the process's own loop.
 */
export function simulateTransfers(network: SimulatedNetwork, observers?: Observers<ModelEasy>): TransferEngine {
  const kernel = new Kernel();
  const hosts = new Map<string, Host>();
  for (const [host, { answer, multiplexed = false }] of Object.entries(network)) {
    serve(kernel, host, { answer });
    hosts.set(host, { addresses: [host], multiplexed });
  }
  const loop = simulatedLoop(kernel);
  const transfers = createTransferEngine({ createEngine: () => new Model({ kernel, hosts }), loop, observers, ports });
  return turning(transfers, loop);
}

/** The engine, with its loop turned whenever it has something to do. */
function turning(transfers: TransferEngine, loop: SimulatedLoop): TransferEngine {
  let scheduled = false;
  const turn = (): void => {
    scheduled = false;
    if (loop.turn() !== "nothing" && loop.held) wake();
  };
  const wake = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  };
  return {
    name: transfers.name,
    start(request, sink) {
      const transfer = transfers.start(request, sink);
      wake();
      return transfer;
    },
    close() {
      const closed = transfers.close();
      wake();
      return closed;
    },
  };
}
