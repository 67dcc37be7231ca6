import { type Arm, conformance } from "@curlew/conformance";
import { type LoopAdapter, traceLoop } from "@curlew/core";
import { describe, it } from "vitest";
import { Kernel } from "../src/kernel/index.js";
import { simulatedLoop } from "../src/loop/index.js";

function arm(wrap: (loop: LoopAdapter) => LoopAdapter = (loop) => loop): Arm {
  const kernel = new Kernel();
  const loop = simulatedLoop(kernel);
  const jump = (ms: number) => kernel.clock.block(kernel.clock.nowMs + ms);
  return { adapter: wrap(loop), descriptors: kernel, turn: () => loop.turn(), held: () => loop.held, jump };
}

describe("adapter-epoll-sim", () => conformance({ test: it, factory: () => arm() }));

describe("the tracing decorator", () =>
  conformance({ test: it, factory: () => arm((loop) => traceLoop(loop, () => {})) }));
