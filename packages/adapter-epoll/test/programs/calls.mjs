// Has the thread call 50 000 times, many a time just when the runtime's loop goes to sleep, which nothing else wakes.
// Prints how many it heard of. No top-level await: while one is awaited, Deno's loop goes to sleep another way.
import { epollLoop } from "@curlew/adapter-epoll";

let heard = 0;
const loop = epollLoop().attach({
  ready() {},
  batchEnd() {},
  expired() {
    if (++heard < 50_000) return loop.arm(0.001 + (heard % 97) / 1000);
    console.log(heard);
    void loop.close();
  },
  failed() {},
});
loop.hold(true);
loop.arm(0.001);
