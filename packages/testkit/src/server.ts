import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FileEntry } from "./files.js";

/** What a started server is. */
export interface ServerReport {
  /** Without a slash at the end: "http://127.0.0.1:40123". */
  readonly http: string;
  /** HTTP/1.1 over TLS. */
  readonly https: string;
  /** HTTP/2 over TLS, and nothing else. */
  readonly http2: string;
  /** FTP, with a few files in one folder. */
  readonly ftp: string;
  /** The authority to verify those of TLS against. */
  readonly caFile: string;
  readonly files: readonly FileEntry[];
}

export interface TestServer extends ServerReport {
  readonly pid: number;
  stop(): Promise<void>;
}

/** The Node that runs programs which are no part of what is tested; this process may be another runtime. */
export const node = process.env.CURLEW_TEST_NODE ?? process.execPath;

/** Starts a server in a process of its own, on Node, with that many files of 0 bytes to 8 MiB. */
export async function startServer(fileCount = 0): Promise<TestServer> {
  // From src and from dist alike: a process cannot run TypeScript.
  const program = fileURLToPath(new URL("../dist/server-main.js", import.meta.url));
  // Pipes and not IPC: every runtime has them, and the server sees the end of its parent by the end of its stdin.
  const child = spawn(node, [program, String(fileCount)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.ref(); // what waits for its end must not end before it
    child.kill();
    await ended;
  };
  const report = await Promise.race([firstLine(child.stdout), ended]);
  if (typeof report !== "string") throw new Error(`the test server ended with ${report[0]} before it was ready`);
  for (const handle of [child, child.stdin, child.stdout]) (handle as { unref?(): void }).unref?.();
  return { ...(JSON.parse(report) as ServerReport), pid: child.pid ?? 0, stop };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const [line] = await once(createInterface({ input: stream }), "line");
  return line as string;
}
