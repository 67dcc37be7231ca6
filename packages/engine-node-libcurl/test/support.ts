import { type Client, createClient, type Limits, type TransferEngine } from "@curlew/core";
import { loadNodeLibcurl, nodeLibcurlMissing, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, onTestFinished, type TestContext } from "vitest";
import { createNodeLibcurlEngine, type NodeLibcurl } from "../src/index.js";

/** Why nothing can be tried here. */
export const missing = nodeLibcurlMissing();

/** For `beforeEach`: skips each test, and says why. */
export function skipWithout(context: TestContext): void {
  if (missing !== undefined) context.skip(missing);
}

export const nodeLibcurl = (): NodeLibcurl => loadNodeLibcurl() as NodeLibcurl;

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

/** An engine that is closed with the test. */
export function useEngine(): TransferEngine {
  const engine = createNodeLibcurlEngine({ nodeLibcurl: nodeLibcurl() });
  onTestFinished(() => engine.close());
  return engine;
}

/** A client on one, closed with the test, whatever is under way. */
export function useClient(limits: Partial<Limits> = {}): Client {
  const client = createClient({ engine: createNodeLibcurlEngine({ nodeLibcurl: nodeLibcurl() }), limits });
  onTestFinished(() => client.close({ wait: false }));
  return client;
}

/** After that many turns of the loop what was ready has happened. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Turns the loop until the condition holds. The test's own time-out is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
