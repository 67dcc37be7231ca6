import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { collect, read } from "./node-http.mjs";
import { bodyOf } from "./undici.mjs";

/** node:http2: one session, as many streams as there are requests at once. */
export function open(target) {
  const { url, method = "GET", caFile, stream } = target;
  if (target.http !== 2 || target.fresh) throw new Error("node:http2 is for HTTP/2 on one connection");
  const { origin, pathname } = new URL(url);
  const session = connect(origin, { ca: readFileSync(caFile) });
  const body = bodyOf(target);
  const headers = { ":path": pathname, ":method": method };
  const start = (done) => {
    const answer = session.request(headers, { endStream: body === undefined });
    if (body) answer.end(body);
    if (stream) void read(answer, done);
    else collect(answer, done);
  };
  return { start };
}
