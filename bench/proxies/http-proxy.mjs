// http-proxy on node:http, as its users have it: connections are kept, X-Forwarded-* are added. http-proxy.mjs UPSTREAM
import { Agent } from "node:http";
import httpProxy from "http-proxy";

const proxy = httpProxy.createProxyServer({
  target: process.argv[2],
  agent: new Agent({ keepAlive: true, maxSockets: 500 }),
  xfwd: true,
  changeOrigin: true,
  proxyTimeout: 30_000,
});
proxy.on("error", (error, _request, response) => {
  console.error(error.message);
  response.destroy();
});
const server = proxy.listen(0, "127.0.0.1")._server;
server.on("listening", () => console.log(`http://127.0.0.1:${server.address().port}`));
