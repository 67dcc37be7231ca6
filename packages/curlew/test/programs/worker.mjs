// The same in a worker: workerData is { url, state, way }. "terminate" waits to be terminated.
import { parentPort, workerData } from "node:worker_threads";
import { epollLoop } from "@curlew/adapter-epoll";
import { libuvLoop } from "@curlew/adapter-libuv";
import { Driver } from "@curlew/core";
import { Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { createTransfers } from "curlew";

const { url, state, way } = workerData;
const transfers = createTransfers({ loop: process.env.CURLEW_TEST_LOOP });
const testLoop = process.env.CURLEW_TEST_LOOP === "epoll" ? epollLoop : libuvLoop;
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

/**
 * Inside libcurl, in the middle of a batch: callbacks that come after this cannot run JavaScript, so sockets are closed
 * that nobody unwatched, some of them watched since the loop last polled.
 */
function exitInsideLibcurl() {
  const library = loadLibcurl();
  const pauseToGatherABatch = (_fd, action) => {
    if (action === 1) for (const end = performance.now() + 10; performance.now() < end; );
  };
  const observers = { socket: pauseToGatherABatch };
  const driver = new Driver({ engine: new Multi(library), loop: testLoop(), observers });
  for (let i = 0; i < 24; i++) {
    const easy = new Easy(library);
    easy.setopt("URL", `${url}/bytes/300000`);
    easy.setopt("WRITEFUNCTION", () => process.exit(7));
    driver.add(easy, { outcome() {} });
  }
}

if (way === "exit inside libcurl") exitInsideLibcurl();
else if (state === "idle") {
  transfers.start({ url: `${url}/bytes/1000` }, { outcome: end });
} else {
  transfers.start({ url: `${url}/hang` }, { outcome() {} });
  // A download that is going on as well, so that callbacks come while the worker ends.
  transfers.start({ url: `${url}/bytes/20000000` }, { chunk: () => ++chunks === 1 && end(), outcome() {} });
}
