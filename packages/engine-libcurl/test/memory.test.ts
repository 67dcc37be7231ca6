/** memory/program.mjs under tools that see each wrong access: sanitizers and, where it is asked for, valgrind. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runtimeName } from "@curlew/testkit";
import { afterAll, describe, expect, it } from "vitest";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const program = at("memory/program.mjs");
const folder = mkdtempSync(join(tmpdir(), "curlew-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The codes the program's transfers end with. */
const results = {
  mime: 0,
  copy: 0,
  upload: 0,
  WRITEFUNCTION: 23,
  HEADERFUNCTION: 23,
  PREREQFUNCTION: 42,
  XFERINFOFUNCTION: 42,
  DEBUGFUNCTION: 42,
  gathered: 0,
  pooled: 0,
  whole: [0, 100_000, 0, 18, 100_000, 18, 0, 600_000, 0],
  heldMB: 0,
};

/** A copy of the package whose addon was compiled with those flags. */
function compile(flags: string): string {
  for (const part of ["dist", "native", "package.json"])
    cpSync(at(`../${part}`), join(folder, part), { recursive: true });
  mkdirSync(join(folder, "node_modules", "@curlew"), { recursive: true });
  symlinkSync(at("../../core"), join(folder, "node_modules", "@curlew", "core"));
  const build = at("../../../scripts/build-native.mjs");
  execFileSync(process.execPath, [build, folder, "engine"], {
    env: { ...process.env, CURLEW_CFLAGS: flags },
    stdio: "pipe",
  });
  return folder;
}

const library = (name: string): string =>
  execFileSync(process.env.CC ?? "cc", [`-print-file-name=${name}`], { encoding: "utf8" }).trim();

describe("everything an easy can have", () => {
  it("runs clean under the sanitizers of addresses and of undefined behaviour", { timeout: 300_000 }, (context) => {
    const asan = library("libasan.so");
    if (!asan.startsWith("/")) return context.skip("the compiler has no address sanitizer");
    // Leaks are left to valgrind: everything in this process is called by Node, which has some of its own.
    const copy = compile("-DCURLEW_NO_DEEPBIND -fsanitize=address,undefined -fno-sanitize-recover=undefined");
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--expose-gc", program, copy], {
      env: { ...process.env, LD_PRELOAD: asan, ASAN_OPTIONS: "detect_leaks=0" },
      encoding: "utf8",
    });
    expect([status, stderr.replace(/^\(.*\n/gm, "")]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual(results);
  });

  it("runs clean under valgrind, and loses no memory", { timeout: 900_000 }, (context) => {
    // CI does it once, on the system's libcurl.
    const asked = process.env.CURLEW_VALGRIND || (process.env.CURLEW_STRICT && !process.env.CURLEW_LIBCURL);
    if (!asked) return context.skip("takes a minute: CURLEW_VALGRIND=1 runs it");
    if (!/^v20\./.test(process.version) || runtimeName !== "node") return context.skip("node.supp is about Node 20");
    if (spawnSync("valgrind", ["--version"]).error) return context.skip("valgrind is not installed");
    const log = join(folder, "valgrind.log");
    const options = ["--leak-check=full", "--errors-for-leak-kinds=definite", "--num-callers=30", "--error-exitcode=9"];
    const files = [`--suppressions=${at("memory/node.supp")}`, `--log-file=${log}`];
    const node = [process.execPath, "--jitless", "--expose-gc", program, at(".."), "25"];
    const { stdout, status } = spawnSync("valgrind", [...options, ...files, ...node], { encoding: "utf8" });
    const said = readFileSync(log, "utf8");
    expect([status, status === 0 ? "" : said]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual(results);
    console.log(/definitely lost: .*/.exec(said)?.[0], "|", /ERROR SUMMARY: .*/.exec(said)?.[0]);
  });
});
