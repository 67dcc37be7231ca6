// A reverse proxy: what comes is asked of one server behind it, streamed both ways, as fast as the slower side takes it.
//   node examples/uws-proxy/main.js UPSTREAM [PORT [CA.pem]]      (uWebSockets.js: installed, or its folder in CURLEW_UWS)
// Over https the server is spoken to in HTTP/2, if it and libcurl can: many requests on one connection.
import { bodyOf, endToEnd, findUws, pipeToResponse } from "@curlew/adapter-uws";
import { createClient } from "curlew";

const [, , upstream = "http://127.0.0.1:8080", port = "0", CAINFO] = process.argv;
const { App, us_socket_local_port } = findUws();
const { origin } = new URL(upstream);
const client = createClient({ limits: { transfers: 500, transfersPerHost: 500, queued: 500, headerBytes: 65_536 } });

/** Set by libcurl or answered by uWS. */
const OURS = new Set(["host", "content-length", "expect"]);

const curl = {
  PATH_AS_IS: 1,
  CONNECTTIMEOUT_MS: Number(process.env.CONNECT_TIMEOUT_MS ?? 5000),
  LOW_SPEED_LIMIT: 1, // nothing at all
  LOW_SPEED_TIME: Number(process.env.IDLE_TIMEOUT_S ?? 30),
  ...(CAINFO && { CAINFO }),
};

/** Bytes at once: much costs less CPU, and is as much memory for each that waits for its client, so only the first few have it. */
const FEW = 24;
const sizes = (down, up) => ({
  highWaterBytes: 3 * (down - 16_384), // a read is enough, also the first one, which begins with the head
  sendHighWaterBytes: up,
  curl: { ...curl, BUFFERSIZE: down, UPLOAD_BUFFERSIZE: up },
});
const [roomy, tight] = [sizes(393_216, 524_288), sizes(196_608, 65_536)];
let underWay = 0;

/** Everything of the request is read at once: when this returns, uWS has taken it back. */
function proxy(res, req) {
  const path = req.getUrl();
  if (!path.startsWith("/")) return res.writeStatus("400 Bad Request").end(); // "@elsewhere" would be another host
  const [query, length] = [req.getQuery(), req.getHeader("content-length")];
  const fields = [];
  req.forEach((name, value) => void (OURS.has(name) || fields.push([name, value])));
  const headers = endToEnd(fields);
  addForwarded(headers, res, req);
  const hasBody = length !== "" || req.getHeader("transfer-encoding") !== "";
  try {
    const transfer = client.request(`${origin}${path}${query ? `?${query}` : ""}`, {
      method: req.getCaseSensitiveMethod(),
      headers,
      body: hasBody ? bodyOf(res) : undefined,
      bodySizeBytes: length === "" ? undefined : Number(length),
      redirect: "manual",
      decompress: false, // what is encoded stays so
      ...(underWay < FEW ? roomy : tight),
    });
    underWay++;
    pipeToResponse(transfer, res).then(({ how, error }) => {
      underWay--;
      if (how !== "done") console.error(how, error?.message);
    });
  } catch (error) {
    res.writeStatus("400 Bad Request").end(error.message); // TRACE, names of fields that are none
  }
}

/** RFC 7239, and what is more usual. */
function addForwarded(headers, res, req) {
  const [ip, host] = [Buffer.from(res.getRemoteAddressAsText()).toString("latin1"), req.getHeader("host")];
  const by = `for=${ip.includes(":") ? `"[${ip}]"` : ip};host=${JSON.stringify(host)};proto=http`;
  headers.push(["forwarded", by], ["x-forwarded-for", ip], ["x-forwarded-host", host], ["x-forwarded-proto", "http"]);
}

App()
  .any("/*", proxy)
  .listen("127.0.0.1", Number(port), (socket) => console.log(`http://127.0.0.1:${us_socket_local_port(socket)}`));
