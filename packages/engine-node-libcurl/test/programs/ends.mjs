// How a process ends: "close", "leave" (without closing) and "paused" (a transfer that stands still). Prints how long it took to
// end once its last transfer was done.
import { createClient } from "@curlew/core";
import { createNodeLibcurlEngine } from "@curlew/engine-node-libcurl";
import { loadNodeLibcurl } from "@curlew/testkit";

const [how, url, https, CAINFO] = process.argv.slice(2);
const client = createClient({ engine: createNodeLibcurlEngine({ nodeLibcurl: loadNodeLibcurl() }) });

if (how === "paused") {
  const transfer = client.request(url, { highWaterBytes: 50_000 });
  await transfer.head;
  transfer.pause();
  // It holds nothing itself: that it runs shows that the transfer does.
  setTimeout(() => {
    process.stdout.write("still here\n");
    void client.close({ wait: false });
  }, 300).unref();
} else {
  // An idle TLS connection is kept, too.
  if (https) await client.request(`${https}/bytes/10`, { curl: { CAINFO } }).bytes();
  const { length } = await client.request(url).bytes();
  const began = performance.now();
  process.on("exit", () => process.stdout.write(`${length} bytes, then ${Math.round(performance.now() - began)} ms\n`));
  if (how === "close") await client.close();
}
