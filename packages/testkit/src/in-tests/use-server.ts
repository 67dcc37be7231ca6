import { startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll } from "vitest";

/** A server for the tests of a file. */
export function useServer(): { readonly current: TestServer } {
  let server: TestServer | undefined;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());
  return {
    get current() {
      if (!server) throw new Error("the server is not there yet");
      return server;
    },
  };
}
