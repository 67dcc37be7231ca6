// The runtimes: the Node this runs on, and those of versions.json, each unpacked by npm into .cache, outside the workspace,
// when it is first asked for.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const cache = resolve(import.meta.dirname, "../.cache/runtimes");

/** What each needs in front of the program's file. */
const FLAGS = {
  node: ["--expose-gc", "--disable-warning=CURLEW_LIBCURL"],
  bun: [],
  // What Deno documents for addons: --allow-ffi, and a local node_modules; the tests also read, listen and start programs.
  deno: ["run", "--allow-all", "--node-modules-dir=manual", "--v8-flags=--expose-gc"],
};

/** "node 22.23.3" and what starts it, for each; none is fetched by this. */
export const runtimes = [
  { name: "node", version: process.versions.node, here: true },
  ...JSON.parse(readFileSync(join(import.meta.dirname, "versions.json"), "utf8")),
].map((entry) => ({ ...entry, title: `${entry.name} ${entry.version}`, flags: FLAGS[entry.name] }));

/** The runtime's executable, fetched if need be. */
export function executable(runtime) {
  if (runtime.here) return process.execPath;
  const { package: name, version, file } = runtime;
  const folder = join(cache, `${runtime.name}-${version}`);
  const found = join(folder, "node_modules", name, file);
  if (!existsSync(found)) {
    process.stderr.write(`fetching ${runtime.title}\n`);
    mkdirSync(folder, { recursive: true });
    const options = [
      "--no-save",
      "--no-package-lock",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ];
    execFileSync("npm", ["install", "--prefix", folder, ...options, `${name}@${version}`], { stdio: "pipe" });
  }
  return found;
}
