// One bundled test file on one runtime, in a process of its own.
import { spawn } from "node:child_process";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { out } from "./bundle.mjs";
import { executable } from "./fetch.mjs";

/** Longer than the slowest file takes, by far: a runtime that hangs must not hang the matrix. */
const LIMIT_MS = 600_000;

/**
 * Answers {passed, failed, skipped}.
 * @param {(line: string) => unknown} say gets what the file says, line by line
 */
export function run(runtime, file, pattern, say = (line) => process.stderr.write(`    ${line}\n`)) {
  const args = [...runtime.flags, `${out}/run-file.mjs`, file, ...(pattern ? [pattern] : [])];
  const env = { ...process.env, CURLEW_TEST_LOOP: "epoll", CURLEW_TEST_NODE: process.execPath };
  const child = spawn(executable(runtime), args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  let last = "";
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      if (/^\{"passed":\d+/.test(line)) last = line;
      else say(line);
    });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      const counts = last ? JSON.parse(last) : { passed: 0, failed: 0, skipped: 0 };
      // Without a count it ended before its tests did, with whatever code: process.exit(0), or nothing left to wait for.
      if ((code !== 0 || !last) && counts.failed === 0) {
        say(`FAILED: ${runtime.title} ended with ${signal ?? code} in ${basename(file)}`);
        counts.failed++;
      }
      resolve(counts);
    });
  });
}
