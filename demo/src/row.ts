import { createHash } from "node:crypto";
import { createNodeLibcurlEngine, type NodeLibcurl } from "@curlew/engine-node-libcurl";
import { contentOf, type FileEntry, type TestServer } from "@curlew/testkit";
import { createTransfers, type SimulatedNetwork, type TransferEngine } from "curlew";

/** One line of the closing table: all files, on one loop, over one protocol. */
export interface Row {
  readonly loop: string;
  readonly engine: string;
  readonly protocol: string;
  transfers: number;
  failed: number;
  bytes: number;
  /** Transfers whose SHA-256 is the one the server computed. */
  verified: number;
  socketCallbacks: number;
  timerCallbacks: number;
  socketActions: number;
  ms: number;
}

export interface Protocol {
  readonly name: string;
  readonly base: (server: TestServer) => string;
  /** Options of libcurl; the certificate authority is added. */
  readonly curl: Readonly<Record<string, number>>;
  /** CURLINFO_HTTP_VERSION that must have been used. */
  readonly version: number;
}

/** CURL_HTTP_VERSION_1_1 is 2, CURL_HTTP_VERSION_2TLS is 4; the info answers 2 for 1.1 and 3 for 2. */
export const protocols: readonly Protocol[] = [
  { name: "http/1.1", base: (server) => server.http, curl: { HTTP_VERSION: 2 }, version: 2 },
  { name: "https/1.1", base: (server) => server.https, curl: { HTTP_VERSION: 2 }, version: 2 },
  { name: "http/2", base: (server) => server.http2, curl: { HTTP_VERSION: 4, PIPEWAIT: 1 }, version: 3 },
];

/** What the model speaks: exchanges one after the other on a connection, or many at once. Its names are looked up nowhere. */
export const simulatedProtocols: readonly Protocol[] = [
  { name: "simulated", base: () => "http://files.test", curl: {}, version: 2 },
  { name: "multiplexed", base: () => "http://shared.test", curl: {}, version: 3 },
];

/** The server's files, on machines that do not exist. */
function simulatedNetwork({ files }: TestServer): SimulatedNetwork {
  const byPath = new Map(files.map((file) => [`/files/${file.name}`, file]));
  const answer = ({ path }: { path: string }) => {
    const file = byPath.get(path);
    return file ? { body: contentOf(file.name, file.bytes) } : { status: 404 };
  };
  return { "files.test": { answer }, "shared.test": { answer, multiplexed: true } };
}

const AT_ONCE = 24;

/** As `curlew doctor` tells them; and what transfers stand on where an engine has its own. */
export interface Loop {
  readonly name: string;
  readonly engine: string;
  readonly nodeLibcurl?: NodeLibcurl;
}

export interface Progress {
  advance(row: Row): void;
  failed(file: FileEntry, reason: string): void;
}

/** Downloads every file of the server and checks each. */
export async function runRow(loop: Loop, protocol: Protocol, server: TestServer, progress: Progress): Promise<Row> {
  const row = emptyRow(loop, protocol.name);
  const transfers = openTransfers(loop, server, row);
  const started = performance.now();
  const waiting = [...server.files];
  const worker = async (): Promise<void> => {
    for (let file = waiting.pop(); file; file = waiting.pop()) {
      const reason = await download(transfers, protocol, server, file, row);
      row.transfers++;
      if (reason === undefined) row.verified++;
      else {
        row.failed++;
        progress.failed(file, reason);
      }
      progress.advance(row);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  row.ms = Math.round(performance.now() - started);
  await transfers.close();
  return row;
}

function openTransfers({ name, engine, nodeLibcurl }: Loop, server: TestServer, row: Row): TransferEngine {
  if (nodeLibcurl) return createNodeLibcurlEngine({ nodeLibcurl });
  return createTransfers({
    loop: name,
    ...(engine === "model" ? { network: simulatedNetwork(server) } : {}),
    observers: {
      socket: () => row.socketCallbacks++,
      timer: () => row.timerCallbacks++,
      action: () => row.socketActions++,
    },
  });
}

/** Answers why the file is not what the server has, or undefined when it is. */
function download(
  transfers: TransferEngine,
  protocol: Protocol,
  server: TestServer,
  file: FileEntry,
  row: Row,
): Promise<string | undefined> {
  const hash = createHash("sha256");
  let bytes = 0;
  const request = {
    url: `${protocol.base(server)}/files/${file.name}`,
    curl: row.engine === "model" ? {} : { ...protocol.curl, CAINFO: server.caFile },
  };
  return new Promise((resolve) => {
    transfers.start(request, {
      chunk(chunk) {
        bytes += chunk.length;
        row.bytes += chunk.length;
        hash.update(chunk);
      },
      outcome(outcome) {
        if (outcome.error) resolve(outcome.error.message);
        else if (outcome.getinfo("RESPONSE_CODE") !== 200) resolve(`status ${outcome.getinfo("RESPONSE_CODE")}`);
        else if (outcome.getinfo("HTTP_VERSION") !== protocol.version) resolve(`it did not come over ${protocol.name}`);
        else if (bytes !== file.bytes) resolve(`${bytes} bytes came instead of ${file.bytes}`);
        else resolve(hash.digest("hex") === file.sha256 ? undefined : "its SHA-256 is not the server's");
      },
    });
  });
}

function emptyRow(loop: Loop, protocol: string): Row {
  return {
    loop: loop.name,
    engine: loop.engine,
    protocol,
    transfers: 0,
    failed: 0,
    bytes: 0,
    verified: 0,
    socketCallbacks: 0,
    timerCallbacks: 0,
    socketActions: 0,
    ms: 0,
  };
}
