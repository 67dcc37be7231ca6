import { createClient } from "curlew";

export function open(target, loop) {
  const many = { transfers: 20_000, transfersPerHost: 20_000 };
  const client = createClient({ loop, limits: many });
  const { url, method, body } = prepare(target);
  const curl = optionsOf(target);
  const options = { method, body, curl };
  const streamed = async () => {
    let bytes = 0;
    for await (const chunk of client.request(url, options).body) bytes += chunk.length;
    return bytes;
  };
  const collected = async () => (await client.request(url, options).bytes()).length;
  return {
    request: target.stream ? streamed : collected,
    idle: (idleUrl) => void client.request(idleUrl),
  };
}

export function prepare({ url, method, sentBytes }) {
  return { url, method, body: sentBytes > 0 ? Buffer.alloc(sentBytes, "a") : undefined };
}

/** What of the target is said by options of libcurl. */
export function optionsOf({ caFile, fresh }) {
  const options = {};
  if (caFile) options.CAINFO = caFile;
  if (fresh) Object.assign(options, { FRESH_CONNECT: 1, FORBID_REUSE: 1, SSL_SESSIONID_CACHE: 0 });
  return options;
}
