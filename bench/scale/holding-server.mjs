// holding-server.mjs idle | active: never answers; or answers with 64 KiB of a body that goes on, and no more. Ends with its stdin.
import { createServer } from "node:net";

const CHUNK = Buffer.alloc(65_536, "a");
const active = process.argv[2] === "active";
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => {
    if (!active) return;
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    socket.write(CHUNK);
  });
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 16_384 }, () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/` })}\n`);
});
process.stdin.resume().on("end", () => process.exit());
