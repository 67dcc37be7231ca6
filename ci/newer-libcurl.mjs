// Prints the path of a libcurl 8.14.1: Debian's bookworm-backports has one, which is unpacked into .cache without root. The
// mirror is the one the machine's own apt uses.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const SUITE = "bookworm-backports";
const VERSION = "8.14.1";
const cache = resolve(import.meta.dirname, "../.cache", `libcurl-${VERSION}`);

const ARCHITECTURES = { x64: ["amd64", "x86_64-linux-gnu"], arm64: ["arm64", "aarch64-linux-gnu"] };
const [architecture, triplet] = ARCHITECTURES[process.arch] ?? [];

/** http://… of the first Debian source apt has, in either format of its files. */
function mirror() {
  const folder = "/etc/apt/sources.list.d";
  const files = [
    "/etc/apt/sources.list",
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  const text = files
    .filter(existsSync)
    .filter((file) => /\.(list|sources)$/.test(file))
    .map((file) => readFileSync(file, "utf8"));
  const found = text.join("\n").match(/^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\/\/\S+\/debian)\/?(?:\s|$)/m);
  if (!found) throw new Error("no Debian mirror among the apt sources of this machine");
  return found[1];
}

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The paragraph about a package in the suite's list. */
async function describe(base, name) {
  const packed = await get(`${base}/dists/${SUITE}/main/binary-${architecture}/Packages.xz`);
  const list = execFileSync("xz", ["-dc"], { input: packed, maxBuffer: 2 ** 28, encoding: "utf8" });
  const paragraph = list
    .split("\n\n")
    .find((text) => text.startsWith(`Package: ${name}\n`) && text.includes(`\nVersion: ${VERSION}`));
  if (!paragraph) throw new Error(`${SUITE} has no ${name} ${VERSION}`);
  return (field) => paragraph.match(new RegExp(`^${field}: (.*)$`, "m"))?.[1];
}

async function download() {
  const base = mirror();
  const field = await describe(base, "libcurl4");
  const deb = await get(`${base}/${field("Filename")}`);
  if (createHash("sha256").update(deb).digest("hex") !== field("SHA256"))
    throw new Error("the package's checksum is wrong");
  const unpacking = `${cache}.${process.pid}`;
  mkdirSync(unpacking, { recursive: true });
  writeFileSync(join(unpacking, "libcurl4.deb"), deb);
  execFileSync("dpkg-deb", ["-x", join(unpacking, "libcurl4.deb"), unpacking]);
  renameSync(unpacking, cache);
}

try {
  if (!architecture) throw new Error(`no package is known for ${process.arch}`);
  if (!existsSync(cache)) await download();
  console.log(join(cache, "usr/lib", triplet, "libcurl.so.4"));
} catch (error) {
  console.error(`newer-libcurl: ${error.message}`);
  process.exitCode = 1;
}
