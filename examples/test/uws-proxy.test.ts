/** examples/uws-proxy under load, as it stands, in a process of its own: bytes, memory, and what is left behind. Built files: run the build. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type ClientRequest, createServer, type IncomingMessage, type RequestListener, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { contentOf, node, startServer, uwsFolder, uwsMissing } from "@curlew/testkit";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";

const missing = uwsMissing();
const BYTES = 1_048_576;
const CLIENTS = 200;
const SLOW = 50;
const LEAVING = 20;
const SLOW_BYTES_PER_SEC = 100_000;
const MOST_RESIDENT_MIB = 200;
const content = contentOf("bytes", BYTES);

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing);
});

interface Proxy {
  readonly url: string;
  readonly process: ChildProcess;
  said: string;
}

async function startProxy(upstream: string, args: string[] = [], env: Record<string, string> = {}): Promise<Proxy> {
  const file = fileURLToPath(new URL("../uws-proxy/main.js", import.meta.url));
  const child = spawn(node, ["--disable-warning=CURLEW_LIBCURL", file, upstream, "0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CURLEW_UWS: uwsFolder(), ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const proxy: Proxy = { url: "", process: child, said: "" };
  child.stderr.on("data", (text) => (proxy.said += text));
  const [url] = await once(createInterface({ input: child.stdout }), "line");
  return { ...proxy, url: url as string };
}

/** An HTTP server in this process: how many requests are under way there, and what came of those that ended. */
async function serve(listener: RequestListener) {
  const told = { url: "", underWay: 0, whole: 0, broken: 0 };
  const server = createServer((request, response) => {
    told.underWay++;
    response.on("close", () => {
      told.underWay--;
      if (response.writableFinished) told.whole++;
      else told.broken++;
    });
    request.on("error", () => {}); // who leaves
    listener(request, response);
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 });
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  told.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return told;
}

/** Takes what comes no faster than that; undefined: as it comes. Answers how many bytes were wrong. */
async function read(stream: IncomingMessage, bytesPerSec: number | undefined, atBytes?: (bytes: number) => void) {
  let at = 0;
  let wrong = 0;
  const beganMs = performance.now();
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (!chunk.equals(content.subarray(at, at + chunk.length))) wrong += chunk.length;
    at += chunk.length;
    atBytes?.(at);
    const waitMs = bytesPerSec === undefined ? 0 : beganMs + (at * 1000) / bytesPerSec - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return { bytes: at, wrong };
}

/** The most that was resident, of the proxy's process. */
function residentMiB({ process }: Proxy): number {
  const status = readFileSync(`/proc/${process.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What each client does: the first are slow, the last leave. */
const kindOf = (i: number) => (i < SLOW ? "slow" : i >= CLIENTS - LEAVING ? "leaving" : "quick");
const somewhere = () => Math.floor(Math.random() * (BYTES >> 1));

describe("examples/uws-proxy, 200 clients at once, 50 of them slow, 20 that leave", () => {
  it("downloads of 1 MiB: 0 wrong bytes, under 200 MiB, nothing left behind", { timeout: 120_000 }, async () => {
    const upstream = await serve(({ url }, response) => {
      response.setHeader("Content-Length", BYTES);
      // Who leaves is sent no more than that: the rest waits until the server hears that he has left.
      if (kindOf(Number(url?.slice(1))) === "leaving") response.write(content.subarray(0, BYTES >> 1));
      else response.end(content);
    });
    const proxy = await startProxy(upstream.url);
    const clients = Array.from({ length: CLIENTS }, async (_, i) => {
      const kind = kindOf(i);
      const asked = request(`${proxy.url}/${i}`, { agent: false }).end();
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      const leaveAt = kind === "leaving" ? somewhere() : Number.POSITIVE_INFINITY;
      const leave = (bytes: number): unknown => bytes > leaveAt && asked.destroy();
      const speed = kind === "slow" ? SLOW_BYTES_PER_SEC : undefined;
      return read(response, speed, leave).catch(() => ({ bytes: leaveAt, wrong: 0 }));
    });
    const results = await Promise.all(clients);
    await until(() => upstream.underWay === 0);
    const memory = residentMiB(proxy);
    console.log(`downloads: ${memory.toFixed(0)} MiB resident, upstream ${JSON.stringify(upstream)}`);
    expect(results.reduce((sum, { wrong }) => sum + wrong, 0)).toBe(0);
    expect(results.slice(0, -LEAVING).filter(({ bytes }) => bytes !== BYTES)).toEqual([]);
    expect(memory).toBeLessThan(MOST_RESIDENT_MIB);
    expect(upstream).toMatchObject({ whole: CLIENTS - LEAVING, broken: LEAVING });
    expect(await (await fetch(`${proxy.url}/0`)).arrayBuffer()).toHaveProperty("byteLength", BYTES);
  });

  it("uploads of 1 MiB: the same the other way", { timeout: 120_000 }, async () => {
    let wrong = 0;
    const arrived = new Map<string, number>();
    const upstream = await serve(async (incoming, response) => {
      const i = Number(incoming.url?.slice(1));
      const came = await read(incoming, kindOf(i) === "slow" ? SLOW_BYTES_PER_SEC : undefined).catch(() => undefined);
      if (!came) return;
      arrived.set(String(i), came.bytes);
      wrong += came.wrong;
      response.end("thanks");
    });
    const proxy = await startProxy(upstream.url);
    const clients = Array.from({ length: CLIENTS }, async (_, i) => {
      const asked = request(`${proxy.url}/${i}`, {
        agent: false,
        method: "PUT",
        headers: i % 2 ? { "Content-Length": BYTES } : {}, // else in chunks
      });
      asked.on("error", () => {});
      if (kindOf(i) === "leaving") return sendAndLeave(asked);
      asked.end(content);
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(200);
    });
    await Promise.all(clients);
    await until(() => upstream.underWay === 0);
    const memory = residentMiB(proxy);
    console.log(`uploads: ${memory.toFixed(0)} MiB resident, upstream ${JSON.stringify(upstream)}`);
    expect(wrong).toBe(0);
    expect(arrived.size).toBe(CLIENTS - LEAVING);
    expect([...arrived.values()].filter((bytes) => bytes !== BYTES)).toEqual([]);
    expect(memory).toBeLessThan(MOST_RESIDENT_MIB);
  });
});

describe("examples/uws-proxy", () => {
  it("speaks HTTP/2 to the server behind, says who is asking, and lives whatever comes", {
    timeout: 60_000,
  }, async () => {
    const upstream = await startServer();
    onTestFinished(() => upstream.stop());
    const proxy = await startProxy(upstream.http2, [upstream.caFile], { IDLE_TIMEOUT_S: "1" });
    const status = async (path: string) => (await fetch(`${proxy.url}${path}`).catch(() => ({ status: 0 }))).status;
    const echo = await fetch(`${proxy.url}/echo?a=b`, { headers: { "X-One": "1", Forwarded: "for=192.0.2.1" } });
    const { headers } = (await echo.json()) as { headers: Record<string, string> };
    expect(headers).toMatchObject({ "x-one": "1", "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http" });
    expect(headers.forwarded).toMatch(/^for=192.0.2.1, for=127.0.0.1;host="127.0.0.1:\d+";proto=http$/);
    const answers = await Promise.all(["/hang", "/headers/300000", "/redirect/1", "/status/404"].map(status));
    expect(answers.slice(0, 2)).toEqual([504, 502]);
    expect(answers[3]).toBe(404);
    expect((await fetch(`${proxy.url}/redirect/1`, { redirect: "manual" })).headers.get("location")).toBe(
      "/redirect/0",
    );
    for (const line of ["GET @example.com/ HTTP/1.1", "TRACE / HTTP/1.1", "OPTIONS * HTTP/1.1"])
      expect([400, 505]).toContain(await statusOf(proxy.url, line)); // some uWS refuses by itself
    expect(await status("/bytes/1000")).toBe(200);
    await upstream.stop();
    expect(await status("/bytes/1000")).toBe(502);
    expect(proxy.process.exitCode).toBe(null);
  });
});

/** What is answered to that line. */
async function statusOf(url: string, line: string): Promise<number> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(`${line}\r\nHost: x\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return Number(answer.toString().split(" ")[1]);
}

/** Some of the body, and then the connection is gone. */
async function sendAndLeave(asked: ClientRequest): Promise<void> {
  await new Promise<void>((resolve) => asked.write(content.subarray(0, somewhere()), () => resolve()));
  asked.destroy();
}
