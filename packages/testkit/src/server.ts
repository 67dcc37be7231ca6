import { fork } from "node:child_process";
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
  /** The authority to verify both against. */
  readonly caFile: string;
  readonly files: readonly FileEntry[];
}

export interface TestServer extends ServerReport {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server in a process of its own, with that many files of 0 bytes to 8 MiB. */
export function startServer(fileCount = 0): Promise<TestServer> {
  // From src and from dist alike: a process cannot run TypeScript.
  const program = fileURLToPath(new URL("../dist/server-main.js", import.meta.url));
  const child = fork(program, [String(fileCount)], { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = (): Promise<void> => {
    child.ref(); // what waits for its end must not end before it
    child.kill();
    return ended;
  };
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the test server ended with ${code} before it was ready`)));
    child.once("message", (report) => {
      child.unref();
      child.channel?.unref();
      resolve({ ...(report as ServerReport), pid: child.pid ?? 0, stop });
    });
  });
}
