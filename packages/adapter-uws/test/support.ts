import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import { type AddressInfo, connect } from "node:net";
import { libuvLoop } from "@curlew/adapter-libuv";
import { type Client, createClient, type Limits } from "@curlew/core";
import { loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { uwsFolder, uwsMissing } from "@curlew/testkit";
import { beforeEach, onTestFinished } from "vitest";
import type { UwsResponse } from "../src/index.js";

export { useServer } from "@curlew/testkit/in-tests";

/** What tests use of the library besides a response. */
export interface UwsRequest {
  getMethod(): string;
  getCaseSensitiveMethod(): string;
  getUrl(): string;
  getHeader(name: string): string;
  forEach(tell: (name: string, value: string) => void): void;
}
export type Handler = (res: UwsResponse & Own, req: UwsRequest) => void;
/** What only users use. */
interface Own {
  getRemoteAddressAsText(): ArrayBuffer;
}
interface App {
  any(pattern: string, handler: Handler): App;
  listen(host: string, port: number, listening: (socket: object | false) => void): App;
  close(): App;
}
interface Uws {
  App(): App;
  us_socket_local_port(socket: object): number;
}

const missing = uwsMissing();

/** The tests of a file are on the real library, or skipped with the reason. */
export function useUws(): void {
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
  });
}

/** Serves with uWS until the test ends: "http://127.0.0.1:40123". */
export function serve(handler: Handler): Promise<string> {
  const uws = createRequire(import.meta.url)(uwsFolder() ?? "") as Uws;
  return new Promise((resolve, reject) => {
    const app = uws.App().any("/*", handler);
    onTestFinished(() => void app.close());
    app.listen("127.0.0.1", 0, (socket) => {
      if (socket) resolve(`http://127.0.0.1:${uws.us_socket_local_port(socket)}`);
      else reject(new Error("it does not listen"));
    });
  });
}

/** A client on the loop that uWS is on, closed with the test. */
export function useClient(limits: Partial<Limits> = {}): Client {
  const client = createClient({ engine: () => new Multi(loadLibcurl()), loop: libuvLoop(), limits });
  onTestFinished(() => client.close({ wait: false }));
  return client;
}

/** Turns the loop until the condition holds. The test's own time-out is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A server of the test's own behind it, in this process. */
export async function behind(listener: RequestListener): Promise<string> {
  const server = createServer({ maxHeaderSize: 1_048_576 }, (request, response) => {
    request.on("error", () => {}); // who leaves
    listener(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A connection that says what it is told to say, and keeps all that comes. */
export async function raw(url: string, text: string) {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const told = { socket, text: "", closed: false };
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.on("close", () => (told.closed = true));
  socket.on("data", (bytes) => (told.text += bytes.toString("latin1")));
  await once(socket, "connect");
  socket.write(text);
  return told;
}
