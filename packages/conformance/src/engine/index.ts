import { cases1To17 } from "./cases-1-to-17.js";
import { cases18To41 } from "./cases-18-to-41.js";
import { casesOfOptionalCalls } from "./cases-of-optional-calls.js";
import { casesOfWorlds } from "./cases-of-worlds.js";
import { EngineLoop } from "./engine-loop.js";
import { type EngineBench, type EngineCase, NotHere } from "./types.js";

export type { Arranged, EngineBench, EngineCase, OptionalCalls, Route, Special, Target } from "./types.js";

/** C1 to C41 in order, then what is named by its invariant. */
export const engineCases: readonly EngineCase[] = [
  ...cases1To17,
  ...cases18To41,
  ...casesOfOptionalCalls,
  ...casesOfWorlds,
].sort((a, b) => rank(a) - rank(b));

function rank({ id }: EngineCase): number {
  return Number.parseInt(id.slice(1), 10) + (id.startsWith("I") ? 100 : 0);
}

export interface EngineResult {
  readonly id: string;
  readonly what: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it failed, or could not be run. */
  readonly why?: string;
}

/** Tries one case on a fresh bench. */
export async function runEngineCase(
  each: EngineCase,
  create: () => EngineBench | Promise<EngineBench>,
): Promise<EngineResult> {
  const { id, what } = each;
  const loop = new EngineLoop(await create());
  try {
    await each.run(loop);
  } catch (error) {
    await loop.finish().catch(() => {});
    const why = error instanceof Error ? error.message : String(error);
    return { id, what, outcome: error instanceof NotHere ? "skipped" : "failed", why };
  }
  try {
    await loop.finish();
  } catch (error) {
    return { id, what, outcome: "failed", why: String(error) };
  }
  return { id, what, outcome: "passed" };
}

/** Every case, in order. */
export async function judgeEngine(create: () => EngineBench | Promise<EngineBench>): Promise<EngineResult[]> {
  const results: EngineResult[] = [];
  for (const each of engineCases) results.push(await runEngineCase(each, create));
  return results;
}
