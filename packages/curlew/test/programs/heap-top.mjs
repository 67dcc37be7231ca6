// Many small transfers whose buffers are large; says how often the C library gave memory back meanwhile.
import { readFileSync } from "node:fs";
import { createClient } from "curlew";

const [, , url, times] = process.argv;
const client = createClient();

/** Where the C library's heap ends (proc(5), maps). */
const top = () => Number(`0x${/-([0-9a-f]+) .*\[heap\]/.exec(readFileSync("/proc/self/maps", "latin1"))[1]}`);

let [left, last, lower] = [Number(times), top(), 0];
async function transfers() {
  while (left-- > 0) {
    await client.request(url, { curl: { BUFFERSIZE: 393_216 } }).text();
    const now = top();
    if (now < last) lower++;
    last = now;
  }
}

await Promise.all([transfers(), transfers(), transfers(), transfers()]);
console.log(lower);
await client.close();
