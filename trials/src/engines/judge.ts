import { profiles } from "@curlew/adapter-epoll-sim/model";
import { type EngineResult, judgeEngine } from "@curlew/conformance";
import { judgeLibcurl } from "./libcurl.js";
import { modelBench } from "./model.js";

/** What an engine did with each case. */
export interface EngineTable {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cases: readonly EngineResult[];
}

export function tableOf(name: string, cases: readonly EngineResult[]): EngineTable {
  const count = (outcome: EngineResult["outcome"]) => cases.filter((each) => each.outcome === outcome).length;
  for (const each of cases)
    if (each.outcome === "failed") console.error(`${name}: ${each.id} ${each.what}\n  ${each.why}`);
  return { name, passed: count("passed"), failed: count("failed"), skipped: count("skipped"), cases };
}

/** The model as each version it knows, and each libcurl: without names the machine's, where there is one. */
export async function judgeEngines(libcurls: readonly (string | undefined)[] = [undefined]): Promise<EngineTable[]> {
  const tables: EngineTable[] = [];
  for (const profile of profiles)
    tables.push(tableOf(`model ${profile.name}`, await judgeEngine(() => modelBench(profile))));
  for (const file of libcurls) {
    try {
      const { name, results } = await judgeLibcurl(file);
      tables.push(tableOf(name, results));
    } catch (error) {
      if (file !== undefined) throw error;
      console.error(`libcurl: skipped: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return tables;
}
