import {
  type CurlewError,
  createClient as createCoreClient,
  Driver,
  type DriverOptions,
  type LoopAdapter,
  type Outcome,
  type Transfer,
  type TransferEngine,
} from "@curlew/core";
import { type Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { createNodeLibcurlEngine, type NodeLibcurl } from "@curlew/engine-node-libcurl";
import { loadNodeLibcurl } from "@curlew/testkit";
import { onTestFinished } from "vitest";
import {
  type Client,
  type ClientOptions,
  createClient,
  createTransfers,
  type TransferRequest,
  type TransfersOptions,
} from "../src/index.js";
import { openLoop } from "../src/loops.js";
import { ports } from "../src/ports.js";

export { turns, until, useServer } from "@curlew/testkit/in-tests";

/** The loop these tests are run on; undefined: the first that works here. vitest.config.ts sets it, and runtimes/main.mjs. */
const loopName = process.env.CURLEW_TEST_LOOP;

export const openTestLoop = (): LoopAdapter => openLoop(loopName);

/** Transfers that are closed with the test. */
export function useTransfers(options: TransfersOptions = {}): TransferEngine {
  const transfers = createTransfers(loopName === undefined ? options : { loop: loopName, ...options });
  onTestFinished(() => transfers.close());
  return transfers;
}

/** Another engine than libcurl on a loop, which the client's tests are run over. */
export const otherEngine = process.env.CURLEW_TEST_ENGINE;

/** A client that is closed with the test, whatever is under way. */
export function useClient(options: ClientOptions = {}): Client {
  const client =
    otherEngine === undefined
      ? createClient(loopName === undefined ? options : { loop: loopName, ...options })
      : overNodeLibcurl(options);
  onTestFinished(() => client.close({ wait: false }));
  return client;
}

function overNodeLibcurl({ limits, ...others }: ClientOptions): Client {
  if (Object.keys(others).length > 0) throw new Error(`it has none of ${Object.keys(others).join(", ")}`);
  const engine = createNodeLibcurlEngine({ nodeLibcurl: loadNodeLibcurl() as NodeLibcurl });
  return createCoreClient({ engine, limits, ports });
}

/** A driver of raw handles, closed with the test. */
export function useDriver(options: Partial<DriverOptions<Easy>> & { multi?: Multi } = {}): Driver<Easy> {
  const engine = options.multi ?? new Multi(loadLibcurl());
  const driver = new Driver<Easy>({ engine, loop: openTestLoop(), ports, ...options });
  onTestFinished(() => driver.close());
  return driver;
}

/** All of a transfer. */
export interface Result {
  readonly error: CurlewError | undefined;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly headers: string;
  readonly body: Buffer;
  readonly trailers: string;
  readonly infos: Record<string, unknown>;
}

const INFOS = ["RESPONSE_CODE", "HTTP_VERSION", "NUM_CONNECTS", "EFFECTIVE_URL", "REDIRECT_COUNT", "SIZE_UPLOAD_T"];

/** Runs a transfer to its end; `started` gets it while it is under way. */
export function run(
  transfers: TransferEngine,
  request: TransferRequest,
  hooks: { started?: (transfer: Transfer) => void; chunk?: (bytes: Uint8Array) => void; drain?: () => void } = {},
): Promise<Result> {
  const headers: Uint8Array[] = [];
  const body: Uint8Array[] = [];
  const trailers: Uint8Array[] = [];
  return new Promise((resolve) => {
    const transfer = transfers.start(request, {
      headers: (bytes) => headers.push(bytes),
      chunk(bytes) {
        body.push(bytes);
        hooks.chunk?.(bytes);
      },
      trailers: (bytes) => trailers.push(bytes),
      drain: () => hooks.drain?.(),
      outcome(outcome: Outcome) {
        const infos = Object.fromEntries(INFOS.map((info) => [info, outcome.getinfo(info)]));
        resolve({
          error: outcome.error,
          status: Number(infos.RESPONSE_CODE),
          headers: Buffer.concat(headers).toString(),
          body: Buffer.concat(body),
          trailers: Buffer.concat(trailers).toString(),
          infos,
        });
      },
    });
    hooks.started?.(transfer);
  });
}
