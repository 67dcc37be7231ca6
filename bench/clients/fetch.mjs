import { bodyOf } from "./undici.mjs";

/** The runtime's own fetch, as it comes. */
export function open(target) {
  const { url, method = "GET", stream, http, fresh } = target;
  if (http === 2 && process.versions.deno === undefined) throw new Error("this runtime's fetch does not speak HTTP/2");
  if (fresh) throw new Error("fetch has no way to ask for a new connection each time");
  const body = bodyOf(target);
  const request = async () => {
    const answer = await fetch(url, { method, body });
    if (!stream) return (await answer.arrayBuffer()).byteLength;
    let bytes = 0;
    for await (const chunk of answer.body) bytes += chunk.length;
    return bytes;
  };
  return { request, idle: (idleUrl) => void fetch(idleUrl) };
}
