// The control in C: compiled when it is first wanted, or when it has changed.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadLibcurl } from "@curlew/engine-libcurl";

const source = join(import.meta.dirname, "loop.c");
const program = join(import.meta.dirname, "../build/loop");

/** @throws Error that says why it cannot be had */
export function plainC({ perform }) {
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) compile();
  const { path } = loadLibcurl();
  return ({ url, atOnce, expectedBytes, sentBytes = 0, fresh, caFile, stream }) => {
    if (stream) throw new Error("without back-pressure there is nothing to compare: see the case of 1 MiB bodies");
    const words = [path, url, atOnce, expectedBytes, sentBytes, fresh ? 1 : 0, perform ? 1 : 0];
    return [program, ...words.map(String), ...(caFile ? [caFile] : [])];
  };
}

function compile() {
  const cc = process.env.CC ?? "gcc";
  mkdirSync(join(program, ".."), { recursive: true });
  try {
    execFileSync(cc, ["-O2", "-Wall", "-Wextra", "-o", program, source, "-ldl"], { stdio: "pipe" });
  } catch (error) {
    throw new Error(`the plain C loop cannot be compiled by ${cc}: ${error.stderr ?? error.message}`);
  }
}
