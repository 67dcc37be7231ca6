/** The examples of RxJS, run as they stand, on local servers. Built files: run the build. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { node } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";

function start(name: string, ...args: string[]) {
  const file = fileURLToPath(new URL(`../${name}/main.js`, import.meta.url));
  const child = spawn(node, ["--disable-warning=CURLEW_LIBCURL", file, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Runs it to its end: what it wrote. */
async function run(name: string, ...args: string[]): Promise<string> {
  const child = start(name, ...args);
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(code).toBe(0);
  return said;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("examples/rxjs-crawl", () => {
  it("visits every page of the site once, tries again what fails, and keeps to its 20 at once", async () => {
    const asked = new Map<string, number>();
    let atOnce = 0;
    let most = 0;
    const origin = await serve((request, response) => {
      const path = request.url ?? "";
      const times = (asked.get(path) ?? 0) + 1;
      asked.set(path, times);
      most = Math.max(most, ++atOnce);
      const links =
        path === "/"
          ? Array.from({ length: 60 }, (_, i) => `<a href="/page/${i}">`)
          : ['<a href="/">', '<a href="/deep">', '<a class="x" href="https://elsewhere.test/">'];
      if (path === "/page/7" && times < 3) response.statusCode = 503;
      if (path === "/page/8") response.statusCode = 404;
      setTimeout(() => {
        atOnce--;
        response.end(links.join("\n"));
      }, 5);
    });
    const lines = (await run("rxjs-crawl", `${origin}/`)).trim().split("\n");
    const visited = lines.map((line) => line.split(" ")[0]?.slice(origin.length));
    expect(new Set(visited).size).toBe(62);
    expect(lines).toHaveLength(62);
    expect(lines.filter((line) => line.includes("failed"))).toEqual([expect.stringContaining("/page/8 failed")]);
    expect([asked.get("/page/7"), asked.get("/page/8"), asked.get("/deep")]).toEqual([3, 4, 1]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(20);
  });
});

describe("examples/rxjs-progress", () => {
  it("ends with all of it, in one line", async () => {
    const origin = await serve((request, response) => {
      const size = Number(request.url?.slice(1));
      response.setHeader("Content-Length", size);
      response.end(Buffer.alloc(size));
    });
    const urls = [1000, 2_000_000, 0].map((size) => `${origin}/${size}`);
    const said = await run("rxjs-progress", ...urls, "http://127.0.0.1:1/");
    expect(said.match(/\n/g)).toHaveLength(1);
    expect(said.split("\r").at(-1)?.trim()).toBe("4 of 4 done, 1 failed, 2001000 of 2001000 bytes");
  });
});

describe("examples/rxjs-type-ahead", () => {
  it("cancels the former request, and tells the last one's answer", async () => {
    const cancelled: string[] = [];
    const heard: (() => void)[] = [];
    const origin = await serve((request, response) => {
      const typed = request.url ?? "";
      heard.shift()?.();
      response.on("close", () => response.writableEnded || cancelled.push(typed));
      if (typed === "/?q=cur%20l") response.end("curl, curlew");
    });
    const child = start("rxjs-type-ahead", `${origin}/?q=`);
    for (const typed of ["c", "cu", "cur l"]) {
      const asked = new Promise<void>((resolve) => heard.push(resolve));
      child.stdin.write(`${typed}\n`);
      await asked;
    }
    child.stdin.end();
    expect(await text(child.stdout)).toBe("cur l: curl, curlew\n");
    expect(cancelled).toEqual(["/?q=c", "/?q=cu"]);
  });
});

describe("examples/rxjs-virtual-time", () => {
  it("lets minutes pass in much less", async () => {
    expect(await run("rxjs-virtual-time")).toMatch(
      /^asked after 0, 1.5, 2.5, 12.5, 22.5 minutes, in \d+ ms of real time\n$/,
    );
  });
});
