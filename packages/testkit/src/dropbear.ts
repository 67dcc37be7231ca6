import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { daemonMissing, startDaemon } from "./daemon.js";

export const dropbearMissing = (): string | undefined => daemonMissing("dropbear", "-V", "dropbear-bin");

/** An SSH server with an ECDSA key that nobody knows, for tests of what is said about keys: nobody can log in. */
export async function startDropbear(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "curlew-dropbear-"));
  const key = join(folder, "host-key");
  spawnSync("dropbearkey", ["-t", "ecdsa", "-f", key]);
  const options = ["-F", "-E", "-s", "-r", key, "-P", join(folder, "pid")];
  const { port, stop } = await startDaemon("dropbear", (port) => [...options, "-p", `127.0.0.1:${port}`]);
  return {
    port,
    async stop() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
