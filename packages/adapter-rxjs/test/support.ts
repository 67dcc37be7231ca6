import { epollLoop } from "@curlew/adapter-epoll";
import { libuvLoop } from "@curlew/adapter-libuv";
import { createClient as createCoreClient, type LoopAdapter, type LoopError, type LoopSink } from "@curlew/core";
import { createNodeLibcurlEngine, type NodeLibcurl } from "@curlew/engine-node-libcurl";
import { loadNodeLibcurl } from "@curlew/testkit";
import { type Client, type ClientOptions, createClient } from "curlew";
import { onTestFinished } from "vitest";

export { turns, until, useServer } from "@curlew/testkit/in-tests";

/** The loop these tests are run on; undefined: the first that works here. */
const loop = process.env.CURLEW_TEST_LOOP;

export const openTestLoop = (): LoopAdapter => (loop === "epoll" ? epollLoop() : libuvLoop());

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
