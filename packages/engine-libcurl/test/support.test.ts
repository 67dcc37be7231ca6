/** docs/options.md against the library that is loaded. */
import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { isCallback } from "../src/callbacks.js";
import { Easy, type EasyOptionName, loadLibcurl, Multi, Share, supportOf } from "../src/index.js";

const library = loadLibcurl();
const rows = supportOf(library);
const sections = {
  "easy option": "Easy options",
  info: "Infos",
  "multi option": "Multi options",
  "multi info": "Multi infos",
  "share option": "Share options",
  "share data": "Share data",
};

interface Line {
  readonly kind: string;
  readonly here: string | undefined;
  readonly reachable: string;
}

/** The lines of the document's table on that, by name; what it says of this library, if it is one of the two. */
function documented(of: keyof typeof sections): Map<string, Line> {
  const text = readFileSync(new URL("../../../docs/options.md", import.meta.url), "utf8");
  const section = text.split("\n## ").find((part) => part.startsWith(sections[of])) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  const cells = lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
  const column = cells[0]?.indexOf(library.version) ?? -1;
  return new Map(
    cells.slice(2).map((row) => [row[0] ?? "", { kind: row[1] ?? "", here: row[column], reachable: row.at(-1) ?? "" }]),
  );
}

/** Whether the last column says that: "yes", "no: why", or for what older libraries are not let do "since version: why". */
function tells(cell: string, why: string | undefined, since: string | undefined): boolean {
  if (since !== undefined) return why === undefined ? cell.startsWith(`since ${since}: `) : cell === why;
  return why === undefined ? cell.startsWith("yes") : cell === `no: ${why}`;
}

describe("docs/options.md", () => {
  for (const of of Object.keys(sections) as (keyof typeof sections)[])
    it(`tells of each ${of} of this library what is so`, (context) => {
      const table = documented(of);
      expect(table.size).toBeGreaterThan(0);
      const known = [...table.values()].some(({ here }) => here !== undefined);
      if (!known) return context.skip(`the table is about other versions than ${library.version}`);
      const here = rows.filter((row) => row.of === of);
      const wrong = here.filter(({ name, kind, here, why, since }) => {
        const line = table.get(name);
        return line?.kind !== kind || (line.here === "yes") !== here || !tells(line.reachable, why, since);
      });
      expect(wrong).toEqual([]);
      const missing = [...table].filter(
        ([name, line]) => line.here === "yes" && !here.some((row) => row.name === name),
      );
      expect(missing).toEqual([]);
      console.log(`libcurl ${library.version}: ${here.filter((row) => row.here).length} of kind ${of}`);
    });
});

describe("what is said of easy options is what setopt does", () => {
  it("those that cannot be reached are refused, with the reason", () => {
    const easy = new Easy(library);
    const left = rows.filter((row) => row.of === "easy option" && row.why !== undefined);
    expect(left.length).toBeGreaterThan(30);
    for (const { name, why } of left)
      expect(() => easy.setopt(name as EasyOptionName, null as never)).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^OPTION_(IS_OURS|REFUSED)$/),
          message: expect.stringContaining(why ?? ""),
        }),
      );
    easy.cleanup();
  });

  it("functions and objects that can be reached are taken, and taken away", () => {
    const easy = new Easy(library);
    const functions = rows.filter(
      (row) => row.kind === "function" && row.of === "easy option" && row.why === undefined,
    );
    expect(functions.length).toBeGreaterThan(15);
    for (const { name } of functions) {
      expect([name, isCallback(name)]).toEqual([name, true]);
      for (const value of [() => 0, null]) easy.setopt(name as "PREREQFUNCTION", value);
      expect(() => easy.setopt(name as "PREREQFUNCTION", 5 as never)).toThrow(
        expect.objectContaining({ code: "WRONG_TYPE" }),
      );
    }
    for (const name of ["POSTFIELDS", "COPYPOSTFIELDS", "MIMEPOST", "SHARE"] as const) easy.setopt(name, null);
    easy.cleanup();
  });
});

describe("what is said of multi options is what setopt does", () => {
  const values: Record<string, unknown> = { long: 4, off_t: 4, function: () => 0, data: {}, strings: [] };

  it.each(rows.filter((row) => row.of === "multi option" && row.here))("$name", ({ name, kind, why }) => {
    const multi = new Multi(library);
    onTestFinished(() => multi.cleanup());
    const set = (): void => multi.setopt(name as "MAXCONNECTS", values[kind] as number);
    if (why === undefined) set();
    else
      expect(set).toThrow(expect.objectContaining({ code: "OPTION_REFUSED", message: expect.stringContaining(why) }));
  });
});

describe("what is said of shares is what setopt does", () => {
  const refused = (why: string): unknown =>
    expect.objectContaining({ code: "OPTION_REFUSED", message: expect.stringContaining(why) });

  it("what cannot be set, or be had in common, is refused, with the reason", () => {
    const share = new Share(library);
    onTestFinished(() => share.cleanup());
    const said = rows.filter((row) => row.of === "share option" || row.of === "share data");
    expect(said.filter(({ why }) => why !== undefined).length).toBeGreaterThan(3);
    for (const { of, name, here, why } of said) {
      const [option, value] = of === "share data" ? ["SHARE", name] : [name, "DNS"];
      const set = (): void => share.setopt(option as "SHARE", value as "DNS");
      if (why !== undefined) expect(set).toThrow(refused(why));
      else if (here) set();
      else expect(set).toThrow(expect.objectContaining({ code: "NOT_IN_THIS_LIBCURL" }));
    }
  });
});
