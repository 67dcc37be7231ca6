/** Connections are kept for as many transfers as there were, not for as many as there are (CURLMOPT_MAXCONNECTS). */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Client, createClient as createCoreClient } from "@curlew/core";
import { loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../src/index.js";
import { openLoop } from "../src/loops.js";

let client: Client;
let servers: Server[];
let connections: number;

beforeEach(() => {
  client = createClient();
  servers = [];
  connections = 0;
});

afterEach(async () => {
  await client.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** Answers once `together` requests are there. */
async function serve(together = () => 1): Promise<string> {
  const waiting: (() => void)[] = [];
  const server = createServer((_request, response) => {
    waiting.push(() => response.end("ok"));
    if (waiting.length === together()) for (const answer of waiting.splice(0)) answer();
  });
  server.keepAliveTimeout = 0;
  server.on("connection", () => connections++);
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe("a client", () => {
  it("keeps the connections of ten servers that it asks in turn", async () => {
    const urls = [];
    for (let i = 0; i < 10; i++) urls.push(await serve());
    for (let round = 0; round < 3; round++) for (const url of urls) expect(await client.request(url).text()).toBe("ok");
    expect(connections).toBe(10);
  });

  it("keeps no more than 64 of those, so that others have descriptors, too", async () => {
    const urls = [];
    for (let i = 0; i < 80; i++) urls.push(await serve());
    for (const url of urls) expect(await client.request(url).text()).toBe("ok");
    const open = servers.map((server) => new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n))));
    const kept = (await Promise.all(open)).reduce((sum, n) => sum + n);
    console.log(`of 80 connections ${kept} are open`);
    expect(kept).toBeLessThanOrEqual(65); // one more while it is told that it was closed
    for (const url of urls.slice(-40)) await client.request(url).text();
    expect(connections).toBe(80);
  });

  it("keeps as many as its user says, who brings the multi", async () => {
    const multi = new Multi(loadLibcurl());
    multi.setopt("MAXCONNECTS", 3);
    const own = createCoreClient({ engine: () => multi, loop: openLoop() });
    const urls = [];
    for (let i = 0; i < 5; i++) urls.push(await serve());
    for (let round = 0; round < 2; round++) for (const url of urls) expect(await own.request(url).text()).toBe("ok");
    await own.close();
    expect(connections).toBeGreaterThan(5); // 10, or 9 where the oldest are of the same ms
  });

  it("keeps those of forty transfers while there is one", async () => {
    let together = 40;
    const url = await serve(() => together);
    const all = (): Promise<string[]> =>
      Promise.all(Array.from({ length: together }, () => client.request(url).text()));
    await all();
    together = 1;
    await all();
    together = 40;
    await all();
    expect(connections).toBe(40);
  });
});
