import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { loadLibcurl } from "@curlew/engine-libcurl";
import { slowResolver } from "@curlew/testkit";

/** Runs a program of this folder's, on what is built, to its end. Its names are looked up by a resolver of ours. */
export async function runProgram(
  name: string,
  ...args: unknown[]
): Promise<{ code: number; stdout: string; tookMs: number }> {
  const file = fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
  const env = { ...process.env, LD_PRELOAD: slowResolver(loadLibcurl().path) };
  const began = performance.now();
  const child = spawn(process.execPath, [file, ...args.map(String)], { env, stdio: ["ignore", "pipe", "inherit"] });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { code, stdout, tookMs: performance.now() - began };
}
