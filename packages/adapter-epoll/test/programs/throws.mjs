// A sink that throws, which it may not, in a program that hears of it: throws.mjs
import { epollLoop } from "@curlew/adapter-epoll";
import { descriptors } from "@curlew/testkit";

process.on("uncaughtException", ({ message }) => process.stdout.write(`uncaught: ${message}\n`));
const [fd, peer] = descriptors.socketpair();
const loop = epollLoop().attach({
  ready() {
    loop.unwatch(fd);
    loop.arm(5);
    throw new Error("thrown on purpose");
  },
  batchEnd() {},
  expired() {
    process.stdout.write("expired\n");
    for (const open of [fd, peer]) descriptors.close(open);
    loop.close();
  },
  failed() {},
});
loop.watch(fd, 2);
loop.hold(true);
