import { epollLoop, epollUnavailable } from "@curlew/adapter-epoll";
import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import { libuvLoop, libuvUnavailable } from "@curlew/adapter-libuv";
import { CurlewError, type LoopAdapter } from "@curlew/core";

export interface LoopEntry {
  readonly name: string;
  /** What can be driven by it: libcurl, or the model of it, whose sockets are simulated like the loop. */
  readonly engine: "libcurl" | "model";
  open(): LoopAdapter;
  /** Why it cannot be had here, in words for people; undefined when it can. */
  unavailable(): string | undefined;
}

/** Every loop there is, the preferred one first. */
export const loops: readonly LoopEntry[] = [
  { name: "libuv", engine: "libcurl", open: libuvLoop, unavailable: libuvUnavailable },
  { name: "epoll", engine: "libcurl", open: epollLoop, unavailable: epollUnavailable },
  { name: "epoll-sim", engine: "model", open: () => simulatedLoop(new Kernel()), unavailable: () => undefined },
];

/** Whether a loop of that name is a simulation. */
export function isSimulated(name: string | undefined): boolean {
  return loops.some((loop) => loop.name === name && loop.engine === "model");
}

/**
 * The loop of that name, or the first that works here, for libcurl.
 * @throws CurlewError NO_LOOP, with the reason of each
 */
export function openLoop(name?: string): LoopAdapter {
  const real = loops.filter(({ engine }) => engine === "libcurl");
  const candidates = name === undefined ? real : real.filter((loop) => loop.name === name);
  const entry = candidates.find((loop) => loop.unavailable() === undefined);
  if (entry) return entry.open();
  if (candidates.length === 0)
    throw new CurlewError(
      "NO_LOOP",
      `there is no loop "${name}"; there are: ${loops.map((loop) => loop.name).join(", ")}`,
    );
  const reasons = candidates.map((loop) => `${loop.name}: ${loop.unavailable()}`).join("; ");
  throw new CurlewError("NO_LOOP", `no event loop can be used here (${reasons})`);
}
