// Compiles a package's native/*.c into build/<platform>-<arch>/<name>.node:
//   node scripts/build-native.mjs PACKAGE-FOLDER NAME
// Two plain compiler calls' worth of work, so that nothing has to be downloaded: Node's headers are those beside the
// running Node, or, where libuv is not needed, those of the package node-api-headers.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const FLAGS = ["-std=gnu11", "-O2", "-g", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra"];
// Once loaded it stays: a worker that ends must not unmap what libcurl's threads, or the next worker, still use.
const LINKING = ["-Wl,-z,nodelete", "-pthread", "-ldl"];

export function buildNative(folder, name) {
  if (process.platform !== "linux")
    throw new Error(`Curlew's native parts are built on Linux only, not on ${process.platform}`);
  const sources = join(folder, "native");
  const files = readdirSync(sources).filter((file) => file.endsWith(".c"));
  const out = join(folder, "build", `${process.platform}-${process.arch}`);
  mkdirSync(out, { recursive: true });
  const needsLibuv = files.some((file) => readFileSync(join(sources, file), "utf8").includes("<uv.h>"));
  const strict = process.env.CURLEW_STRICT ? ["-Werror"] : [];
  const extra = (process.env.CURLEW_CFLAGS ?? "").split(" ").filter(Boolean);
  const compiler = process.env.CC ?? "cc";
  const args = [...FLAGS, ...strict, ...extra, `-I${headers(needsLibuv)}`, "-o", join(out, `${name}.node`)];
  const { error, status } = spawnSync(compiler, [...args, ...files.map((file) => join(sources, file)), ...LINKING], {
    stdio: "inherit",
  });
  if (error) throw new Error(`no C compiler: ${compiler} could not be run (${error.message}). Install gcc, or set CC.`);
  if (status !== 0) throw new Error(`${compiler} failed on ${sources}`);
}

function headers(needsLibuv) {
  const beside = resolve(dirname(process.execPath), "..", "include", "node");
  if (existsSync(join(beside, "node_api.h")) && (!needsLibuv || existsSync(join(beside, "uv.h")))) return beside;
  if (!needsLibuv) return createRequire(import.meta.url)("node-api-headers").include_dir;
  throw new Error(`libuv's header is wanted and not in ${beside}, where Node's own installation has it`);
}

if (process.argv[1] === import.meta.filename) buildNative(resolve(process.argv[2]), process.argv[3]);
