import { createClient as createCoreClient, type LoopError, type LoopSink } from "@curlew/core";
import { createNodeLibcurlEngine, type NodeLibcurl } from "@curlew/engine-node-libcurl";
import { loadNodeLibcurl, startServer, type TestServer } from "@curlew/testkit";
import { type Client, type ClientOptions, createClient } from "curlew";
import { afterAll, beforeAll, onTestFinished } from "vitest";

/** The loop these tests are run on; undefined: the first that works here. */
const loop = process.env.CURLEW_TEST_LOOP;

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

/** A client that is closed with the test, whatever is under way. */
export function useClient(options: ClientOptions = {}): Client {
  const client = process.env.CURLEW_TEST_ENGINE
    ? overNodeLibcurl(options)
    : createClient(loop === undefined ? options : { loop, ...options });
  onTestFinished(() => client.close({ wait: false }));
  return client;
}

function overNodeLibcurl({ limits }: ClientOptions): Client {
  return createCoreClient({
    engine: createNodeLibcurlEngine({ nodeLibcurl: loadNodeLibcurl() as NodeLibcurl }),
    limits,
  });
}

/** Turns the loop until the condition holds. The test's own time-out is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** After that many turns of the loop what was ready has happened. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A sink that notes what it is told. */
export function noted(): { log: string[]; sink: LoopSink; failures: LoopError[] } {
  const log: string[] = [];
  const failures: LoopError[] = [];
  return {
    log,
    failures,
    sink: {
      ready: (fd, bits) => void log.push(`ready ${fd} ${bits}`),
      batchEnd: () => void log.push("batchEnd"),
      expired: () => void log.push("expired"),
      failed(error) {
        failures.push(error);
        log.push("failed");
      },
    },
  };
}
