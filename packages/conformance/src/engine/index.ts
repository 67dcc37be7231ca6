import { cases1To17 } from "./cases-1-to-17.js";
import { cases18To41 } from "./cases-18-to-41.js";
import { EngineLoop } from "./engine-loop.js";
import { type EngineBench, type EngineCase, NotHere } from "./types.js";

export type { EngineBench, EngineCase, Route, Special, Target } from "./types.js";

export const engineCases: readonly EngineCase[] = [...cases1To17, ...cases18To41];

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

/** Cases of the list for which an engine of this kind has no call: each with the reason. */
export const withoutCall: Readonly<Record<string, string>> = {
  C20: "DNS over HTTPS needs a server that speaks it",
  C22: "the engine refuses by its own depth counter, so libcurl's hole is not reached",
  C23: "notifications are not part of the engine's contract",
  C28: "curl_multi_wakeup is not part of the engine's contract",
  C29: "a resolver that can be made slow is not at hand",
  C33: "perform is not part of the engine's contract",
  C35: "cost is for the bench",
  C38: "descriptor 0 is judged with the adapters",
  C39: "more than 1024 descriptors need another limit of the process",
};

/** Every case, in order. */
export async function judgeEngine(create: () => EngineBench | Promise<EngineBench>): Promise<EngineResult[]> {
  const results: EngineResult[] = [];
  for (const each of engineCases) results.push(await runEngineCase(each, create));
  for (const [id, why] of Object.entries(withoutCall)) results.push({ id, what: why, outcome: "skipped", why });
  return results;
}
