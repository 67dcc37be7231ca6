/**
 * The server process: HTTP/1.1, HTTPS and HTTP/2 on loopback, on ports the system gives. Started by startServer, to whom
 * it writes one line; it ends with its parent.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "./certificates.js";
import { makeFiles } from "./files.js";
import { createFtpServer } from "./ftp.js";
import { handle, makeRoutes } from "./routes.js";
import type { ServerReport } from "./server.js";

/** libcurl 7.88.1 loses a stream now and then near the thousandth of a session of node:http2. */
const STREAMS_PER_SESSION = 500;
/** What Node lets one session buffer is too little for many bodies at once to 7.88.1. */
const SESSION_MEMORY_MIB = 1000;

async function main(): Promise<void> {
  const { ca, cert, key } = await makeCertificates();
  const files = makeFiles(Number(process.argv[2] ?? 0));
  const routes = makeRoutes(files);
  // A client that went away makes its answer fail; that is its right.
  const listener: RequestListener = (request, response) => void handle(routes, request, response).catch(() => {});
  const http2 = createSecureServer({ cert, key, maxSessionMemory: SESSION_MEMORY_MIB }, listener as never);
  http2.on("session", retireLater);
  const servers = { http: createServer(listener), https: createTlsServer({ cert, key }, listener), http2 };
  const folder = mkdtempSync(join(tmpdir(), "curlew-server-"));
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, ca);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  process.stdin.resume().on("end", () => process.exit(0));
  const report: ServerReport = {
    http: `http://127.0.0.1:${await listen(servers.http)}`,
    https: `https://127.0.0.1:${await listen(servers.https)}`,
    http2: `https://127.0.0.1:${await listen(servers.http2)}`,
    ftp: `ftp://127.0.0.1:${await listen(createFtpServer())}`,
    caFile,
    files,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => resolve((server.address() as AddressInfo).port));
  });
}

function retireLater(session: ServerHttp2Session): void {
  let streams = 0;
  session.on("stream", () => {
    if (++streams === STREAMS_PER_SESSION) session.close();
  });
}

void main();
