/**
 * A client's process, on whatever runtime: node worker.mjs CLIENT TARGET. It reads a command a line and answers a line of
 * JSON to each: "run COUNT", "rate PER_SEC MS", "idle URL COUNT". It ends when its stdin does.
 */
import { createInterface } from "node:readline";
import { clientFiles } from "./clients/index.mjs";
import { fixedRate, fullLoad, promised } from "./workload.mjs";

const [name, json] = process.argv.slice(2);
const target = JSON.parse(json);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

let client;
const commands = {
  run: ([count]) => fullLoad(client.start, { ...target, count }),
  rate: ([perSec, ms]) => fixedRate(client.start, { ...target, perSec, ms }),
  idle([url, count]) {
    for (let i = 0; i < count; i++) client.idle(url);
    return {};
  },
  async first() {
    const { requests, failure } = await fullLoad(client.start, { ...target, count: 1 });
    const { user, system } = process.cpuUsage();
    return { requests, failure, cpuUs: user + system };
  },
};

try {
  client = await (await import(`./clients/${clientFiles[name]}`)).open(target);
  if (client.request) client.start = promised(client.request);
  say({ ready: true });
} catch (error) {
  say({ unavailable: String(error.message ?? error) });
  process.exit();
}
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...words] = line.split(" ");
  say(await commands[command](words.map((word) => (Number.isNaN(Number(word)) ? word : Number(word)))));
}
process.exit();
