import { spawn, spawnSync } from "node:child_process";
import { connect, createServer } from "node:net";

export interface Daemon {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Why a server of Debian's packages cannot be had here. */
export function daemonMissing(command: string, option: string, debianPackage: string): string | undefined {
  const { error } = spawnSync(command, [option]);
  return error ? `${command} is not installed (Debian: apt install ${debianPackage})` : undefined;
}

/** Starts a server that stays in the foreground and must be given its port; it is there when this resolves. */
export async function startDaemon(command: string, argumentsFor: (port: number) => string[]): Promise<Daemon> {
  const port = await freePort();
  const child = spawn(command, argumentsFor(port), { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (!(await answers(port)))
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return { port, pid: child.pid ?? 0, stop };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(() => resolve(true)));
    socket.on("error", () => setTimeout(resolve, 10, false));
  });
}

/** One that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
