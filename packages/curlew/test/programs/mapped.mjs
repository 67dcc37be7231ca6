// A worker that makes a transfer and ends, in a process that has not loaded the addons: node mapped.mjs URL
// Prints one JSON line: which addons of ours were mapped before and after.
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

const mapped = () => {
  const files = readFileSync("/proc/self/maps", "utf8").match(/[\w-]+\.node$/gm) ?? [];
  return [...new Set(files)].sort();
};

const before = mapped();
const workerData = { url: process.argv[2], state: "idle", way: "exit" };
const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData });
worker.on("exit", () => console.log(JSON.stringify({ before, after: mapped() })));
