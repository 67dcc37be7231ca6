import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

const versions = process.versions as Record<string, string | undefined>;

/** The runtime this is. */
export const runtimeName = (["bun", "deno"] as const).find((name) => versions[name] !== undefined) ?? "node";

/** What is said about the libcurl at hand is said rightly, and not what the tests of exits are about. */
const FLAGS = { node: ["--disable-warning=CURLEW_LIBCURL"], bun: [], deno: ["run", "--allow-all"] };

/** Command and arguments that run a program on the runtime this is. */
export function programCommand(file: string, args: readonly string[]): [command: string, args: string[]] {
  return [process.execPath, [...FLAGS[runtimeName], file, ...args]];
}

export function startProgram(file: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(...programCommand(file, args), options);
}
