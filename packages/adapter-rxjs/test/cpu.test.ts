/** What Observables cost: CPU a transfer beside the plain client, in a process of their own, on built files: run the build. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { programCommand } from "@curlew/testkit";
import { expect, it } from "vitest";
import { useServer } from "./support.js";

const server = useServer();
const program = fileURLToPath(new URL("./programs/cpu.mjs", import.meta.url));
const TRANSFERS = 1000;
const PAIRS = 11; // so 11 000 transfers of each

interface Result {
  readonly plainUs: number;
  readonly rxjsUs: number;
  readonly ratio: number;
}

it("mergeMap(100) costs little more than the plain client", { timeout: 240_000 }, () => {
  const [command, args] = programCommand(program, [`${server.current.http}/bytes/5`, String(TRANSFERS), String(PAIRS)]);
  const results = JSON.parse(execFileSync(command, args, { encoding: "utf8" })) as Record<string, Result>;
  for (const [name, { plainUs, rxjsUs, ratio }] of Object.entries(results))
    console.log(
      `${name}, 100 at once: ${rxjsUs.toFixed(1)} and ${plainUs.toFixed(1)} us of CPU a transfer, ` +
        `ratio ${ratio.toFixed(2)} (median of ${PAIRS} pairs of ${TRANSFERS})`,
    );
  // 1.05 to 1.1 where nothing else runs; beside other work each of them may lose its caches.
  for (const { ratio } of Object.values(results)) expect(ratio).toBeLessThan(1.4);
});
