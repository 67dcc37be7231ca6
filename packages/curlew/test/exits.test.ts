/** How a process, and a worker, end: with nothing under way and with something (P 39 to 41). Built files: run the build. */
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { startProgram } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { useServer } from "./support.js";

const server = useServer();
const program = (name: string) => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the moment the state was reached until the process was gone. */
  readonly tookMs: number;
}

/** Runs a program to its end; `reached` gets it when it says that it is in its state. */
function end(file: string, args: string[], reached: (child: ChildProcess) => void = () => {}): Promise<End> {
  const child = startProgram(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
  let stdout = "";
  let stderr = "";
  child.stderr?.on("data", (data) => {
    stderr += data;
  });
  child.stdout?.on("data", (data) => {
    if (stdout === "") reached(child);
    stdout += data;
  });
  return new Promise((resolve) => {
    let exited = 0;
    let result: Pick<End, "code" | "signal"> = { code: null, signal: null };
    child.on("exit", (code, signal) => {
      exited = Date.now();
      result = { code, signal };
    });
    child.on("close", () => {
      const since = Number(stdout.match(/\d+/)?.[0] ?? exited);
      resolve({ ...result, stdout, stderr, tookMs: exited - since });
    });
  });
}

/** Deno prints what a worker threw though the parent heard of it. */
function withoutThrows(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => !/thrown on purpose|^\s+at |^\s*\^$/.test(line));
  return lines.join("\n").trim();
}

const run = (state: string, way: string, reached?: (child: ChildProcess) => void) =>
  end(program("exit.mjs"), [server.current.http, state, way], reached);

describe("a process", () => {
  it("ends by itself within 100 ms when its transfers are done and the pool is warm (P 40)", async () => {
    const took: number[] = [];
    for (let i = 0; i < 5; i++) {
      const { code, stderr, tookMs } = await run("idle", "natural");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      took.push(tookMs);
    }
    console.log(`from the outcome to the end of the process: ${took.join(", ")} ms`);
    took.sort((a, b) => a - b);
    expect(took[2]).toBeLessThan(100);
    expect(took[4]).toBeLessThan(1000); // whatever else the machine does
  });

  it("does not end while a transfer is under way, and ends at SIGTERM", async () => {
    let alive = false;
    const { signal, stdout } = await run("inflight", "natural", (child) => {
      setTimeout(() => {
        alive = child.exitCode === null;
        child.kill("SIGTERM");
      }, 500);
    });
    expect(alive).toBe(true);
    expect(signal).toBe("SIGTERM");
    expect(stdout).not.toContain("outcome");
  });

  for (const state of ["idle", "inflight"]) {
    it(`${state}, process.exit(7): code 7, and nothing on stderr`, async () => {
      const { code, signal, stderr } = await run(state, "exit");
      expect({ code, signal, stderr }).toEqual({ code: 7, signal: null, stderr: "" });
    });

    it(`${state}, an uncaught throw: code 1, with its stack`, async () => {
      const { code, signal, stderr } = await run(state, "throw");
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stderr).toContain("thrown on purpose");
    });

    it(`${state}, an unhandled rejection: code 1`, async () => {
      const { code, stderr } = await run(state, "reject");
      expect(code).toBe(1);
      expect(stderr).toContain("rejected on purpose");
    });

    it(`${state}, SIGTERM: ended by it`, async () => {
      const { signal, stderr } = await run(state, "signal", (child) => child.kill("SIGTERM"));
      expect({ signal, stderr }).toEqual({ signal: "SIGTERM", stderr: "" });
    });
  }

  it("in flight, closed: the outcome is CLOSED and the process ends by itself", async () => {
    const { code, stdout, stderr } = await run("inflight", "close");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("outcome CLOSED");
  });
});

describe("a worker", () => {
  const cases: [state: string, way: string, code: number][] = [
    ["idle", "natural", 0],
    ["idle", "exit", 7],
    ["idle", "throw", 1],
    ["idle", "terminate", 1],
    ["idle", "exit in a callback", 7],
    ["inflight", "exit", 7],
    ["inflight", "throw", 1],
    ["inflight", "terminate", 1],
  ];
  const each = [...cases, ["inflight", "exit inside libcurl", 7] as const];
  for (const [state, way, wanted] of each)
    it(`${state}, ${way}: ends with ${wanted}, and this process goes on`, async () => {
      const worker = new Worker(program("worker.mjs"), {
        workerData: { url: server.current.http, state, way },
        execArgv: [],
      });
      worker.on("error", () => {});
      worker.on("message", () => way === "terminate" && void worker.terminate());
      expect(await new Promise((resolve) => worker.on("exit", resolve))).toBe(wanted);
    });

  it("leaves the addons mapped when it ends: code of theirs may still be called (P 41)", async () => {
    const { code, stdout, stderr } = await end(program("mapped.mjs"), [server.current.http]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { before, after } = JSON.parse(stdout);
    expect(before).toEqual([]); // the main thread has never loaded them
    expect(after).toContain("engine.node");
    expect(after.length).toBeGreaterThan(1);
  });

  it("and seven others, fifty rounds of all ways to end: no crash, no leak (P 41)", { timeout: 300_000 }, async () => {
    const started = performance.now();
    const { code, signal, stdout, stderr } = await end(program("workers.mjs"), [server.current.http, "50", "8"]);
    expect({ code, signal, stderr: withoutThrows(stderr) }).toEqual({ code: 0, signal: null, stderr: "" });
    const { codes, error, rssBefore, rssAfter } = JSON.parse(stdout);
    const seconds = (performance.now() - started) / 1000;
    console.log(`400 workers in ${seconds.toFixed(1)} s; resident ${rssBefore} -> ${rssAfter} MiB`);
    expect(codes).toEqual(Object.fromEntries(cases.map(([state, way, wanted]) => [`${state} ${way}: ${wanted}`, 50])));
    expect(error).toBeUndefined();
    expect(rssAfter - rssBefore).toBeLessThan(100);
  });
});
