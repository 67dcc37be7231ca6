import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { bodyOf } from "./undici.mjs";

/** node:http and node:https with an agent that keeps connections. */
export function open(target) {
  const { url, method, caFile, fresh, stream } = target;
  if (target.http === 2) throw new Error("node:http speaks HTTP/1.1 only");
  const { Agent, request } = url.startsWith("https:") ? https : http;
  const agent = new Agent({
    keepAlive: !fresh,
    ...(caFile && { ca: readFileSync(caFile), ...(fresh && { maxCachedSessions: 0 }) }),
  });
  const body = bodyOf(target);
  const options = { agent, method, headers: body && { "content-length": body.length } };
  const start = (done) => {
    request(url, options, (answer) => (stream ? read(answer, done) : collect(answer, done)))
      .on("error", done)
      .end(body);
  };
  return { start, idle: (idleUrl) => void http.get(idleUrl, { agent: idleAgent }).on("error", () => {}) };
}

const idleAgent = new http.Agent({ keepAlive: true });

export function collect(answer, done) {
  const chunks = [];
  answer.on("data", (chunk) => chunks.push(chunk));
  answer.on("end", () => done(undefined, Buffer.concat(chunks).length));
  answer.on("error", done);
}

export async function read(answer, done) {
  try {
    let bytes = 0;
    for await (const chunk of answer) bytes += chunk.length;
    done(undefined, bytes);
  } catch (error) {
    done(error);
  }
}
