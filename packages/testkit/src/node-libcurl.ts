import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../../../.cache/node-libcurl-4.0.0", import.meta.url));
const folder = join(cache, "node_modules/node-libcurl");

/** Why node-libcurl cannot be had here: it is built by CI only, from source (ci/node-libcurl.mjs). */
export function nodeLibcurlMissing(): string | undefined {
  const built = join(folder, `lib/binding/.built-for-${process.versions.modules}`);
  return existsSync(built) ? undefined : "node-libcurl is not built for this Node: node ci/node-libcurl.mjs";
}

/** The folder that has it, as `require` takes it. */
export const nodeLibcurlFolder = folder;

/** What it exports. */
export function loadNodeLibcurl(): unknown {
  return createRequire(import.meta.url)(folder);
}
