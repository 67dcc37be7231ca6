import { existsSync, realpathSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { CurlewError, MisuseError } from "@curlew/core";
import { typeOf } from "./option-values.js";

/** Debian names the builds by their TLS library; libcurl.so.4 is the one with OpenSSL. */
const NAMES = ["libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4", "libcurl.so"];

const TRIPLETS: Record<string, string> = {
  x64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
  arm: "arm-linux-gnueabihf",
  riscv64: "riscv64-linux-gnu",
  ppc64: "powerpc64le-linux-gnu",
  s390x: "s390x-linux-gnu",
};

function folders(): string[] {
  const asked = (process.env.LD_LIBRARY_PATH ?? "").split(":").filter((folder) => folder !== "");
  const triplet = TRIPLETS[process.arch];
  const multiarch = triplet ? [`/lib/${triplet}`, `/usr/lib/${triplet}`] : [];
  return [...asked, "/usr/local/lib", ...multiarch, "/lib64", "/usr/lib64", "/lib", "/usr/lib"];
}

/**
 * The file to load: `path`, else CURLEW_LIBCURL, else the first of the usual names in the usual folders.
 *
 * Always a resolved path, never a bare name: once a libcurl was loaded by path, the dynamic linker answers a bare
 * "libcurl.so.4" with that one instead of the system's, as both call themselves so.
 */
export function findLibcurl(path: string | undefined): string {
  if (path !== undefined && typeof path !== "string")
    throw new MisuseError("WRONG_TYPE", `libcurl takes the path of a file, not ${typeOf(path)}`);
  const asked = path ?? process.env.CURLEW_LIBCURL;
  if (asked === undefined || asked === "") return search(NAMES);
  if (!asked.includes("/")) return search([asked]);
  const file = isAbsolute(asked) ? asked : resolve(asked);
  if (existsSync(file)) return realpathSync(file);
  const asker = path === undefined ? "CURLEW_LIBCURL names" : "the caller named";
  throw new CurlewError("NO_LIBCURL", `${asker} the libcurl ${file}, and there is no such file`);
}

function search(names: readonly string[]): string {
  const places = folders();
  for (const name of names)
    for (const folder of places) {
      const file = join(folder, name);
      if (existsSync(file)) return realpathSync(file);
    }
  throw new CurlewError(
    "NO_LIBCURL",
    `no libcurl was found: looked for ${names.join(", ")} in ${places.join(", ")}. Install one (Debian and Ubuntu: ` +
      "`apt install libcurl4`, Fedora: `dnf install libcurl`), or name its file in CURLEW_LIBCURL.",
  );
}
