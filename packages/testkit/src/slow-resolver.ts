import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A name that is being resolved for as long as the process lives. */
export const neverResolved = "never.slow-resolver.test";

/** A name that is 127.0.0.1 once it has been resolved for that long. */
export function resolvedAfter(ms: number): string {
  return `${ms}.slow-resolver.test`;
}

const source = fileURLToPath(new URL("../libraries/slow-resolver.c", import.meta.url));
const builds = fileURLToPath(new URL("../build/slow-resolver", import.meta.url));

/**
 * The path of a library that is the given libcurl with a getaddrinfo of ours before the system's: see its source for the
 * names it knows. To be loaded like any libcurl, by path or as CURLEW_LIBCURL; the libcurl itself may be loaded, too.
 * Built at the first use. LD_PRELOAD would do with no library of this kind: it does not reach past RTLD_DEEPBIND.
 */
export function slowResolver(libcurl: string): string {
  const folder = join(builds, digest(libcurl, source, import.meta.filename));
  const library = join(folder, "slow-resolver.so");
  if (!existsSync(library)) build(libcurl, folder);
  return library;
}

/** The dynamic linker takes a file it has mapped already, with the names bound in it, for the same library: hence a copy. */
function build(libcurl: string, folder: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}-`);
  const stub = join(building, "stub.so");
  copyFileSync(libcurl, join(building, "libcurl.so"));
  // What is linked against a library depends on the name it gives itself. This one gives itself the path of the copy;
  // libcurl's own, "libcurl.so.4", would mean whichever libcurl.so.4 is loaded already, or is the system's.
  compile(["-x", "c", "/dev/null", `-Wl,-soname,${join(folder, "libcurl.so")}`, "-o", stub]);
  compile([source, "-Wl,--no-as-needed", stub, "-ldl", "-o", join(building, "slow-resolver.so")]);
  try {
    renameSync(building, folder);
  } catch (error) {
    rmSync(building, { recursive: true });
    if (!existsSync(folder)) throw error; // else another process was faster
  }
}

function compile(args: readonly string[]): void {
  execFileSync(process.env.CC ?? "cc", ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", ...args]);
}

function digest(...files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
