import { epollLoop, epollUnavailable } from "@curlew/adapter-epoll";
import { libuvLoop, libuvUnavailable } from "@curlew/adapter-libuv";
import { CurlewError, type LoopAdapter } from "@curlew/core";

export interface LoopEntry {
  readonly name: string;
  open(): LoopAdapter;
  /** Why it cannot be had here, in words for people; undefined when it can. */
  unavailable(): string | undefined;
}

/** Every loop there is, the preferred one first. */
export const loops: readonly LoopEntry[] = [
  { name: "libuv", open: libuvLoop, unavailable: libuvUnavailable },
  { name: "epoll", open: epollLoop, unavailable: epollUnavailable },
];

/**
 * The loop of that name, or the first that works here.
 * @throws CurlewError NO_LOOP, with the reason of each
 */
export function openLoop(name?: string): LoopAdapter {
  const candidates = name === undefined ? loops : loops.filter((loop) => loop.name === name);
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
