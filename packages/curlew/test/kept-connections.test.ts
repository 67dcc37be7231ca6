/** Connections are kept for as many transfers as there may be, not for as many as there are (CURLMOPT_MAXCONNECTS). */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "@curlew/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../src/index.js";

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
