import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../root.js";

let used = false;

/** Which file is meant is asked of another process: once a libcurl is loaded here, its names cannot be slowed down any more. */
function resolved(file: string | undefined): string | undefined {
  const engine = pathToFileURL(join(root, "packages/engine-libcurl/dist/index.js")).href;
  const script = `import { loadLibcurl } from "${engine}"; console.log(loadLibcurl(process.argv[1]).path)`;
  const asked = ["--input-type=module", "--no-warnings", "-e", script, ...(file === undefined ? [] : [file])];
  const { status, stdout } = spawnSync(process.execPath, asked, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * A libcurl that looks some names up slowly (native/slow-names.c), in front of that one. undefined where there is no libcurl, no
 * C compiler, and for a second libcurl: both call themselves libcurl.so.4, and the linker would put the first one behind it.
 */
export function slowNames(file: string | undefined): string | undefined {
  if (used || spawnSync("cc", ["--version"]).status !== 0) return undefined;
  const libcurl = resolved(file);
  if (libcurl === undefined) return undefined; // loading it will say why
  used = true;
  const folder = mkdtempSync(join(tmpdir(), "curlew-slow-names-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const made = join(folder, "libcurl-slow-names.so");
  const source = join(root, "trials/native/slow-names.c");
  const linked = ["-Wl,--no-as-needed", libcurl, `-Wl,-rpath,${dirname(libcurl)}`];
  execFileSync("cc", ["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o", made, source, ...linked, "-ldl"]);
  return made;
}
