// holding-client.mjs URL COUNT: so many transfers at once, and what each added to what is resident. Needs --expose-gc.
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "curlew";

const [url, count] = process.argv.slice(2);
const transfers = Number(count);
const client = createClient({ limits: { transfers, transfersPerHost: transfers } });

/** Resident bytes once nothing moves any more. */
async function resident() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await pause(50);
  }
  return process.memoryUsage.rss();
}

/** A transfer of which whatever comes is read; how many bytes those were is added up. */
let received = 0;
const held = [];
function hold() {
  const transfer = client.request(url);
  held.push(transfer);
  void read(transfer).catch(() => {});
}

async function read({ body }) {
  for await (const chunk of body) received += chunk.length;
}

async function settled() {
  for (let before = -1; before !== received || client.size.queued > 0; ) {
    before = received;
    await pause(500);
  }
}

hold(); // what is made once is there
await settled();
const before = await resident();
for (let i = 1; i < transfers; i++) hold();
await settled();
const bytesPerTransfer = ((await resident()) - before) / (transfers - 1);
process.stdout.write(`${JSON.stringify({ bytesPerTransfer, received })}\n`);
process.stdin.resume().on("end", () => process.exit());
