// Watches a descriptor, arms a timer, and holds, or holds and lets go, or never held: hold.mjs true|false|never
import { epollLoop } from "@curlew/adapter-epoll";

const loop = epollLoop().attach({
  ready() {},
  batchEnd() {},
  expired: () => process.stdout.write("expired\n"),
  failed() {},
});
loop.watch(0, 1);
loop.arm(process.argv[2] === "true" ? 100 : 60_000);
if (process.argv[2] !== "never") loop.hold(true);
if (process.argv[2] === "false") loop.hold(false);
process.stdout.write("ready\n");
