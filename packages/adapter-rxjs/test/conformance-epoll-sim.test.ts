import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import { type Arm, conformance } from "@curlew/conformance";
import { describe, it } from "vitest";
import { fromLoop, rxjsLoop } from "../src/index.js";

function arm(): Arm {
  const kernel = new Kernel();
  const loop = simulatedLoop(kernel);
  return {
    adapter: rxjsLoop(fromLoop(loop)),
    descriptors: kernel,
    turn: () => loop.turn(),
    held: () => loop.held,
  };
}

describe("adapter-rxjs over adapter-epoll-sim", () => conformance({ test: it, factory: arm }));
