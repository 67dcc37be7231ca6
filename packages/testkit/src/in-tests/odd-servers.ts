/** Servers that do not do what servers should. Each ends with its test. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { node } from "@curlew/testkit";
import { onTestFinished } from "vitest";
import { turns, until } from "./waiting.js";

/**
 * Takes connections, says `greeting` to the first bytes of each, and nothing else. `spokenTo` resolves when as many have
 * spoken as have waited for that.
 */
export async function mute(greeting = ""): Promise<{ port: number; spokenTo(): Promise<void> }> {
  let heard = 0;
  let waiting = 0;
  const port = await raw((socket) =>
    socket.once("data", () => {
      heard++;
      socket.write(greeting);
    }),
  );
  const spokenTo = (): Promise<void> => {
    waiting++;
    return until(() => heard >= waiting);
  };
  return { port, spokenTo };
}

/** Does what it is told with each connection. Answers its port. */
export async function raw(take: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const taking = createServer((socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    take(socket);
  });
  await new Promise<void>((resolve) => taking.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    taking.close();
  });
  return (taking.address() as AddressInfo).port;
}

/** Its queue is full: connecting to it neither succeeds nor fails. */
export async function fullServer(): Promise<number> {
  const program = fileURLToPath(new URL("./deaf-server.mjs", import.meta.url));
  const child = spawn(node, [program], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const port = Number((await once(child.stdout, "data"))[0]);
  const fillers = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
  });
  await new Promise((resolve) => fillers[0]?.once("connect", resolve));
  await turns(20);
  return port;
}
