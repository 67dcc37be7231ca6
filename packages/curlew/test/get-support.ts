import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { programCommand, startProgram } from "@curlew/testkit";
import { onTestFinished } from "vitest";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const loop = process.env.CURLEW_TEST_LOOP;
const loopArgs = loop === undefined ? [] : ["--loop", loop];

/** What starts `curlew get` on the runtime and the loop at hand. */
export const getCommand = (args: readonly string[]) => programCommand(cli, ["get", ...loopArgs, ...args]);

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Starts `curlew get`; `ended` resolves when it is gone. */
export function startGet(args: readonly string[], stdin = ""): { child: ChildProcess; ended: Promise<Ended> } {
  const child = startProgram(cli, ["get", ...loopArgs, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const stdout: Buffer[] = [];
  let stderr = "";
  child.stdout?.on("data", (data) => stdout.push(data));
  child.stderr?.on("data", (data) => {
    stderr += data;
  });
  child.stdin?.end(stdin);
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stdout: Buffer.concat(stdout), stderr })),
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, ended };
}

export const get = (...args: string[]): Promise<Ended> => startGet(args).ended;

/** A line of --json. */
export interface Line {
  readonly url: string;
  readonly file: string | null;
  readonly part: string | null;
  readonly status: number;
  readonly httpVersion: string;
  readonly bytes: number;
  readonly continuedFrom: number;
  readonly error: string | null;
  readonly curlCode: number | null;
  readonly message: string | null;
}

export const linesOf = ({ stdout }: Ended): Line[] =>
  stdout
    .toString()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** An empty folder that goes with the test. */
export function useFolder(parent = tmpdir()): { path: string; at(name: string): string; list(): string[] } {
  const path = mkdtempSync(join(parent, "curlew-get-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return { path, at: (name) => join(path, name), list: () => readdirSync(path).sort() };
}

export const contents = (path: string): Buffer => readFileSync(path);
export const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : -1);
