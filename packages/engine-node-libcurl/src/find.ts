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

/**
 * Of the node-libcurl that is installed, and of the libcurl it was linked with: "4.0.0" and "7.88.1".
 * @throws CurlewError NO_NODE_LIBCURL
 */
export function nodeLibcurlVersions(given?: NodeLibcurl): { readonly version: string; readonly libcurl: string } {
  const { Curl } = findNodeLibcurl(given);
  return { version: Curl.defaultUserAgent.replace(/^node-libcurl\//, ""), libcurl: libcurlVersion(Curl.getVersion()) };
}

/** "7.88.1", of "libcurl/7.88.1 OpenSSL/3.0.19 ...". */
export function libcurlVersion(text: string): string {
  return /^libcurl\/([\d.]+)/.exec(text)?.[1] ?? "0.0.0";
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
