/** The same requests over libcurl on a loop of ours and over node-libcurl: the same answers. */
import { libuvLoop } from "@curlew/adapter-libuv";
import { type Client, createClient, type TransferInfos } from "@curlew/core";
import { loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { sha256 } from "@curlew/testkit";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { type Example, hundredRequests } from "./hundred-requests.js";
import { nodeLibcurl, skipWithout, useClient, useServer } from "./support.js";

beforeEach(skipWithout);
const server = useServer();

/** All of it that does not depend on the moment. */
async function answerTo(client: Client, { url, options }: Example): Promise<unknown> {
  try {
    const transfer = client.request(url, options());
    const { status, httpVersion, reason, previous, rawBytes } = await transfer.head;
    const body = await transfer.bytes();
    return {
      head: { status, httpVersion, reason, previous: previous.map((head) => head.status) },
      lines: Buffer.from(rawBytes)
        .toString("latin1")
        .replace(/^date: .*$/im, ""),
      bodyBytes: body.length,
      body: sha256(body),
      trailers: [...(await transfer.trailers)],
      infos: lasting(await transfer.infos),
    };
  } catch (error) {
    const { code, curlCode, phase, partialBody } = error as Record<string, unknown>;
    return { code, curlCode, phase, partialBody };
  }
}

function lasting({ url, status, httpVersion, redirects, connection, sizes }: TransferInfos): unknown {
  const { localPort: _, opened: __, ...others } = connection; // by which connections are still open at that moment
  return { url, status, httpVersion, redirects, connection: others, sizes };
}

it("one after the other, and all at once", { timeout: 120_000 }, async (context) => {
  const library = loadLibcurl(); // first: the other then uses the same, with its own OpenSSL
  const other = nodeLibcurl().Curl.getVersion();
  if (!other.startsWith(`libcurl/${library.version} `))
    context.skip(`libcurl ${library.version} is tested here, and node-libcurl was built for ${other}`);
  const ours = createClient({ engine: () => new Multi(library), loop: libuvLoop() });
  onTestFinished(() => ours.close({ wait: false }));
  const theirs = useClient();
  const examples = hundredRequests(server.current);
  const wanted: Record<string, unknown> = {};
  const given: Record<string, unknown> = {};
  const count = { answered: 0, failed: 0 };
  for (const example of examples) {
    const expected = await answerTo(ours, example);
    wanted[example.title] = expected;
    given[example.title] = await answerTo(theirs, example);
    count[(expected as { code?: string }).code === undefined ? "answered" : "failed"]++;
  }
  console.log(`${examples.length} requests: ${count.answered} answered and ${count.failed} failed, the same over both`);
  expect(given).toEqual(wanted);
  expect(Object.keys(wanted)).toHaveLength(100);
  // But for the one that gives up after so many ms: how far it comes by then depends on the others.
  const others = examples.filter(({ title }) => title !== "a slow time-out");
  const atOnce = await Promise.all(others.map(async (one) => [one.title, await answerTo(theirs, one)]));
  expect({ ...wanted, ...Object.fromEntries(atOnce) }).toEqual(wanted);
  expect(count.failed).toBeGreaterThan(20);
});
