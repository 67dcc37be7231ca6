// A server that takes whatever is asked and never answers. A line on its stdin gets the number of connections on which
// something was asked; it ends with its stdin.
import { createServer } from "node:net";
import { createInterface } from "node:readline";

let asked = 0;
const server = createServer((socket) => {
  socket.once("data", () => asked++);
  socket.on("error", () => {});
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => say({ port: server.address().port }));

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
createInterface({ input: process.stdin })
  .on("line", () => say(asked))
  .on("close", () => process.exit());
