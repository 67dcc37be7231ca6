// Aborts a transfer whose name takes that many ms to be looked up. Prints when that was told, how long the loop stood still, when
// the client was closed, and how many requests the server of that name has seen.
import { createServer } from "node:http";
import { createClient } from "@curlew/core";
import { createNodeLibcurlEngine } from "@curlew/engine-node-libcurl";
import { loadNodeLibcurl } from "@curlew/testkit";

let requests = 0;
const server = createServer((_request, response) => response.end(String(++requests)));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const client = createClient({ engine: createNodeLibcurlEngine({ nodeLibcurl: loadNodeLibcurl() }) });
const turn = () => new Promise((resolve) => setImmediate(resolve));
const controller = new AbortController();
const url = `http://${process.argv[2]}.slow-resolver.test:${server.address().port}/`;
const ended = client
  .request(url, { signal: controller.signal })
  .bytes()
  .catch((error) => error);
for (let i = 0; i < 5; i++) await turn();

const began = performance.now();
const since = () => Math.round(performance.now() - began);
controller.abort();
const { code, phase } = await ended;
const abortedMs = since();
await turn();
await turn();
const lagMs = since();
await client.close();
const closedMs = since();
server.close();
console.log(JSON.stringify({ code, phase, abortedMs, lagMs, closedMs, requests }));
