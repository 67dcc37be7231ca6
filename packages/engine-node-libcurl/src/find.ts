import { createRequire } from "node:module";
import { CurlewError, MisuseError } from "@curlew/core";
import type { NodeLibcurl } from "./node-libcurl.js";

/**
 * The node-libcurl that was given, or the one that is installed.
 * @throws MisuseError WRONG_TYPE; CurlewError NO_NODE_LIBCURL
 */
export function findNodeLibcurl(given?: NodeLibcurl): NodeLibcurl {
  const found = given ?? load();
  const { Curl, Easy, Multi } = found;
  for (const [name, value] of Object.entries({ Curl, Easy, Multi }))
    if (typeof value !== "function")
      throw new MisuseError("WRONG_TYPE", `nodeLibcurl takes what node-libcurl exports, and this has no ${name}`);
  return found;
}

/** Why node-libcurl cannot be had here, in words for people; undefined when it can. */
export function nodeLibcurlUnavailable(): string | undefined {
  try {
    findNodeLibcurl();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function load(): NodeLibcurl {
  try {
    return createRequire(import.meta.url)("node-libcurl") as NodeLibcurl;
  } catch (cause) {
    throw new CurlewError("NO_NODE_LIBCURL", why(cause instanceof Error ? cause.message : String(cause)), cause);
  }
}

function why(message: string): string {
  const [first = ""] = message.split("\n");
  if (/Cannot find module 'node-libcurl'/.test(first))
    return "node-libcurl is not installed: `npm install node-libcurl`, or give it as `nodeLibcurl`";
  if (/self-register/.test(first))
    return "node-libcurl cannot be loaded in a worker thread: its addon is for one thread";
  return `node-libcurl is installed and cannot be loaded: ${first}`;
}
