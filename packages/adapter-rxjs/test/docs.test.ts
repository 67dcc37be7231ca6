/** What the README shows is run as it stands. Built files: run the build. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { contentOf, programCommand } from "@curlew/testkit";
import { expect, it, onTestFinished } from "vitest";
import { useServer } from "./support.js";

const server = useServer();
const page = fileURLToPath(new URL("../README.md", import.meta.url));
const text = readFileSync(page, "utf8");

const programs = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program ?? "");

/** Runs one of the page's programs on a URL. */
function run(program: string | undefined, url: string) {
  const folder = mkdtempSync(join(dirname(page), ".docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "example.mjs"), program ?? "");
  return spawnSync(...programCommand(join(folder, "example.mjs"), [url]));
}

it("the README's program of transfers runs", () => {
  const { status, stdout, stderr } = run(programs[0], `${server.current.http}/bytes/20000`);
  expect([status, String(stderr)]).toEqual([0, "status 200\n"]);
  expect(stdout.equals(contentOf("bytes", 20_000))).toBe(true);
  expect(String(run(programs[0], "http://127.0.0.1:1/").stderr)).toContain("TRANSFER_FAILED");
});

it("the README's program of loops runs", () => {
  const { status, stdout, stderr } = run(programs[1], `${server.current.http}/status/200`);
  expect([status, String(stderr)]).toEqual([0, ""]);
  const lines = String(stdout).trim().split("\n");
  expect(lines.sort()).toEqual(["10 characters, some reports of readiness", "tick 0", "tick 1", "tick 2"]);
  expect(programs).toHaveLength(2);
});

it("the README's links lead somewhere", () => {
  const targets = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? "");
  expect(targets.length).toBeGreaterThan(4);
  expect(targets.filter((target) => !existsSync(resolve(dirname(page), target)))).toEqual([]);
});
