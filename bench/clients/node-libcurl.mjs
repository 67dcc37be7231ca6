import { loadNodeLibcurl, nodeLibcurlMissing } from "@curlew/testkit";

/** curly, node-libcurl's own way for a request that is promised. */
export async function open(target) {
  const { curly } = await load();
  const { url, method, caFile, fresh, stream, sentBytes } = target;
  if (stream || sentBytes > 0) throw new Error("not written for curly: it streams through its own class");
  const options = {
    curlyResponseBodyParser: false,
    ...(caFile && { CAINFO: caFile }),
    ...(method && { CUSTOMREQUEST: method }),
  };
  if (target.http === 1) options.HTTP_VERSION = 2;
  if (fresh) Object.assign(options, { FRESH_CONNECT: 1, FORBID_REUSE: 1 });
  return {
    request: async () => (await curly.get(url, options)).data.length,
    idle: (idleUrl) => void curly.get(idleUrl),
  };
}

/** The one that can be imported from here, else the one that `node ci/node-libcurl.mjs` has built. */
async function load() {
  try {
    return await import("node-libcurl");
  } catch {
    const missing = nodeLibcurlMissing();
    if (missing === undefined) return loadNodeLibcurl();
    throw new Error(missing);
  }
}
