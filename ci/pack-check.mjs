// Packs every published package and looks at it as a stranger would: publint, attw, and, in an empty folder, import and
// require of each, both in one process. Prints a line for each check; exits 1 if one failed.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const bin = (name) => join(import.meta.dirname, "node_modules/.bin", name);
const { config } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "curlew-pack-"));
let failed = 0;

function check(what, run) {
  try {
    run();
    console.log(`ok: ${what}`);
  } catch (error) {
    failed++;
    console.log(`FAILED: ${what}\n${error.stdout ?? ""}${error.stderr ?? error}`);
  }
}

const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" });

/** Makes another's package, as `source` has it, one of the folder's. */
function borrow(source, name) {
  const to = join(folder, "node_modules", name);
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(realpathSync(join(source, "node_modules", name)), to);
}

const packages = readdirSync(join(root, "packages"))
  .map((name) => ({ name, manifest: JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) }))
  .filter(({ manifest }) => !manifest.private);

for (const { name, manifest } of packages) {
  const source = join(root, "packages", name);
  let tarball;
  check(`${manifest.name}: pnpm pack`, () => {
    tarball = run("npx", ["--yes", `pnpm@${config.pnpm}`, "pack", "--pack-destination", folder], source)
      .trim()
      .split("\n")
      .pop();
  });
  if (!tarball) continue;
  check(`${manifest.name}: publint --strict`, () => run(bin("publint"), ["run", tarball, "--strict"]));
  check(`${manifest.name}: attw`, () => run(bin("attw"), [tarball]));
  const home = join(folder, "node_modules", manifest.name);
  check(`${manifest.name}: unpacks`, () => {
    mkdirSync(home, { recursive: true });
    run("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]);
    // What is not ours, and peers, a user's installer would bring: here it is what the package is developed with.
    const { dependencies, peerDependencies, peerDependenciesMeta = {} } = manifest;
    for (const other of Object.keys({ ...dependencies, ...peerDependencies }))
      if (!packages.some((one) => one.manifest.name === other) && !peerDependenciesMeta[other]?.optional)
        borrow(source, other);
  });
}

const names = JSON.stringify(packages.map(({ manifest }) => manifest.name));
writeFileSync(
  join(folder, "import.mjs"),
  `for (const name of ${names}) if (!Object.keys(await import(name)).length) throw new Error(name);\n`,
);
writeFileSync(
  join(folder, "require.cjs"),
  `for (const name of ${names}) if (!Object.keys(require(name)).length) throw new Error(name);\n`,
);
writeFileSync(
  join(folder, "both.mjs"),
  `import { createServer } from "node:http";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import * as esm from "@curlew/engine-libcurl";
import { CurlewError, Driver } from "@curlew/core";
import { libuvLoop } from "@curlew/adapter-libuv";
const require = createRequire(import.meta.url);
const cjs = require("@curlew/engine-libcurl");
const core = require("@curlew/core");
assert.notEqual(esm.Easy, cjs.Easy);
assert.ok(new core.CurlewError("CLOSED", "") instanceof CurlewError);
assert.equal(cjs.loadLibcurl().path, esm.loadLibcurl().path);
const loaded = (name) => Object.keys(require.cache).filter((file) => file.endsWith(name)).length;
assert.equal(loaded("engine.node"), 1, "one addon");
assert.equal(loaded("binding.cjs"), 1, "one binding");
// A handle of the one copy is transferred by a multi of the other: they share one table of handles.
const server = createServer((request, response) => response.end("hello")).listen(0, "127.0.0.1", () => {
  const driver = new Driver({ engine: new esm.Multi(esm.loadLibcurl()), loop: libuvLoop() });
  const easy = new cjs.Easy(cjs.loadLibcurl());
  let body = "";
  easy.setopt("URL", \`http://127.0.0.1:\${server.address().port}/\`);
  easy.setopt("WRITEFUNCTION", (bytes) => void (body += bytes));
  driver.add(easy, {
    outcome({ error }) {
      assert.equal(error, undefined);
      assert.equal(body, "hello");
      easy.cleanup();
      driver.close();
      server.close();
      server.closeAllConnections();
      console.log("done");
    },
  });
});
`,
);
check("import of each, in an empty folder", () => run(process.execPath, ["import.mjs"]));
check("require of each, in an empty folder", () => run(process.execPath, ["require.cjs"]));
check("both in one process share one binding", () => {
  if (!run(process.execPath, ["both.mjs"]).includes("done")) throw new Error("the transfer did not end");
});
check("curlew doctor, unpacked", () => run(process.execPath, ["node_modules/curlew/dist/cli.js", "doctor"]));

rmSync(folder, { recursive: true, force: true });
process.exitCode = failed > 0 ? 1 : 0;
