// Prints the folder of uWebSockets.js, which npm unpacks into .cache when it is first asked for: 257 MB, for the tests of
// adapter-uws and nothing else. The original is not on npm; this is a third party's copy of it, pinned, and no user's.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

const VERSION = "3.0.6";
const cache = resolve(import.meta.dirname, "../.cache", `uws-${VERSION}`);
const folder = join(cache, "node_modules/uWebSockets.js");
const OPTIONS = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

try {
  if (!existsSync(join(folder, "uws.js"))) {
    mkdirSync(cache, { recursive: true });
    const name = `uWebSockets.js@npm:uwebsockets@${VERSION}`;
    execFileSync("npm", ["install", "--prefix", cache, ...OPTIONS, name], { stdio: ["ignore", "ignore", "pipe"] });
  }
  console.log(folder);
} catch (error) {
  console.error(`uws: ${error.message}`);
  process.exitCode = 1;
}
