// One transfer, then an end: node exit.mjs URL STATE WAY
//   STATE  idle: the transfer is done and the connection is in the pool; inflight: it will never be answered
//   WAY    natural, exit, throw, reject, signal (waits for one), close
// Prints "idle" or "inflight" with the time when that state is reached.
import { createTransfers } from "curlew";

const [url, state, way] = process.argv.slice(2);
const transfers = createTransfers({ loop: process.env.CURLEW_TEST_LOOP });

function end() {
  process.stdout.write(`${state} ${Date.now()}\n`);
  if (way === "exit") process.exit(7);
  if (way === "throw")
    setImmediate(() => {
      throw new Error("thrown on purpose");
    });
  if (way === "reject") Promise.reject(new Error("rejected on purpose"));
  if (way === "close") void transfers.close();
  if (way === "signal") setInterval(() => {}, 1000);
}

transfers.start(
  { url: state === "idle" ? `${url}/bytes/1000` : `${url}/hang` },
  {
    outcome({ error }) {
      if (state === "idle") end();
      else process.stdout.write(`outcome ${error?.code}\n`);
    },
  },
);
if (state === "inflight") setTimeout(end, 50);
