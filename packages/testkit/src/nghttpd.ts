import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "./certificates.js";
import { daemonMissing, startDaemon } from "./daemon.js";

export interface Nghttpd {
  /** "https://127.0.0.1:40123". */
  readonly url: string;
  readonly caFile: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export const nghttpdMissing = (): string | undefined => daemonMissing("nghttpd", "--version", "nghttp2-server");

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
  const keys = [at("key.pem", key), at("cert.pem", cert)];
  const options = ["--address=127.0.0.1", "-d", join(folder, "files")];
  const { port, pid, stop } = await startDaemon("nghttpd", (port) => [...options, String(port), ...keys]);
  return {
    url: `https://127.0.0.1:${port}`,
    caFile,
    pid,
    async stop() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
