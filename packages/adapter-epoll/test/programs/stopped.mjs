// Waits for stdin to be readable and says so: stopped.mjs
import { epollLoop } from "@curlew/adapter-epoll";

const loop = epollLoop().attach({
  ready() {
    process.stdout.write("heard\n");
    loop.close();
  },
  batchEnd() {},
  expired() {},
  failed() {},
});
loop.watch(0, 1);
loop.hold(true);
process.stdout.write("ready\n");
