import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, Kernel } from "@curlew/adapter-epoll-sim/kernel";
import {
  CURL_WRITEFUNC_PAUSE,
  Model,
  ModelEasy,
  type Profile,
  type SimulatedRequest,
  serve,
} from "@curlew/adapter-epoll-sim/model";
import type { EngineBench } from "@curlew/conformance";
import { content } from "../sim/plans.js";

const HOSTS = new Map([
  ["one.test", { addresses: ["good"] }],
  ["two.test", { addresses: ["nobody", "good"] }],
  ["none.test", { addresses: ["nobody"] }],
  ["mute.test", { addresses: ["mute"] }],
  ["shared.test", { addresses: ["good"], multiplexed: true }],
  ["a.slow.test", { addresses: ["good"], resolveMs: 3000 }],
]);

function answer({ path, body }: SimulatedRequest) {
  const [, route = "", argument = "0"] = path.split("/");
  if (route === "hang") return "hang" as const;
  if (route === "echo") return { body: content(1 + (body.length % 1000)) };
  if (route === "delay") return { body: content(4), delayMs: Number(argument) };
  if (route === "reset")
    return { body: content(Number(argument)), cutAfterBytes: Number(argument) >> 1, cut: "reset" as const };
  return { body: content(Number(argument)) };
}

/** The model, as one version of libcurl. */
export function modelBench(profile: Profile): EngineBench {
  const kernel = new Kernel({ descriptorLimit: 4096 });
  serve(kernel, "good", { answer });
  kernel.network.listen("mute", "never answers");
  return {
    multi: () => new Model({ kernel, hosts: HOSTS, profile }),
    easy: () => new ModelEasy(),
    target: (route, argument) => ({ url: `http://one.test/${route}/${argument}` }),
    special: (kind) =>
      ({
        "refusing, then good": { url: "http://two.test/bytes/5" },
        refusing: { url: "http://none.test/bytes/5" },
        mute: { url: "http://mute.test/bytes/5" },
        multiplexed: { url: "http://shared.test/bytes/5" },
        "over TLS": { url: "https://one.test/bytes/5" },
        malformed: { url: "nonsense" },
        "slow name": { url: "http://a.slow.test/bytes/5" },
        "over DoH": { why: "the model has no DNS over HTTPS" },
      })[kind],
    poll(fd, interest) {
      const mask = kernel.poll(fd);
      const ready = (mask & EPOLLIN ? 1 : 0) | (mask & EPOLLOUT ? 2 : 0);
      return (ready & interest) | (mask & (EPOLLERR | EPOLLHUP) ? 4 : 0);
    },
    nowMs: () => kernel.clock.nowMs,
    async wait(untilMs) {
      const next = Math.min(untilMs, kernel.clock.nextMs);
      kernel.clock.advanceTo(
        next < Number.POSITIVE_INFINITY ? Math.max(next, kernel.clock.nowMs) : kernel.clock.nowMs + 1,
      );
    },
    writePause: CURL_WRITEFUNC_PAUSE,
    strayRemove: profile.removeForeignFd,
    keepsWakeup: profile.wakeupNotDrained,
    guardHole: profile.guardHole,
    guardBoolean: profile.guardBoolean,
    closesBeforeRemove: profile.removeAfterCloseInConnect,
    freeZero: () => ({ undo() {} }), // nothing else has a descriptor here
    crowd() {
      const fds = Array.from({ length: 1100 }, () => kernel.eventfd());
      const undo = () => {
        for (const fd of fds) kernel.close(fd);
      };
      return { undo };
    },
  };
}
