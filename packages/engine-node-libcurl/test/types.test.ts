/**
 * What is used of node-libcurl, against what its versions say that they have. Version 5 cannot be built where Curlew is tested:
 * its types are all that is known of it.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { skipWithout } from "./support.js";

beforeEach(skipWithout);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const versions = {
  "4.0.0": ".cache/node-libcurl-4.0.0/node_modules/node-libcurl/dist/index.js",
  "5.1.2": ".cache/node-libcurl-5.1.2/dist/index.js",
};

/** It can be given as it is, and could not if it lacked a call: an error that is expected and does not come is one. */
const program = (file: string) => `import * as theirs from "../../../${file}";
import { createNodeLibcurlEngine, type NodeLibcurl } from "../src/index.js";
createNodeLibcurlEngine({ nodeLibcurl: theirs });
declare const Multi: new () => Omit<InstanceType<typeof theirs.Multi>, "removeHandle">;
declare const Easy: (new () => Omit<InstanceType<typeof theirs.Easy>, "pause">) & { strError(code: number): string };
// @ts-expect-error
export const one: NodeLibcurl = { Curl: theirs.Curl, Easy: theirs.Easy, Multi };
// @ts-expect-error
export const two: NodeLibcurl = { Curl: theirs.Curl, Easy, Multi: theirs.Multi };
`;

it(`of node-libcurl ${Object.keys(versions).join(" and ")} has all that is used`, () => {
  const folder = mkdtempSync(join(root, "packages/engine-node-libcurl/.docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = Object.entries(versions).map(([version, file]) => {
    writeFileSync(join(folder, `${version}.ts`), program(file));
    return join(folder, `${version}.ts`);
  });
  const options =
    "--noEmit --strict --skipLibCheck --target es2023 --module esnext --moduleResolution bundler --types node";
  const { stdout, error } = spawnSync(join(root, "node_modules/.bin/tsc"), [...options.split(" "), ...files], {
    encoding: "utf8",
  });
  expect({ stdout, error }).toEqual({ stdout: "", error: undefined });
});
