// Moves a big body through the client, slowly, and tells how much memory that took. Arguments: "down" or "up", URL, bytes.
import { createHash } from "node:crypto";
import { createClient } from "curlew";

const [direction, url, bytes] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const client = process.env.CURLEW_TEST_ENGINE
  ? await overNodeLibcurl()
  : createClient(process.env.CURLEW_TEST_LOOP ? { loop: process.env.CURLEW_TEST_LOOP } : {});
const hash = createHash("sha256");
let mostRss = 0;
const measure = () => {
  mostRss = Math.max(mostRss, process.memoryUsage.rss());
};
const breath = () => new Promise((resolve) => setImmediate(resolve));

/** Loaded only where it is wanted: what tests bring along has its own memory. */
async function overNodeLibcurl() {
  const [{ createClient: createCoreClient }, { createNodeLibcurlEngine }, { loadNodeLibcurl }] = await Promise.all([
    import("@curlew/core"),
    import("@curlew/engine-node-libcurl"),
    import("@curlew/testkit"),
  ]);
  return createCoreClient({ engine: createNodeLibcurlEngine({ nodeLibcurl: loadNodeLibcurl() }) });
}

/** The same bytes as the server's. */
async function* slowSource() {
  const piece = Buffer.alloc(65_536);
  for (let sent = 0; sent < bytes; sent += piece.length) {
    piece.fill((sent / piece.length) & 255);
    const part = piece.subarray(0, Math.min(piece.length, bytes - sent));
    hash.update(part);
    yield part;
    await breath();
    measure();
  }
}

let told = {};
let received = 0;
if (direction === "down") {
  let chunks = 0;
  for await (const chunk of client.request(url).body) {
    hash.update(chunk);
    received += chunk.length;
    if (++chunks % 4 === 0) await breath();
    measure();
  }
} else {
  told = await client.request(url, { method: "PUT", body: slowSource() }).json();
}
console.log(JSON.stringify({ sha256: hash.digest("hex"), received, told, mostRssMiB: Math.round(mostRss / 2 ** 20) }));
await client.close();
