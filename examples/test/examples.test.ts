/** The examples are run as they stand, on a local server. Built files: run the build. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { node, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const fileOf = (name: string): string => fileURLToPath(new URL(`../${name}/main.js`, import.meta.url));

/** Has a program write what it cost, as the last thing it does. */
const METER = "data:text/javascript,process.on('exit',()=>process.stderr.write(JSON.stringify(process.cpuUsage())))";

function run(name: string, urls: readonly string[]): Promise<{ stdout: string; stderr: string; cpuMs: number }> {
  const args = ["--disable-warning=CURLEW_LIBCURL", "--import", METER, fileOf(name), ...urls];
  return new Promise((resolve, reject) => {
    execFile(node, args, { timeout: 30_000 }, (error, stdout, said) => {
      if (error) return reject(error);
      const cost = said.slice(said.lastIndexOf("{"));
      const { user, system } = JSON.parse(cost);
      resolve({ stdout, stderr: said.slice(0, -cost.length), cpuMs: (user + system) / 1000 });
    });
  });
}

describe.each(["nine-steps", "own-loop"])("examples/%s", (name) => {
  it("transfers what it is told, all at once, and says what became of each", async () => {
    const urls = ["/bytes/1000000", "/delay/200", "/redirect/1", "/bytes/0"].map((path) => server.http + path);
    const { stdout, stderr } = await run(name, [...urls, "http://127.0.0.1:1/", "http://[::/"]);
    expect(stderr).toBe("");
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines).toEqual(
      expect.arrayContaining([
        `${urls[0]} 200, 1000000 bytes`,
        `${urls[1]} 200, 4 bytes`,
        `${urls[2]} 302, 9 bytes`,
        `${urls[3]} 200, 0 bytes`,
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:1\/ .*connect/),
        expect.stringMatching(/^http:\/\/\[::\/ .*URL/),
      ]),
    );
  });

  it("says what became of a transfer that ends in the first call", async () => {
    const { stdout, stderr } = await run(name, ["http://[::/"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^http:\/\/\[::\/ .*URL.*\n$/);
  });

  it("waits instead of spinning", async () => {
    const idle = await run(name, []);
    const waiting = await run(name, [`${server.http}/delay/1000`]);
    expect(waiting.stdout).toContain("200, 4 bytes");
    const ms = waiting.cpuMs - idle.cpuMs;
    console.log(`examples/${name}: ${ms.toFixed(0)} ms of CPU for an answer that takes 1000 ms`);
    expect(ms).toBeLessThan(500); // a spin takes all of it
  });

  it("ends at once without anything to do", async () => {
    expect(await run(name, [])).toMatchObject({ stdout: "", stderr: "" });
  });
});

describe("examples/nine-steps", () => {
  it("has every step of the page, in order", () => {
    const steps = [...readFileSync(fileOf("nine-steps"), "utf8").matchAll(/Step (\d)\./g)].map(([, n]) => Number(n));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

it("examples/uws-proxy has less than 60 lines of code, as its README says", () => {
  const lines = readFileSync(fileOf("uws-proxy"), "utf8").split("\n");
  const code = lines.filter((line) => !/^\s*(\/\/|\/\*|\*|$)/.test(line));
  console.log(`${code.length} lines of code, ${lines.length - 1} in all`);
  expect(code.length).toBeLessThan(60);
});
