/** A client's process, seen from the bench: one line asks, one line answers. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const pins = availableParallelism() > 1 && !spawnSync("taskset", ["-V"]).error;

/** Whether clients have a core to themselves, and everything else, the servers among it, another. */
export function pinOurselves() {
  if (pins) spawnSync("taskset", ["-a", "-p", "-c", "1", String(process.pid)]);
  return pins;
}

export class ClientProcess {
  #child;
  #lines;
  #ended;

  /** @param command a program and its arguments */
  constructor(command, env = {}) {
    const [file, ...args] = pins ? ["taskset", "-c", "0", ...command] : command;
    this.#child = spawn(file, args, {
      stdio: ["pipe", "pipe", process.env.CURLEW_BENCH_STDERR ? "inherit" : "ignore"],
      env: { ...process.env, ...env },
    });
    this.#child.stdin.on("error", () => {}); // it ended: its missing answer says so
    this.#ended = once(this.#child, "exit");
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Why it cannot take part; undefined when it is ready. */
  async unavailable() {
    return (await this.#answer()).unavailable;
  }

  ask(command) {
    this.#child.stdin.write(`${command}\n`);
    return this.#answer();
  }

  /** What was resident at most. */
  peakMiB() {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }

  async stop() {
    this.#child.stdin.end();
    await this.#ended;
  }

  async #answer() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the client's process ended with ${(await this.#ended)[0]}`);
    return JSON.parse(value);
  }
}

const worker = join(import.meta.dirname, "worker.mjs");

/** What starts a client of JavaScript in that runtime. */
export function workerCommand({ executable, flags }, name, target) {
  return [executable, ...flags, worker, name, JSON.stringify(target)];
}
