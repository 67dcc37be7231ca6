/** docs/from-node-libcurl.md: each line is run on both sides, and they give the same. */
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { libuvLoop } from "@curlew/adapter-libuv";
import { Driver } from "@curlew/core";
import * as engine from "@curlew/engine-libcurl";
import { loadNodeLibcurl, nodeLibcurlMissing } from "@curlew/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as curlew from "../src/index.js";
import { turns, useServer } from "./support.js";

const server = useServer();
const page = readFileSync(new URL("../../../docs/from-node-libcurl.md", import.meta.url), "utf8");
const library = engine.loadLibcurl(); // first: what is loaded after it uses the same

type Scope = Record<string, unknown>;
const AsyncFunction = (async () => {}).constructor as new (
  ...code: string[]
) => (...args: unknown[]) => Promise<unknown>;

/** What an expression gives in a scope. */
function evaluate(code: string, scope: Scope): Promise<unknown> {
  return new AsyncFunction(...Object.keys(scope), `return ${code}`)(...Object.values(scope));
}

/** What a block of the page declares. */
function declared(side: "left" | "right", scope: Scope): Promise<unknown> {
  const [, code = ""] = new RegExp(`^\`\`\`js ${side}\\n(.*?)^\`\`\`$`, "ms").exec(page) ?? [];
  const names = [...code.matchAll(/^const (\w+)/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(1);
  return new AsyncFunction(...Object.keys(scope), `${code}\nreturn { ${names.join(", ")} };`)(...Object.values(scope));
}

interface Line {
  readonly section: string;
  readonly theirs: string;
  readonly ours: string;
}

const lines: Line[] = page.split(/^## /m).flatMap((part) => {
  const section = part.split("\n", 1)[0] ?? "";
  const rows = [...part.matchAll(/^\| `(.+?)` +\| `(.+?)` +\|/gm)];
  return rows.map(([, theirs = "", ours = ""]) => ({ section, theirs, ours }));
});

let left: Scope = {};
let right: Scope = {};

beforeAll(async () => {
  if (nodeLibcurlMissing() !== undefined) return;
  const { http: base, https, caFile } = server.current;
  const { port } = new URL(base);
  const common = {
    base,
    caFile,
    url: `${base}/redirect/0`,
    moved: `${base}/redirect/2`,
    echo: `${base}/echo`,
    big: `${base}/bytes/1000000`,
    silent: `${base}/hang`,
    secure: `${https}/redirect/0`,
    refused: "http://127.0.0.1:1/",
    named: `http://some.test:${port}/redirect/0`,
    resolved: `some.test:${port}:127.0.0.1`,
    text,
    Readable,
    readFileSync,
  };
  left = { ...common, ...(loadNodeLibcurl() as Scope) };
  right = { ...common, ...engine, ...curlew, Driver, libuvLoop };
  left = { ...left, ...((await declared("left", left)) as Scope) };
  right = { ...right, ...((await declared("right", right)) as Scope) };
});

beforeEach((context) => {
  const missing = nodeLibcurlMissing();
  if (missing !== undefined) context.skip(missing);
});

it("has lines on all that node-libcurl exports for making requests", () => {
  const sections = new Set(lines.map(({ section }) => section));
  expect([...sections]).toEqual(["curly", "Curl", "Easy", "Multi", "Share", "Options"]);
  const cells = page.match(/^\| `.*\|$/gm) ?? [];
  expect(lines).toHaveLength(cells.length);
  expect(lines.length).toBeGreaterThan(50);
});

describe.each([...new Set(lines.map(({ section }) => section))])("%s", (section) => {
  for (const { theirs, ours } of lines.filter((line) => line.section === section))
    it(theirs, async (context) => {
      if (ours === "library.version" && process.env.CURLEW_LIBCURL) context.skip("two libcurls are at hand");
      const value = await evaluate(ours, right);
      expect(value).not.toBeUndefined();
      expect(await evaluate(theirs, left)).toEqual(value);
      // What waits for a callback of node-libcurl goes on inside libcurl, which would take no other handle now.
      await turns(1);
      if (ours === "library.version") expect(value).toBe(library.version);
    });
});
