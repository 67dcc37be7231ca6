import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { type SimulatedLoop, simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import { type AnswerRequest, type Host, Model, type ModelEasy, serve } from "@curlew/adapter-epoll-sim/model";
import {
  type Attachment,
  createTransferEngine,
  type LoopAdapter,
  type Observers,
  type TransferEngine,
} from "@curlew/core";
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
  const loop = turning(simulatedLoop(kernel));
  return createTransferEngine({ createEngine: () => new Model({ kernel, hosts }), loop, observers, ports });
}

/** The loop, turned whenever it was asked for something. */
function turning(loop: SimulatedLoop): LoopAdapter {
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
    name: loop.name,
    batches: loop.batches,
    attach: (sink) => waking(loop.attach(sink), wake),
  };
}

/** Whatever the driver has done, it ends by setting its timer or by saying whether it holds. */
function waking(attachment: Attachment, wake: () => void): Attachment {
  return {
    watch: (fd, interest) => attachment.watch(fd, interest),
    unwatch: (fd) => attachment.unwatch(fd),
    disarm: () => attachment.disarm(),
    now: () => attachment.now(),
    arm(delayMs) {
      attachment.arm(delayMs);
      wake();
    },
    hold(alive) {
      attachment.hold(alive);
      if (alive) wake();
    },
    close() {
      const closed = attachment.close();
      wake();
      return closed;
    },
  };
}
