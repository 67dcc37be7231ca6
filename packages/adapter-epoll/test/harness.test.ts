/** The adapter's C under sanitizers: harness/main.c, compiled here. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const here = dirname(fileURLToPath(import.meta.url));
const native = join(here, "../native");
const sources = [native, join(here, "harness")].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".c") && file !== "module.c")
    .map((file) => join(folder, file)),
);

/** The calls that harness/refusals.c can have refused. */
const REFUSABLE = ["epoll_ctl", "epoll_create1", "pthread_create"];

/** Node's own headers, or those of the package. */
function headers(): string {
  const beside = join(dirname(process.execPath), "../include/node");
  if (existsSync(join(beside, "node_api.h"))) return beside;
  return (createRequire(import.meta.url)("node-api-headers") as { include_dir: string }).include_dir;
}

function compile(folder: string, flags: string[]): { program: string; stderr: string; status: number | null } {
  const program = join(folder, "harness");
  const args = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", `-I${headers()}`, ...flags, "-o", program, ...sources];
  args.push(...REFUSABLE.map((call) => `-Wl,--wrap=${call}`));
  const { stderr, status } = spawnSync(process.env.CC ?? "cc", [...args, "-pthread"], { encoding: "utf8" });
  return { program, stderr, status };
}

describe("the adapter's C", () => {
  for (const [name, flags] of [
    ["thread", ["-fsanitize=thread"]],
    ["address and undefined", ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]],
  ] as const)
    it(`runs clean under the sanitizer of ${name}`, { timeout: 300_000 }, (context) => {
      const folder = mkdtempSync(join(tmpdir(), "curlew-harness-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const { program, stderr: said, status: compiled } = compile(folder, [...flags]);
      if (/cannot find|unrecognized/.test(said)) return context.skip(`no such sanitizer here: ${said.split("\n")[0]}`);
      expect({ compiled, said }).toEqual({ compiled: 0, said: "" });
      const { status, stdout, stderr } = spawnSync(program, { encoding: "utf8" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      console.log(`under the sanitizer of ${name}: ${stdout.trim()}`);
    });
});
