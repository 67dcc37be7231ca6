import { findUws, pipeToResponse, type UwsResponse } from "@curlew/adapter-uws";
import { uwsFolder } from "@curlew/testkit";
import { createClient } from "curlew";

/** What is used of uWebSockets.js besides its responses. */
interface Uws {
  App(): App;
  us_socket_local_port(socket: object): number;
}
interface App {
  get(pattern: string, handler: (res: UwsResponse, req: { getUrl(): string }) => void): App;
  listen(host: string, port: number, listening: (socket: object | false) => void): App;
  close(): App;
}

/**
 * A uWS server in this process that asks another for what it is asked: uWS and libcurl on Node's one loop.
 * @throws CurlewError NO_UWS
 */
export async function startUws(origin: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  process.env.CURLEW_UWS ??= uwsFolder();
  const { App, us_socket_local_port } = findUws() as Uws;
  const client = createClient({ loop: "libuv" });
  const app = App().get("/*", (res, req) => void pipeToResponse(client.request(`${origin}${req.getUrl()}`), res));
  const port = await new Promise<number>((resolve, reject) => {
    app.listen("127.0.0.1", 0, (socket) =>
      socket ? resolve(us_socket_local_port(socket)) : reject(new Error("uWS does not listen")),
    );
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      app.close();
      await client.close();
    },
  };
}
