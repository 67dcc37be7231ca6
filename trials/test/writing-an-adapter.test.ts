/** The page's program, as it stands, with the suite it shows. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { descriptors } from "@curlew/testkit";
import { afterAll, describe, expect, it } from "vitest";

const page = readFileSync(new URL("../../docs/writing-an-adapter.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code ?? "");
const suite = blocks.pop() ?? "";
const file = (name: string) => fileURLToPath(new URL(`./.docs-${name}.mjs`, import.meta.url));

writeFileSync(file("adapter"), blocks.join(""));
writeFileSync(file("suite"), suite);
afterAll(() => {
  for (const name of ["adapter", "suite"]) rmSync(file(name), { force: true });
});

const { pollLoop } = await import(file("adapter"));
const { prove } = await import(file("suite"));

describe("docs/writing-an-adapter.md", () => {
  it("shows an adapter of at most 60 lines", () => {
    const lines = blocks
      .join("")
      .split("\n")
      .filter((line) => line.trim() !== "");
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.length).toBeLessThanOrEqual(60);
  });
  prove(it, pollLoop, descriptors.poll, descriptors);
});
