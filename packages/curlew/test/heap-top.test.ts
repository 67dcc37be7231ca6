/** 7.88.1 takes a buffer for each transfer, and frees it: what glibc gives back then comes again page by page. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { useServer } from "./support.js";

const server = useServer();
const program = fileURLToPath(new URL("programs/heap-top.mjs", import.meta.url));
const TIMES = 1000;

it("the memory of a transfer's buffers is kept for the next", async () => {
  const args = [program, `${server.current.http}/bytes/5`, `${TIMES}`];
  const env = { ...process.env, MALLOC_TRIM_THRESHOLD_: undefined }; // who sets this has his way
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  console.log(`memory was given back ${stdout.trim()} times in ${TIMES} transfers`);
  expect(Number(stdout)).toBeLessThan(5); // 24 to 74 where nobody asks for it
});
