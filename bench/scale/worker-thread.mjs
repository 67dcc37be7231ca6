import { parentPort, workerData } from "node:worker_threads";
import { open } from "../clients/curlew.mjs";
import { fullLoad, promised } from "../workload.mjs";

const start = promised(open(workerData).request);
parentPort.on("message", async (count) => {
  parentPort.postMessage(await fullLoad(start, { ...workerData, count }));
});
