/** What the README shows is run as it stands. Built files: run the build. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { contentOf, nodeLibcurlFolder } from "@curlew/testkit";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { capabilities } from "../src/index.js";
import { skipWithout, useServer } from "./support.js";

beforeEach(skipWithout);
const server = useServer();
const page = fileURLToPath(new URL("../README.md", import.meta.url));
const text = readFileSync(page, "utf8");

it("the README's program runs", () => {
  const [, program = ""] = /^```js\n(.*?)^```$/ms.exec(text) ?? [];
  const folder = mkdtempSync(join(dirname(page), ".docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "example.mjs"), program);
  const run = (NODE_PATH: string) =>
    spawnSync(process.execPath, [join(folder, "example.mjs"), `${server.current.http}/bytes/20000`], {
      env: { ...process.env, NODE_PATH },
    });
  const { status, stdout, stderr } = run(dirname(nodeLibcurlFolder)); // as if it were installed
  expect([status, String(stderr)]).toEqual([0, expect.stringMatching(/^status 200 in [\d.]+ ms\n$/)]);
  expect(stdout.equals(contentOf("bytes", 20_000))).toBe(true);
  expect(String(run("").stderr)).toContain("NO_NODE_LIBCURL");
});

it("the README lists what the engine cannot do, and no more", () => {
  const listed = [...text.matchAll(/^\| (`.*?`) +\|/gm)].flatMap(([, names = ""]) => names.match(/\w+/g) ?? []);
  const cannot = Object.entries(capabilities).filter(([, value]) => value !== true);
  expect(listed.sort()).toEqual(cannot.map(([name]) => name).sort());
});

it("the README's links lead somewhere", () => {
  const targets = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? "");
  const local = targets.filter((target) => !target.includes("://"));
  expect(local.length).toBeGreaterThan(1);
  expect(local.filter((target) => !existsSync(resolve(dirname(page), target)))).toEqual([]);
});
