import { MultiError } from "@curlew/core";
import type { EngineLoop } from "./engine-loop.js";
import type { EngineCase } from "./types.js";

export const REFUSED = 8;
export const TIMEDOUT = 28;

export const run = (id: string, what: string, body: (loop: EngineLoop) => Promise<void>): EngineCase => ({
  id,
  what,
  run: body,
});

export function multiCode(call: () => unknown): number | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return error instanceof MultiError ? error.multiCode : Number.NaN;
  }
}

export async function connected(loop: EngineLoop): Promise<number> {
  await loop.until(() => loop.ours.size > 0, "a transfer must want a descriptor (C 5.1)");
  return loop.ours.keys().next().value ?? -1;
}
