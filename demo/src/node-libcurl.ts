import type { NodeLibcurl } from "@curlew/engine-node-libcurl";
import { loadNodeLibcurl, nodeLibcurlMissing } from "@curlew/testkit";
import type { Loop } from "./row.js";

/** Transfers by the node-libcurl that CI builds in this checkout, on the loop it has for itself; or why there are none. */
export function nodeLibcurlLoop(): Loop | string {
  const missing = nodeLibcurlMissing();
  if (missing !== undefined) return missing;
  return { name: "node-libcurl", engine: "node-libcurl", nodeLibcurl: loadNodeLibcurl() as NodeLibcurl };
}
