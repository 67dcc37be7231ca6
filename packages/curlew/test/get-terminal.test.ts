/** Bars on a terminal, by `script` of util-linux, which gives one; lines elsewhere. */
import { spawn, spawnSync } from "node:child_process";
import { contentOf } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { barOf } from "../src/cli/bars.js";
import { contents, get, getCommand, sizeOf, useFolder } from "./get-support.js";
import { until, useServer } from "./support.js";

const server = useServer();
const missing = spawnSync("script", ["--version"]).error;
const url = (path: string) => `${server.current.http}/${path}`;

/** Runs it on a terminal of that many rows. */
function onTerminal(args: readonly string[], rows = 24, term = "xterm") {
  const [command, all] = getCommand(args);
  const line = [command, ...all].map((arg) => `'${arg}'`).join(" ");
  const child = spawn("script", ["-qec", `stty rows ${rows} cols 100; exec ${line}`, "/dev/null"], {
    env: { ...process.env, TERM: term },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const seen = { text: "" };
  child.stdout.on("data", (data) => {
    seen.text += data;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, seen, ended };
}

describe("on a terminal", () => {
  it("there are bars with bytes, rate and time left; at the end lines, and the cursor", async (context) => {
    if (missing) return context.skip("script of util-linux is not installed here");
    const folder = useFolder();
    const held = url("ranged/1000000/held?plan=hold:420000");
    const { child, seen, ended } = onTerminal(["-o", folder.path, url("bytes/1000"), held]);
    await until(() => /held +\[#{8}\.{12}\] +42% +410\.2 KiB +[\d.]+ [KM]?i?B\/s +[\d.:]+ \w+ left/.test(seen.text));
    await until(() => seen.text.includes("1 of 2"));
    expect(seen.text).toContain(`${folder.at("1000")}: 200, 1000 B in`);
    child.stdin.write("\x03"); // as typed: the terminal makes a SIGINT of it
    expect(await ended).toBe(130);
    expect(seen.text).toContain("interrupted by SIGINT: 1 of 2 saved; 1 part is kept: --continue goes on\r\n");
    expect(seen.text.lastIndexOf("\x1b[?25h")).toBeGreaterThan(seen.text.lastIndexOf("\x1b[?25l"));
    expect(sizeOf(folder.at("held.part"))).toBe(420_000);
  });

  it("more than there are rows are counted", async (context) => {
    if (missing) return context.skip("script of util-linux is not installed here");
    const folder = useFolder();
    const urls = Array.from({ length: 30 }, (_, i) => url(`ranged/2000/n${i}?plan=hold:1000`));
    const { child, seen, ended } = onTerminal(["-o", folder.path, "--parallel", "30", ...urls], 10);
    await until(() => folder.list().length === 60 && seen.text.includes("and 23 more"));
    child.stdin.write("\x03");
    expect(await ended).toBe(130);
  });

  it("without rows, or without a cursor, there are lines", async (context) => {
    if (missing) return context.skip("script of util-linux is not installed here");
    for (const [rows, term] of [
      [0, "xterm"],
      [24, "dumb"],
    ] as const) {
      const folder = useFolder();
      const { seen, ended } = onTerminal(["-o", folder.path, url("bytes/1000")], rows, term);
      expect(await ended).toBe(0);
      expect(seen.text).toMatch(/^\S+1000: 200, 1000 B in [\d.]+ s\r\n$/);
      expect(contents(folder.at("1000")).equals(contentOf("bytes", 1000))).toBe(true);
    }
  });
});

describe("elsewhere", () => {
  it("there is a line for each, and no escape sequence", async () => {
    const folder = useFolder();
    const { code, stdout, stderr } = await get("-o", folder.path, url("bytes/2048"), url("%1b[31m/status"));
    expect({ code, stdout: stdout.length }).toEqual({ code: 0, stdout: 0 });
    expect(stderr).toContain(`${folder.at("2048")}: 200, 2.0 KiB in`);
    expect(stderr).not.toContain("\x1b");
  });

  it("what comes from a URL is shown without its control characters", async () => {
    const { stderr } = await get("http://127.0.0.1:1/\x1b[2Jx");
    expect(stderr).toMatch(/^curlew: \(\d+\) http:\/\/127\.0\.0\.1:1\/\?\[2Jx/);
  });
});

describe("a bar", () => {
  const row = (label: string, bytes: number, totalBytes?: number) => ({ label, bytes, totalBytes, continuedFrom: 0 });

  it("has what it shows in the width there is", () => {
    expect(barOf(row("a.zip", 512, 1024), 256, 90)).toBe(
      "a.zip                [##########..........]  50%       512 B       256 B/s  2.0 s left    ",
    );
    expect(barOf(row("x".repeat(100), 1, 3), 1, 90)).toMatch(/^x{18}….* 33% /);
    expect(barOf(row("a", 5_000_000), 0, 90)).toMatch(/ {2}4\.8 MiB {9}0 B\/s$/);
    expect(barOf(row("empty", 0, 0), 0, 90)).toContain("100%");
    for (const bytes of [0, 1, 2 ** 20, 2 ** 40])
      expect(barOf(row("name", bytes, 2 ** 40), bytes / 7, 90).length).toBeLessThanOrEqual(90);
  });
});
