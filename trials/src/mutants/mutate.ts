/** Broken copies of the driver and of the simulated loop: one edit in the source, compiled, loaded beside the real ones. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Kernel from "@curlew/adapter-epoll-sim/kernel";
import type * as Loop from "@curlew/adapter-epoll-sim/loop";
import type * as Core from "@curlew/core";
import ts from "typescript";
import { root } from "../root.js";

/** One mistake. */
export interface Mutation {
  readonly name: string;
  /** The rule it breaks. */
  readonly rule: string;
  /** From the packages' folder, such as "core/src/driver.ts". */
  readonly file: string;
  /** It shows only where the engine does what no libcurl does: for the conformance suite alone. */
  readonly unseenBySimulation?: true;
  /** What is replaced by what; each must be there exactly once. */
  readonly edits: readonly (readonly [find: string, replace: string])[];
}

export interface Mutant {
  readonly core: typeof Core;
  readonly kernel: typeof Kernel;
  readonly loop: typeof Loop;
}

const packages = join(root, "packages");
const FOLDERS = ["core/src", "core/src/client", "adapter-epoll-sim/src/kernel", "adapter-epoll-sim/src/loop"];

let compiled: ReadonlyMap<string, string> | undefined;

function compile(source: string, file: string): string {
  const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(source, { compilerOptions: options, fileName: file });
  return outputText.replaceAll('"@curlew/core"', '"../../../core/src/index.js"');
}

function sources(): ReadonlyMap<string, string> {
  compiled ??= new Map(
    FOLDERS.flatMap((folder) => readdirSync(join(packages, folder)).map((name) => `${folder}/${name}`))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => [file, compile(readFileSync(join(packages, file), "utf8"), file)]),
  );
  return compiled;
}

function edited({ name, file, edits }: Mutation): string {
  let source = readFileSync(join(packages, file), "utf8");
  for (const [find, replace] of edits) {
    const found = source.split(find).length - 1;
    if (found !== 1) throw new Error(`mutant "${name}": ${found} places in ${file} are ${JSON.stringify(find)}`);
    source = source.replace(find, () => replace);
  }
  return compile(source, file);
}

/** Loads the mutant; `dispose` removes what was written for it. */
export async function load(mutation: Mutation): Promise<Mutant & { dispose(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "curlew-mutant-"));
  const all = new Map(sources()).set(mutation.file, edited(mutation));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const [file, text] of all) {
    const out = join(folder, file.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, text);
  }
  const from = async (file: string): Promise<unknown> =>
    import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href);
  return {
    core: (await from("core/src/index.js")) as typeof Core,
    kernel: (await from("adapter-epoll-sim/src/kernel/index.js")) as typeof Kernel,
    loop: (await from("adapter-epoll-sim/src/loop/index.js")) as typeof Loop,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
