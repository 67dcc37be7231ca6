// The same in a worker: workerData is { url, state, way }. "terminate" waits to be terminated.
import { parentPort, workerData } from "node:worker_threads";
import { createTransfers } from "curlew";

const { url, state, way } = workerData;
const transfers = createTransfers({ loop: process.env.CURLEW_TEST_LOOP });
let chunks = 0;

function end() {
  parentPort.postMessage(state);
  if (way === "exit") process.exit(7);
  if (way === "throw")
    setImmediate(() => {
      throw new Error("thrown on purpose");
    });
  if (way === "exit in a callback")
    transfers.start({ url: `${url}/bytes/100` }, { chunk: () => process.exit(7), outcome() {} });
  if (way === "terminate") setInterval(() => {}, 1000);
}

if (state === "idle") {
  transfers.start({ url: `${url}/bytes/1000` }, { outcome: end });
} else {
  transfers.start({ url: `${url}/hang` }, { outcome() {} });
  // A download that is going on as well, so that callbacks come while the worker ends.
  transfers.start({ url: `${url}/bytes/20000000` }, { chunk: () => ++chunks === 1 && end(), outcome() {} });
}
