// Arms a timer and does not hold, with the loop's own timers or asyncScheduler's: hold.mjs own|async
import { epollLoop } from "@curlew/adapter-epoll";
import { libuvLoop } from "@curlew/adapter-libuv";
import { fromLoop, rxjsLoop } from "@curlew/adapter-rxjs";
import { asyncScheduler } from "rxjs";

const options = process.argv[2] === "async" ? { scheduler: asyncScheduler } : {};
const loop = rxjsLoop(fromLoop(process.env.CURLEW_TEST_LOOP === "epoll" ? epollLoop() : libuvLoop()), options).attach({
  ready() {},
  batchEnd() {},
  expired: () => process.stdout.write("expired\n"),
  failed() {},
});
loop.arm(300);
