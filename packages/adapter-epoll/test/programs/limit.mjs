// A ghost in the set (P A10) of a process that may open nothing more: limit.mjs full|none|late
//   full  every number is taken, so that only what the loop gives back is free: it goes on
//   none  no number is ever given again: the loop fails, once, and the thread is quiet afterwards
//   late  as none, and only then is a loop asked for
// Prints one JSON line.
import { epollLoop } from "@curlew/adapter-epoll";
import { descriptors, threadsNamed, watchThread } from "@curlew/testkit";

const [mode] = process.argv.slice(2);
const byte = Buffer.from("x");
const seen = [];
const failed = [];
const told = ({ code, errno, message }) => ({ code, errno, message });
const sink = {
  ready(fd) {
    seen.push(fd);
    descriptors.read(fd);
  },
  batchEnd() {},
  expired() {},
  failed: (error) => failed.push(told(error)),
};
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function limit() {
  if (mode !== "full") return descriptors.limitDescriptors(3);
  descriptors.limitDescriptors(Math.max(...descriptors.openDescriptors()) + 10);
  for (;;)
    try {
      descriptors.eventfd();
    } catch {
      return;
    }
}

if (mode === "late") {
  await epollLoop().attach(sink).close(); // loads the addon
  limit();
  try {
    epollLoop().attach(sink);
  } catch (error) {
    failed.push(told(error));
  }
  console.log(JSON.stringify({ heard: [], failed, sleeps: 0, cpuMs: 0 }));
} else {
  const loop = epollLoop().attach(sink);
  loop.hold(true);
  const [a, b] = descriptors.socketpair();
  const [c, d] = descriptors.socketpair();
  for (const fd of [a, c]) loop.watch(fd, 1);
  const kept = descriptors.dup(a);
  descriptors.close(a);
  loop.unwatch(a);
  // What a runtime opens when it first sleeps, or for signals, is open by then: Deno has panicked where it could not be.
  process.once("SIGUSR2", limit).off("SIGUSR2", limit);
  await later(20);
  limit();
  descriptors.write(b, byte); // the ghost: readable for ever
  await later(50);
  descriptors.write(d, byte);
  await later(50);
  descriptors.limitDescriptors(1024); // to look
  const use = watchThread(threadsNamed("curlew-epoll")[0]);
  await later(200);
  const { sleeps, cpuMs } = use();
  console.log(JSON.stringify({ heard: seen.map((fd) => fd === c), failed, sleeps, cpuMs }));
  await loop.close();
  for (const fd of [b, c, d, kept]) descriptors.close(fd);
}
