// Watches a descriptor, arms a timer, and holds, or holds and lets go, or never held: hold.mjs true|false|never|again
//   again  never held, and a delay of 0 is asked for whenever one has passed
import { epollLoop } from "@curlew/adapter-epoll";

const loop = epollLoop().attach({
  ready() {},
  batchEnd() {},
  expired() {
    if (process.argv[2] === "again") loop.arm(0);
    else process.stdout.write("expired\n");
  },
  failed() {},
});
loop.watch(0, 1);
loop.arm({ true: 100, again: 0 }[process.argv[2]] ?? 60_000);
if (["true", "false"].includes(process.argv[2])) loop.hold(true);
if (process.argv[2] === "false") loop.hold(false);
process.stdout.write("ready\n");
