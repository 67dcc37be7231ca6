/** docs/functions.md against the library that is loaded, and against what this package has. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { Easy, loadLibcurl, Multi, Share } from "../src/index.js";

const library = loadLibcurl();
const text = readFileSync(new URL("../../../docs/functions.md", import.meta.url), "utf8");
const [head = [], , ...rows] = text
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
const functions = rows.map((row) => ({
  name: row[0] ?? "",
  here: row[head.indexOf(library.version)],
  as: row.at(-1) ?? "",
}));
const reached = functions.filter(({ as }) => !as.startsWith("no: "));

describe("docs/functions.md", () => {
  it("has every function of this library, and says of none that it is there when it is not", (context) => {
    const symbols = execFileSync("nm", ["-D", "--defined-only", library.path], { encoding: "utf8" });
    const exported = [...symbols.matchAll(/ (curl_\w+)/g)].map(([, name = ""]) => name);
    expect(exported.length).toBeGreaterThan(80);
    console.log(`libcurl ${library.version} has ${exported.length} functions`);
    expect(exported.filter((name) => !functions.some((row) => row.name === name))).toEqual([]);
    if (!head.includes(library.version)) context.skip(`the table is about other versions than ${library.version}`);
    expect(functions.filter(({ name, here }) => (here === "yes") !== exported.includes(name))).toEqual([]);
  });

  it("names members that there are, and a reason where there is none", () => {
    const [easy, multi, share] = [new Easy(library), new Multi(library), new Share(library)];
    onTestFinished(() => {
      for (const handle of [easy, multi, share]) handle.cleanup();
    });
    const objects: Record<string, object> = { easy, multi, share, library };
    const constructors = ["new Easy(library)", "new Multi(library)", "new Share(library)", "loadLibcurl"];
    for (const { name, as } of reached) {
      const [, code = ""] = /`([^`]+)`/.exec(as) ?? [];
      const [object = "", member = ""] = code.split(".");
      expect([name, constructors.includes(code) || member in (objects[object] ?? {})]).toEqual([name, true]);
    }
    for (const { name, as } of functions.filter((row) => !reached.includes(row)))
      expect([name, as.length > "no: ".length + 10]).toEqual([name, true]);
    expect(text).toContain(`${functions.length}, of which ${reached.length} can be reached`);
  });

  it("says of what this library is too old for that it can be had of a newer one", () => {
    for (const name of library.absent.functions) expect(reached.map((row) => row.name)).toContain(name);
  });
});
