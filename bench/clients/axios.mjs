import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import axios from "axios";
import { bodyOf } from "./undici.mjs";

export function open(target) {
  const { url, method, caFile, fresh, stream } = target;
  if (target.http === 2) throw new Error("axios speaks HTTP/1.1 only");
  const body = bodyOf(target);
  const client = axios.create({
    httpAgent: new http.Agent({ keepAlive: !fresh }),
    httpsAgent: new https.Agent({ keepAlive: !fresh, ca: caFile && readFileSync(caFile) }),
    responseType: stream ? "stream" : "arraybuffer",
    maxBodyLength: Number.POSITIVE_INFINITY,
    headers: body && { "content-type": "application/octet-stream" },
  });
  const request = async () => {
    const { data } = await client.request({ url, method, data: body });
    if (!stream) return data.length;
    let bytes = 0;
    for await (const chunk of data) bytes += chunk.length;
    return bytes;
  };
  return { request, idle: (idleUrl) => void client.get(idleUrl) };
}
