// Makes one file of each test, for runtimes that do not know our conditions and have no vitest. The packages stay outside
// of it: what is tested is what is built.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

export const root = resolve(import.meta.dirname, "..");
/** Inside the checkout, because Deno looks for package.json upwards from the program. */
export const out = join(root, ".cache/runtime-tests");

/** RxJS as the built adapter has it: a second copy would have another `config`, and classes that are not the same. */
const rxjs = createRequire(join(root, "packages/adapter-rxjs/package.json"));

const dist = (name, file) => ({ path: pathToFileURL(join(root, "packages", name, "dist", file)).href, external: true });

const packages = {
  name: "packages",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vitest$/ }, () => ({ path: "./vitest.mjs", external: true }));
    onResolve({ filter: /^@curlew\/testkit\/(in|loop)-tests$/ }, ({ path }) => ({
      path: join(root, "packages/testkit/src", basename(path), "index.ts"),
    }));
    onResolve({ filter: /^@curlew\// }, ({ path }) => {
      const [, name, entry = "index"] = path.split("/");
      return dist(name, `${entry}.js`);
    });
    onResolve({ filter: /^rxjs(\/|$)/ }, ({ path }) => ({
      path: pathToFileURL(rxjs.resolve(path)).href,
      external: true,
    }));
    onResolve({ filter: /^curlew$/ }, () => dist("curlew", "index.js"));
    // The entries that know where the native part is; the rest of a package's source may be in the bundle.
    onResolve({ filter: /^(\.\.\/)+src\/(index|binding)\.js$/ }, ({ path, resolveDir }) => {
      const name = basename(resolve(resolveDir, path, "../.."));
      return dist(name, path.endsWith("binding.js") ? "binding.cjs" : "index.js");
    });
    // Tests find their programs beside themselves.
    onLoad({ filter: /packages\/.*\.ts$/ }, ({ path }) => ({
      loader: "ts",
      contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
    }));
  },
};

const common = { bundle: true, format: "esm", platform: "node", target: "node20", logLevel: "warning" };

/** @param files test files, from the root; answers what was made of each. */
export async function bundle(files) {
  const here = import.meta.dirname;
  await build({ ...common, entryPoints: [join(here, "vitest.mjs")], outdir: out, outExtension: { ".js": ".mjs" } });
  await build({
    ...common,
    entryPoints: [join(here, "run-file.mjs")],
    outdir: out,
    outExtension: { ".js": ".mjs" },
    external: ["./vitest.mjs"],
  });
  const named = files.map((file) => ({
    in: join(root, file),
    out: file
      .replace(/^packages\//, "")
      .replaceAll("/", "-")
      .replace(/\.test\.ts$/, ""),
  }));
  await build({ ...common, entryPoints: named, outdir: out, outExtension: { ".js": ".mjs" }, plugins: [packages] });
  return named.map(({ out: name }) => join(out, `${name}.mjs`));
}
