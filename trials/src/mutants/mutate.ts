/** Broken copies of the driver and of the simulated loop: one edit in the source, compiled, loaded beside the real ones. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
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
const CORE = "core/src";
const KERNEL = "adapter-epoll-sim/src/kernel";
const LOOP = "adapter-epoll-sim/src/loop";

function compile(source: string, file: string): string {
  const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions: options, fileName: file }).outputText;
}

/** What is compiled of a folder of sources and those in it, by file name. */
function compiled(folder: string): ReadonlyMap<string, string> {
  const all = readdirSync(join(packages, folder), { recursive: true, encoding: "utf8" });
  const names = all.filter((name) => name.endsWith(".ts"));
  return new Map(names.map((name) => [name, compile(readFileSync(join(packages, folder, name), "utf8"), name)]));
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

interface Sound {
  readonly files: Readonly<Record<string, ReadonlyMap<string, string>>>;
  readonly folder: string;
}

let sound: Sound | undefined;

/** The sound ones, which each mutant is loaded beside: written once. */
function soundOnes(): Sound {
  if (sound) return sound;
  const folder = mkdtempSync(join(tmpdir(), "curlew-mutants-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const files: Sound["files"] = { [CORE]: compiled(CORE), [KERNEL]: compiled(KERNEL), [LOOP]: compiled(LOOP) };
  sound = { files, folder };
  for (const name of [CORE, KERNEL, LOOP])
    write(join(folder, "sound"), name, files[name] as ReadonlyMap<string, string>);
  return sound;
}

/** Imports of other packages are those of the sound ones. */
function write(to: string, folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, text] of files) {
    const linked = text
      .replaceAll('"@curlew/core"', JSON.stringify(href("sound", CORE)))
      .replaceAll('"../kernel/index.js"', JSON.stringify(href("sound", KERNEL)));
    mkdirSync(join(to, folder, dirname(name)), { recursive: true });
    writeFileSync(join(to, folder, name.replace(/\.ts$/, ".js")), linked);
  }
}

function href(which: string, folder: string): string {
  return pathToFileURL(join((sound as Sound).folder, which, folder, "index.js")).href;
}

let mutants = 0;

/** Loads the mutant; `dispose` removes what was written for it. */
export async function load(mutation: Mutation): Promise<Mutant & { dispose(): void }> {
  const { files, folder } = soundOnes();
  const changed = dirname(mutation.file);
  const which = `mutant-${++mutants}`;
  const text = edited(mutation);
  write(join(folder, which), changed, new Map(files[changed]).set(basename(mutation.file), text));
  const from = async (name: string): Promise<unknown> =>
    import(/* @vite-ignore */ href(name === changed ? which : "sound", name));
  return {
    core: (await from(CORE)) as typeof Core,
    kernel: (await from(KERNEL)) as typeof Kernel,
    loop: (await from(LOOP)) as typeof Loop,
    dispose: () => rmSync(join(folder, which), { recursive: true, force: true }),
  };
}
