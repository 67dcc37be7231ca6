/** Names that files get from URLs. */
import { describe, expect, it } from "vitest";
import { fileNameOf, fileNamesOf } from "../src/cli/names.js";

describe("the name from a URL", () => {
  const cases: [url: string, name: string][] = [
    ["http://h/a/b.zip", "b.zip"],
    ["http://h/a/b.zip?x=/y#/z", "b.zip"],
    ["h/b", "b"],
    ["http://h", "curl_response"],
    ["http://h/", "curl_response"],
    ["http://h/a/", "curl_response"],
    ["h", "curl_response"],
    ["http://h/..", "curl_response"],
    ["http://h/%2e%2e", "curl_response"],
    ["http://h/%2e%2e%2f%2e%2e%2fetc%2fpasswd", ".._.._etc_passwd"],
    ["http://h/..%5C..%5Cx", ".._.._x"],
    ["http://h/a%00b", "a_b"],
    ["http://h/%1b%5B31mred", "_[31mred"],
    ["http://h/h%C3%A9.txt", "hé.txt"],
    ["http://h/100%.txt", "100%.txt"],
    ["http://h/%ff", "%ff"],
    ["http://h/con", "_con"],
    ["http://h/NUL.txt", "_NUL.txt"],
    ["http://h/console", "console"],
    ["http://h/ends.%20.", "ends"],
    ["http://h/a:b*c", "a_b_c"],
    ["http://h/gpj%E2%80%AEexe", "gpj_exe"],
  ];
  for (const [url, name] of cases) it(`${url}: ${name}`, () => expect(fileNameOf(url)).toBe(name));

  it("never leads anywhere, whatever the URL", () => {
    const pieces = [
      "%2f",
      "%2F",
      "..",
      ".",
      "%5c",
      "%00",
      "%0a",
      "con",
      "é",
      "%c3%a9",
      "%e2%80%ae",
      "%",
      " ",
      "~",
      "nul",
    ];
    for (let i = 0; i < 20_000; i++) {
      const tail = Array.from({ length: 4 }, (_, k) => pieces[(i * 7 + k * (i % 11) + (i >> (k * 2))) % pieces.length]);
      const name = fileNameOf(`http://h/${tail.join("")}`);
      expect(name).not.toMatch(/[/\\\0-\x1f]|^\.{0,2}$|[. ]$|^(con|nul)(\.|$)/i);
    }
  });

  it("has room for a number and the endings of a part, at whole characters", () => {
    const name = fileNameOf(`http://h/${"é".repeat(300)}.tar`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toMatch(/^é+\.tar$/);
    expect(fileNameOf(`http://h/${"😀".repeat(100)}`)).toMatch(/^(😀){50}$/u);
  });
});

describe("names of several", () => {
  it("the second has a number, whatever its case", () => {
    expect(fileNamesOf(["h/a", "i/a", "h/A", "h/b"])).toEqual(["a", "a.1", "A.2", "b"]);
    expect(fileNamesOf(["h/a.1", "h/a", "h/a"])).toEqual(["a.1", "a", "a.2"]);
  });

  it("none is what another is called while it is not whole", () => {
    expect(fileNamesOf(["h/a", "h/a.part", "h/a.part.json"])).toEqual(["a", "a.part.1", "a.part.json.1"]);
    expect(fileNamesOf(["h/a.part", "h/a"])).toEqual(["a.part", "a.1"]);
  });
});
