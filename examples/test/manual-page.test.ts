/** docs/manual-page.md names a test for what it says: each of them is there, under that title. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const page = new URL("../../docs/manual-page.md", import.meta.url);
const text = readFileSync(page, "utf8");
const links = [...text.matchAll(/\[((?:[^[\]]|\[[^\]]*\])+)\]\(([^)\s]+)\)/g)].map(
  ([, title = "", target = ""]) => [title, target] as const,
);
const named = links.filter(([, target]) => /\.test\.ts$|\/cases-[^/]*\.ts$/.test(target));

it("docs/manual-page.md has a test for each statement that can be tested", () => {
  const rows = text.split("\n").filter((line) => line.startsWith("| ") && !/^\| (the page|---)/.test(line));
  const without = rows.filter((row) => !row.includes(".ts)"));
  expect(rows.length).toBeGreaterThan(30);
  expect(without.map((row) => row.split("|")[1]?.trim())).toEqual(["The interface is young, and may change."]);
  expect(named.length).toBeGreaterThan(rows.length - without.length);
});

it.each(named)("docs/manual-page.md names a test that exists: %s", (title, target) => {
  const source = readFileSync(fileURLToPath(new URL(target, page)), "utf8");
  // A title may be cut short at its end; it begins where the string begins.
  expect(source.includes(`("${title}`) || source.includes(`, "${title}`), `${target} has no test "${title}"`).toBe(
    true,
  );
});

it.each(links.filter(([, target]) => target.startsWith("../")))(
  "docs/manual-page.md: %s is there",
  (_title, target) => {
    expect(() =>
      readFileSync(new URL(`${target}${target.includes(".") && /\.\w+$/.test(target) ? "" : "/package.json"}`, page)),
    ).not.toThrow();
  },
);
