/** What the matrix counts, and what it must not take for a success. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../bundle.mjs";
import { runtimes } from "../fetch.mjs";
import { run } from "../run.mjs";

const here = runtimes[0];

describe("a file", () => {
  let counts = "";
  let ends = "";
  beforeAll(async () => {
    [counts = "", ends = ""] = await bundle(["runtimes/test/files/counts.ts", "runtimes/test/files/ends.ts"]);
  });

  async function runHere(file: string) {
    const said: string[] = [];
    const result = await run(here, file, undefined, (line: string) => said.push(line));
    return { result, said: said.join("\n") };
  }

  it("is counted, and says what failed and why something was skipped", async () => {
    const { result, said } = await runHere(counts);
    expect(result).toEqual({ passed: 1, failed: 1, skipped: 1 });
    expect(said).toMatch(/FAILED .*a file > fails/);
    expect(said).toMatch(/skipped .*a file > is skipped: for this reason/);
  });

  it("that ends the process with 0 before it has counted has failed", async () => {
    const { result, said } = await runHere(ends);
    expect(result).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(said).toContain("ended with 0 in");
  });
});

describe("the matrix", () => {
  const matrix = (...args: string[]) =>
    spawnSync(process.execPath, [fileURLToPath(new URL("../main.mjs", import.meta.url)), "--json", ...args], {
      encoding: "utf8",
    });

  it("prints one JSON object with a row for each runtime, and nothing else", () => {
    const { status, stdout } = matrix("--runtime", here.title, "--only", "core/test/timer");
    expect(JSON.parse(stdout)).toEqual({
      rows: [{ runtime: here.title, passed: expect.any(Number), failed: 0, skipped: 0 }],
    });
    expect(JSON.parse(stdout).rows[0].passed).toBeGreaterThan(0);
    expect(status).toBe(0);
  });

  it("of nothing is no success", () => {
    expect(matrix("--runtime", here.title, "--only", "no file of that name").status).toBe(1);
    expect(matrix("--runtime", "no runtime of that name", "--only", "core/test/timer").status).toBe(1);
  });
});
