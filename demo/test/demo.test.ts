/** `npm start` itself, after the build: what it prints for programs, and what it says when it cannot. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { nodeLibcurlMissing, uwsMissing } from "@curlew/testkit";
import { describe, expect, it } from "vitest";

const missing = nodeLibcurlMissing();
const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const start = (args: string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, ["--disable-warning=CURLEW_LIBCURL", main, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });

describe("npm start", () => {
  it("-- --json: one object as last line, a row for each loop and protocol, every file verified", {
    timeout: 120_000,
  }, () => {
    const { status, stdout, stderr } = start(["--json"]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const report = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(report.runtime).toBe(`node ${process.versions.node}`);
    expect(report.libcurl).toMatch(/^\d+\.\d+\.\d+/);
    expect(report.rows.map((row: { loop: string; protocol: string }) => `${row.loop} ${row.protocol}`)).toEqual([
      "libuv http/1.1",
      "libuv https/1.1",
      "libuv http/2",
      ...(uwsMissing() ? [] : ["libuv through uws"]),
      "epoll http/1.1",
      "epoll https/1.1",
      "epoll http/2",
      "epoll-sim simulated",
      "epoll-sim multiplexed",
      ...(missing === undefined ? ["http/1.1", "https/1.1", "http/2"].map((name) => `node-libcurl ${name}`) : []),
    ]);
    if (missing !== undefined) expect(stderr).toContain(`no row of node-libcurl: ${missing}`);
    const engines = { "epoll-sim": "model", "node-libcurl": "node-libcurl" };
    for (const row of report.rows) {
      expect(row).toMatchObject({ engine: engines[row.loop as keyof typeof engines] ?? "libcurl", failed: 0 });
      expect(row.transfers).toBeGreaterThanOrEqual(300);
      expect(row.verified).toBe(row.transfers);
      expect(row.bytes).toBeGreaterThan(50_000_000);
      const counts = [row.socketCallbacks, row.timerCallbacks, row.socketActions];
      for (const count of counts) expect(count > 0).toBe(row.loop !== "node-libcurl"); // which shows none
      expect(row.ms).toBeGreaterThan(0);
    }
  });

  it("prints a table for people", () => {
    const { status, stdout } = start(["--loop", "epoll"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^loop +engine +protocol +files +failed +verified/);
    const [, ...rows] = stdout.trimEnd().split("\n");
    expect(rows.map((row) => row.split(" ")[0])).toEqual(["epoll", "epoll", "epoll"]);
  });

  it("-- --loop NAME: that one, or why not", () => {
    const { status, stderr } = start(["--loop", "sisyphus"]);
    expect(status).toBe(1);
    expect(stderr).toContain("libuv, epoll");
  });

  it("runs the simulated rows and says how to get a libcurl where there is none, and fails", () => {
    const { status, stdout, stderr } = start(["--json"], { CURLEW_LIBCURL: "libcurl-of-nobody.so" });
    expect(status).toBe(1);
    const report = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(report.rows.map((row: { engine: string; failed: number }) => [row.engine, row.failed])).toEqual([
      ["model", 0],
      ["model", 0],
    ]);
    expect(stderr).toContain("apt install libcurl4");
  });
});
