// A network test in virtual time: what a program does about a server that is deaf, then fails, then answers, minute after
// minute, without waiting for one. The kernel, its clock, the server and libcurl are simulated; the loop's own scheduler
// gives RxJS' operators the same clock.
//   node examples/rxjs-virtual-time/main.js
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import { Model, serve } from "@curlew/adapter-epoll-sim/model";
import { fromLoop, rxjsLoop, text$ } from "@curlew/adapter-rxjs";
import { createClient } from "@curlew/core";
import { repeat, retry, take, timeout, timer } from "rxjs";

// --- what is tested --------------------------------------------------------------------------------------------------

/** The temperature, every ten minutes; a reading that takes more than 30 s is tried again a minute later. */
function readings$(client, scheduler) {
  return text$(client, "http://sensor.test/temperature").pipe(
    timeout({ each: 30_000, scheduler }),
    retry({ count: 5, delay: () => timer(60_000, scheduler) }),
    repeat({ delay: () => timer(600_000, scheduler) }),
  );
}

// --- the world it is tested in ---------------------------------------------------------------------------------------

const kernel = new Kernel();
const asked = [];
serve(kernel, "10.0.0.1", {
  answer() {
    asked.push(kernel.clock.nowMs);
    if (asked.length === 1) return "hang";
    if (asked.length === 2) return { body: Buffer.from("21.5"), cutAfterBytes: 2, cut: "reset" };
    return { body: Buffer.from(`${20 + asked.length / 2}`) };
  },
});
const hosts = new Map([["sensor.test", { addresses: ["10.0.0.1"], resolveMs: 20 }]]);
const loop = simulatedLoop(kernel);
const source = fromLoop(loop);
const client = createClient({ engine: () => new Model({ kernel, hosts }), loop: rxjsLoop(source) });
const { scheduler } = source.open();

// --- the test --------------------------------------------------------------------------------------------------------

const started = performance.now();
const read = [];
let over = false;
readings$(client, scheduler)
  .pipe(take(3))
  .subscribe({ next: (text) => read.push(text), complete: () => (over = true), error: assert.fail });
while (!over) {
  loop.turn();
  await setImmediate(); // all that promises have to say, before time passes
}

assert.deepEqual(read, ["21.5", "22", "22.5"]);
const minutes = asked.map((ms) => Math.round(ms / 6000) / 10);
assert.deepEqual(minutes, [0, 1.5, 2.5, 12.5, 22.5]);
console.log(
  `asked after ${minutes.join(", ")} minutes, in ${(performance.now() - started).toFixed(0)} ms of real time`,
);
