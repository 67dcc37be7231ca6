import { readFileSync } from "node:fs";

/** undici.request of the given version, with as many connections as there are requests at once: its own default. */
export function open(undici, target) {
  const { url, method = "GET", stream } = target;
  const dispatcher = dispatcherOf(undici, target);
  const body = bodyOf(target);
  const request = async () => {
    const answer = await undici.request(url, { dispatcher, method, body });
    return bytesOf(answer.body, stream);
  };
  return { request, idle: (idleUrl) => void undici.request(idleUrl, { dispatcher }) };
}

export function openFetch(undici, target) {
  const { url, method = "GET", stream } = target;
  const dispatcher = dispatcherOf(undici, target);
  const body = bodyOf(target);
  const request = async () => {
    const answer = await undici.fetch(url, { dispatcher, method, body });
    return bytesOf(answer.body ?? answer, stream && answer.body !== null, () => answer.arrayBuffer());
  };
  return { request, idle: (idleUrl) => void undici.fetch(idleUrl, { dispatcher }) };
}

function dispatcherOf({ Agent }, { caFile, http, fresh }) {
  return new Agent({
    allowH2: http === 2,
    connect: caFile && { ca: readFileSync(caFile), ...(fresh && { maxCachedSessions: 0 }) },
    pipelining: fresh ? 0 : 1, // 0: no keep-alive
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

export function bodyOf({ sentBytes }) {
  return sentBytes > 0 ? Buffer.alloc(sentBytes, "a") : undefined;
}

/** How many bytes the body has, read as a whole or chunk by chunk. */
async function bytesOf(body, stream, whole = () => body.arrayBuffer()) {
  if (!stream) return (await whole()).byteLength;
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}
