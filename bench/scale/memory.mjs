/**
 * What a transfer costs in memory: resident bytes of a client's process with so many transfers, less those with none, by
 * transfer. "idle": asked and not answered. "active": in the middle of a body, of which 64 KiB came and were read.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const COUNTS = [100, 1000, 10_000];
const REPEATS = 3;

export async function memory(tell) {
  for (const state of ["idle", "active"])
    for (const transfers of COUNTS) {
      const bytes = [];
      for (let i = 0; i < REPEATS; i++) bytes.push(await measure(state, transfers));
      bytes.sort((a, b) => a - b);
      tell({ state, transfers, kibPerTransfer: Number((bytes[REPEATS >> 1] / 1024).toFixed(1)) });
    }
}

async function measure(state, transfers) {
  const server = start("holding-server.mjs", [], [state]);
  const { url } = await server.next();
  const client = start("holding-client.mjs", ["--expose-gc"], [url, transfers]);
  const { bytesPerTransfer } = await client.next();
  await Promise.all([client.end(), server.end()]);
  return bytesPerTransfer;
}

/** A program of this folder, which says a line of JSON now and then and ends with its stdin. */
function start(file, flags, args) {
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, file), ...args.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${file} ended early`);
      return JSON.parse(value);
    },
    end() {
      child.stdin.end();
      return once(child, "exit");
    },
  };
}
