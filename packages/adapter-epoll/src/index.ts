import type { LoopAdapter } from "@curlew/core";
import { whyNot } from "./addon.js";
import { EpollAttachment } from "./attachment.js";

/**
 * A real epoll, in any runtime with Node-API: one epoll descriptor with a timerfd in it for each attachment, and a thread
 * that waits for it and calls the runtime's own loop. Linux.
 */
export function epollLoop(): LoopAdapter {
  return { name: "epoll", batches: true, attach: (sink) => new EpollAttachment(sink) };
}

/** Why this loop cannot be had here, in words for people; undefined when it can. */
export function epollUnavailable(): string | undefined {
  return whyNot();
}
