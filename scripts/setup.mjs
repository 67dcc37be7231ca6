// Makes the checkout ready: packages, native builds, TypeScript builds. Does only what changed since the last time.
//   node scripts/setup.mjs         what `npm start` and `npm test` need
//   node scripts/setup.mjs --ci    also what only CI needs: linter and package checks
//   node scripts/setup.mjs --bench also what only `npm run bench` needs: the peers
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildNative } from "./build-native.mjs";

process.chdir(join(import.meta.dirname, ".."));

/** Folder and name of each native part. */
const NATIVE = [
  ["packages/engine-libcurl", "engine"],
  ["packages/adapter-libuv", "libuv"],
  ["packages/adapter-epoll", "epoll"],
  ["packages/testkit", "testkit"],
];

/** What is built from TypeScript; each group needs those before it. */
const BUILT = [
  ["packages/core", "packages/testkit"],
  [
    "packages/engine-libcurl",
    "packages/engine-node-libcurl",
    "packages/adapter-libuv",
    "packages/adapter-epoll",
    "packages/adapter-epoll-sim",
    "packages/adapter-rxjs",
    "packages/adapter-uws",
    "packages/conformance",
  ],
  ["packages/curlew", "trials"],
  ["demo"],
];

/** Members that are installed when they are asked for, by the option of that name. */
const EXTRAS = ["ci", "bench"];

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function digest(files, ...words) {
  const hash = createHash("sha256").update(JSON.stringify(words));
  for (const file of files) hash.update(file).update("\0").update(readFileSync(file));
  return hash.digest("hex");
}

/** Runs `work` unless the stamp says that it was done for the same input. */
async function whenChanged(stamp, input, what, work) {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === input) return;
  process.stderr.write(`setup: ${what}\n`);
  rmSync(stamp, { force: true });
  await work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, input);
}

function run(command, args, cwd = ".") {
  return new Promise((resolve, reject) => {
    let said = "";
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`${command} ${args.join(" ")}\n${said}`))));
  });
}

async function install(asked) {
  const manifests = [
    "package.json",
    "pnpm-workspace.yaml",
    "pnpm-lock.yaml",
    ...["demo", "examples", "trials", "runtimes", ...EXTRAS].map((folder) => `${folder}/package.json`),
  ];
  const packages = readdirSync("packages").map((name) => `packages/${name}/package.json`);
  const input = digest([...manifests, ...packages].filter(existsSync));
  const stamp = "node_modules/.curlew-install";
  // What was asked for once stays, as long as nothing has changed.
  const [installed, ...there] = existsSync(stamp) ? readFileSync(stamp, "utf8").split(" ") : [];
  const wanted = EXTRAS.filter((extra) => asked.includes(extra) || (installed === input && there.includes(extra)));
  // Pinned here and not as `packageManager`: pnpm would want to fetch itself by that, from wherever it thinks it must.
  const pnpm = `pnpm@${JSON.parse(readFileSync("package.json", "utf8")).config.pnpm}`;
  const left = EXTRAS.filter((extra) => !wanted.includes(extra)).flatMap((extra) => ["--filter", `!@curlew/${extra}`]);
  await whenChanged(stamp, [input, ...wanted].join(" "), `installing packages with ${pnpm}`, () =>
    run("npx", ["--yes", pnpm, "install", "--frozen-lockfile", ...left]),
  );
}

async function buildNatives() {
  for (const [folder, name] of NATIVE) {
    const { CC = "", CURLEW_CFLAGS = "", CURLEW_STRICT = "" } = process.env;
    const sources = [...filesIn(join(folder, "native")), "scripts/build-native.mjs"];
    const input = digest(sources, process.version, process.arch, CC, CURLEW_CFLAGS, CURLEW_STRICT);
    await whenChanged(join(folder, "build/.stamp"), input, `compiling ${folder}`, () => buildNative(folder, name));
  }
}

async function buildTypeScript() {
  let before = [];
  for (const group of BUILT) {
    const inputs = group.map((folder) => {
      const files = [...filesIn(join(folder, "src")), join(folder, "package.json"), join(folder, "tsup.config.ts")];
      return digest([...files, "tsup.base.ts", "tsconfig.base.json", "pnpm-lock.yaml"], before);
    });
    await Promise.all(
      group.map((folder, i) =>
        whenChanged(join(folder, "dist/.stamp"), inputs[i], `building ${folder}`, () => {
          rmSync(join(folder, "dist"), { recursive: true, force: true });
          return run(join(process.cwd(), "node_modules/.bin/tsup"), [], folder);
        }),
      ),
    );
    before = [...before, ...inputs];
  }
}

try {
  await install(EXTRAS.filter((extra) => process.argv.includes(`--${extra}`)));
  await buildNatives();
  await buildTypeScript();
} catch (error) {
  process.stderr.write(`setup failed: ${error.message}\n`);
  process.exitCode = 1;
}
