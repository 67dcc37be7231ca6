/** What Observables cost: CPU a transfer beside the plain client, in a process of their own, on built files: run the build. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { programCommand } from "@curlew/testkit";
import { expect, it } from "vitest";
import { useServer } from "./support.js";

const server = useServer();
const program = fileURLToPath(new URL("./programs/cpu.mjs", import.meta.url));
const TRANSFERS = 200;
const PAIRS = 51; // so 10 200 transfers of each
/** At most 10 % more. */
const MOST = 1.1;

interface Result {
  readonly plainUs: number;
  readonly rxjsUs: number;
  readonly ratio: number;
  /** But in one of a thousand runs. */
  readonly ratioAtLeast: number;
}

it("mergeMap(100) costs at most a tenth more than the plain client", { timeout: 240_000 }, () => {
  const [command, args] = programCommand(program, [`${server.current.http}/bytes/5`, String(TRANSFERS), String(PAIRS)]);
  // Collecting takes the CPU of whose garbage it is; helping threads would spin for it when other programs have the cores.
  const said = execFileSync(command, ["--single-threaded-gc", ...args], { encoding: "utf8" });
  for (const [name, result] of Object.entries(JSON.parse(said) as Record<string, Result>)) {
    const { plainUs, rxjsUs, ratio, ratioAtLeast } = result;
    console.log(
      `${name}, 100 at once: ${rxjsUs.toFixed(1)} and ${plainUs.toFixed(1)} us of CPU a transfer, ` +
        `ratio ${ratio.toFixed(3)} (median of ${PAIRS} pairs of ${TRANSFERS}; at least ${ratioAtLeast.toFixed(3)})`,
    );
    // The median itself is within a few hundredths of the truth, beside other work within a tenth: what is certain counts.
    expect(ratioAtLeast, name).toBeLessThan(MOST);
  }
});
