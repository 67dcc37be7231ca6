// Watches a descriptor, arms a timer, and holds or not: hold.mjs true|false
import { epollLoop } from "@curlew/adapter-epoll";

const loop = epollLoop().attach({
  ready() {},
  batchEnd() {},
  expired: () => process.stdout.write("expired\n"),
  failed() {},
});
loop.watch(0, 1);
loop.arm(process.argv[2] === "true" ? 100 : 60_000);
loop.hold(true);
loop.hold(process.argv[2] === "true");
process.stdout.write("ready\n");
