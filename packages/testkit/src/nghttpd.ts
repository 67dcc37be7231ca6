import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "./certificates.js";

export interface Nghttpd {
  /** "https://127.0.0.1:40123". */
  readonly url: string;
  readonly caFile: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Why nghttpd, of Debian's package nghttp2-server, cannot be had here. */
export function nghttpdMissing(): string | undefined {
  const { error } = spawnSync("nghttpd", ["--version"]);
  return error ? "nghttpd is not installed (Debian: apt install nghttp2-server)" : undefined;
}

/** nghttp2's own server: the fastest HTTP/2 there is to test against. It serves `files`, name to content. */
export async function startNghttpd(files: Readonly<Record<string, Uint8Array>>): Promise<Nghttpd> {
  const folder = mkdtempSync(join(tmpdir(), "curlew-nghttpd-"));
  const { ca, cert, key } = await makeCertificates();
  mkdirSync(join(folder, "files"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, "files", name), content);
  const at = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const caFile = at("ca.pem", ca);
  const port = await freePort();
  const args = [
    "--address=127.0.0.1",
    "-d",
    join(folder, "files"),
    String(port),
    at("key.pem", key),
    at("cert.pem", cert),
  ];
  const child = spawn("nghttpd", args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (!(await answers(port))) if (child.exitCode !== null) throw new Error(`nghttpd ended with ${child.exitCode}`);
  return {
    url: `https://127.0.0.1:${port}`,
    caFile,
    pid: child.pid ?? 0,
    async stop() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(() => resolve(true)));
    socket.on("error", () => setTimeout(resolve, 10, false));
  });
}

/** nghttpd wants a number: one that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
