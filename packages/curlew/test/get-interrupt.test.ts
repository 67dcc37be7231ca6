/** SIGINT and SIGTERM: parts that can be gone on with, a last line, and an end. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { contentOf } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { contents, get, getCommand, linesOf, sizeOf, startGet, useFolder } from "./get-support.js";
import { until, useServer } from "./support.js";

const server = useServer();
const SIZE = 400_000;
let count = 0;
const ranged = (plan: string) => `${server.current.http}/ranged/${SIZE}/file-${count++}?plan=${plan}`;
const nameOf = (url: string) => new URL(url).pathname.split("/").at(-1) ?? "";

for (const [signal, wanted] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  describe(signal, () => {
    it(`leaves what --continue goes on with, byte for byte, and exits with ${wanted}`, async () => {
      const folder = useFolder();
      const urls = [ranged("full"), ranged("hold:150000,full"), ranged("hold:1,full"), ranged("hold:0,full")];
      const queued = ranged("full");
      const { child, ended } = startGet(["-o", folder.path, "--json", "--parallel", "4", ...urls, queued]);
      const parts = urls.map((url) => folder.at(`${nameOf(url)}.part`));
      await until(
        () => sizeOf(parts[1] ?? "") === 150_000 && sizeOf(parts[2] ?? "") === 1 && sizeOf(parts[3] ?? "") === 0,
      );
      await until(() => sizeOf(folder.at(nameOf(queued))) === SIZE);
      child.kill(signal);
      const first = await ended;
      expect({ code: first.code, signal: first.signal }).toEqual({ code: wanted, signal: null });
      expect(first.stderr).toBe(
        `curlew: interrupted by ${signal}: 2 of 5 saved; 2 parts are kept: --continue goes on\n`,
      );
      const errors = Object.fromEntries(linesOf(first).map(({ url, error }) => [url, error]));
      expect(urls.map((url) => errors[url])).toEqual([null, "ABORTED", "ABORTED", "ABORTED"]);
      expect(folder.list().filter((name) => !name.includes(".part"))).toEqual(
        [nameOf(urls[0] ?? ""), nameOf(queued)].sort(),
      );

      const second = await get("-o", folder.path, "--continue", "--json", ...urls, queued);
      expect(second).toMatchObject({ code: 0, stderr: "" });
      const from = Object.fromEntries(linesOf(second).map((line) => [line.url, line.continuedFrom]));
      expect(urls.map((url) => from[url])).toEqual([SIZE, 150_000, 1, 0]);
      for (const url of [...urls, queued])
        expect(contents(folder.at(nameOf(url))).equals(contentOf("bytes", SIZE))).toBe(true);
      expect(folder.list()).toEqual([...urls, queued].map(nameOf).sort());
    });

    it("before any answer: nothing is left, and what waits for its turn is not sent", async () => {
      const folder = useFolder();
      const { child, ended } = startGet([
        "-o",
        folder.path,
        "--parallel",
        "1",
        `${server.current.http}/hang`,
        ranged("full"),
      ]);
      await until(() => isConnected(child.pid ?? 0));
      child.kill(signal);
      const { code, stderr } = await ended;
      expect({ code, stderr }).toEqual({ code: wanted, stderr: `curlew: interrupted by ${signal}: 0 of 2 saved\n` });
      expect(folder.list()).toEqual([]);
    });

    it("without -o ends the process by the signal itself", async () => {
      const { child, ended } = startGet([ranged("hold:1000")]);
      await new Promise((resolve) => child.stdout?.once("data", resolve));
      child.kill(signal);
      expect(await ended).toMatchObject({ signal, stderr: "" });
    });
  });

it("a second SIGINT ends at once what the first one could not", async () => {
  const folder = useFolder();
  // A disk that never answers.
  const stuck = `import { open } from "node:fs/promises";
    Object.getPrototypeOf(await open("/dev/null")).write = () => new Promise(() => setInterval(() => {}, 1000));
    process.on("SIGINT", () => process.stdout.write("heard"));`;
  const [command, args] = getCommand(["-o", folder.path, ranged("full")]);
  const child = spawn(command, ["--import", `data:text/javascript,${encodeURIComponent(stuck)}`, ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.on("close", (code) => resolve(code)));
  await until(() => folder.list().some((name) => name.endsWith(".part")));
  child.kill("SIGINT");
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(child.exitCode).toBeNull();
  child.kill("SIGINT");
  expect(await ended).toBe(130);
});

/** It has a socket to the server: by /proc, as the program says nothing while it waits. */
function isConnected(pid: number): boolean {
  const port = Number(new URL(server.current.http).port).toString(16).toUpperCase().padStart(4, "0");
  const inodes = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote = "", state]) => remote.endsWith(`:${port}`) && state === "01")
    .map((fields) => `socket:[${fields[9]}]`);
  return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.includes(linkOf(`/proc/${pid}/fd/${fd}`)));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
