// node bench/scale/main.mjs memory | workers: what docs/scale.md tells. One JSON line for each measurement.
import { memory } from "./memory.mjs";
import { workers } from "./workers.mjs";

const commands = { memory, workers };
const run = commands[process.argv[2]];
if (run) await run((row) => process.stdout.write(`${JSON.stringify(row)}\n`));
else {
  process.stderr.write(`usage: node bench/scale/main.mjs ${Object.keys(commands).join(" | ")}\n`);
  process.exitCode = 2;
}
