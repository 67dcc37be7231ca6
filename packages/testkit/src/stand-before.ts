import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const sources = fileURLToPath(new URL("../libraries", import.meta.url));
const builds = fileURLToPath(new URL("../build/libraries", import.meta.url));

/**
 * The path of a library whose functions come before those of the given libcurl, and of all that libcurl uses. To be loaded
 * like any libcurl, by path or as CURLEW_LIBCURL; the libcurl itself may be loaded, too. Built from libraries/NAME.c at the
 * first use. LD_PRELOAD would do with no library of this kind: it does not reach past RTLD_DEEPBIND.
 */
export function standBefore(libcurl: string, name: string): string {
  const source = join(sources, `${name}.c`);
  const folder = join(builds, `${name}-${digest(libcurl, source, import.meta.filename)}`);
  const library = join(folder, `${name}.so`);
  if (!existsSync(library)) build(libcurl, source, folder, name);
  return library;
}

/** The dynamic linker takes a file it has mapped already, with the names bound in it, for the same library: hence a copy. */
function build(libcurl: string, source: string, folder: string, name: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}-`);
  const stub = join(building, "stub.so");
  copyFileSync(libcurl, join(building, "libcurl.so"));
  // What is linked against a library depends on the name it gives itself. This one gives itself the path of the copy;
  // libcurl's own, "libcurl.so.4", would mean whichever libcurl.so.4 is loaded already, or is the system's.
  compile(["-x", "c", "/dev/null", `-Wl,-soname,${join(folder, "libcurl.so")}`, "-o", stub]);
  compile([source, "-Wl,--no-as-needed", stub, "-ldl", "-o", join(building, `${name}.so`)]);
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
