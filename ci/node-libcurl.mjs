// Prints the folder of node-libcurl 4.0.0, compiled here into .cache against the machine's libcurl when it is first asked for.
// Its own install script would fetch a binary that somebody else made: it is not run. Node's headers are those beside the
// running Node; libcurl's are the machine's, or those of Debian's package, unpacked without root. Version 5 wants a newer Node and
// libcurl than Debian 12 has: of it only the published types are fetched.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const VERSION = "4.0.0";
const TYPES = "5.1.2";
const cache = resolve(import.meta.dirname, "../.cache", `node-libcurl-${VERSION}`);
const folder = join(cache, "node_modules/node-libcurl");
// One binary for each Node: the addon is made of V8's own headers.
const stamp = join(folder, `lib/binding/.built-for-${process.versions.modules}`);

const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });

function fetchSources() {
  const options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", ["install", "--prefix", cache, ...options, `node-libcurl@${VERSION}`]);
}

function fetchTypes() {
  const to = resolve(cache, `../node-libcurl-${TYPES}`);
  if (existsSync(to)) return;
  const unpacking = `${to}.${process.pid}`;
  mkdirSync(unpacking, { recursive: true });
  run("npm", ["pack", `node-libcurl@${TYPES}`, "--silent"], unpacking);
  run("tar", ["-xzf", `node-libcurl-${TYPES}.tgz`, "--strip-components=1"], unpacking);
  renameSync(unpacking, to);
}

function downloadHeaders(folder) {
  const download = () => run("apt-get", ["download", "libcurl4-openssl-dev"], folder);
  try {
    download();
  } catch {
    run("apt-get", ["update", "-qq"]); // there may be no lists yet; root can get them
    download();
  }
}

/** The folder that has curl/curl.h. */
function libcurlHeaders() {
  const below = (root) =>
    [...readdirSync(join(root, "usr/include")), "."].map((name) => join(root, "usr/include", name));
  const found = (root) =>
    existsSync(join(root, "usr/include")) && below(root).find((at) => existsSync(join(at, "curl/curl.h")));
  const unpacked = join(cache, "headers");
  const here = found("/") || found(unpacked);
  if (here) return here;
  mkdirSync(unpacked, { recursive: true });
  downloadHeaders(unpacked);
  run("dpkg-deb", ["-x", readdirSync(unpacked).find((name) => name.endsWith(".deb")), unpacked], unpacked);
  return found(unpacked);
}

function compile() {
  const nodeHome = resolve(dirname(process.execPath), "..");
  const gyp = createRequire(join(folder, "package.json")).resolve("node-gyp/bin/node-gyp.js");
  run(
    process.execPath,
    [
      gyp,
      "rebuild",
      `--nodedir=${nodeHome}`,
      "--module_name=node_libcurl",
      `--module_path=${join(folder, "lib/binding")}`,
      `--curl_include_dirs=${libcurlHeaders()}`,
      // The name and not a file: the machine's own is found when it is loaded.
      "--curl_libraries=-l:libcurl.so.4",
    ],
    folder,
  );
}

try {
  if (process.platform !== "linux") throw new Error(`it is built on Linux only, not on ${process.platform}`);
  if (!existsSync(folder)) fetchSources();
  if (!existsSync(stamp)) {
    compile();
    rmSync(join(folder, "build"), { recursive: true, force: true });
    mkdirSync(stamp);
  }
  fetchTypes();
  console.log(folder);
} catch (error) {
  console.error(`node-libcurl: ${error.message}\n${error.stderr ?? ""}`);
  process.exitCode = 1;
}
