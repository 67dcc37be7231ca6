import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Where `node ci/uws.mjs` puts uWebSockets.js. */
const fetched = fileURLToPath(new URL("../../../.cache/uws-3.0.6/node_modules/uWebSockets.js", import.meta.url));

/** The folder of uWebSockets.js, which neither `npm start` nor `npm test` fetches; undefined: it is not there. */
export function uwsFolder(): string | undefined {
  return [process.env.CURLEW_UWS, fetched].find((folder) => folder && existsSync(folder));
}

/** Why it cannot be used here. */
export function uwsMissing(): string | undefined {
  const folder = uwsFolder();
  if (!folder) return "uWebSockets.js is not there (257 MB; `node ci/uws.mjs` fetches it)";
  try {
    createRequire(import.meta.url)(folder);
    return undefined;
  } catch (error) {
    return `uWebSockets.js does not load here: ${(error as Error).message.trim().split("\n").at(-1)}`;
  }
}
