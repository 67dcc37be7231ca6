import { type Client, createClient, type Limits, type TransferEngine } from "@curlew/core";
import { loadNodeLibcurl, nodeLibcurlMissing } from "@curlew/testkit";
import { onTestFinished, type TestContext } from "vitest";
import { createNodeLibcurlEngine, type NodeLibcurl } from "../src/index.js";

export { turns, until, useServer } from "@curlew/testkit/in-tests";

/** Why nothing can be tried here. */
export const missing = nodeLibcurlMissing();

/** For `beforeEach`: skips each test, and says why. */
export function skipWithout(context: TestContext): void {
  if (missing !== undefined) context.skip(missing);
}

export const nodeLibcurl = (): NodeLibcurl => loadNodeLibcurl() as NodeLibcurl;

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
