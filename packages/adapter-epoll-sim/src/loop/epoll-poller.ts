import { CURL_CSELECT_ERR, CURL_CSELECT_IN, CURL_CSELECT_OUT, type Interest } from "@curlew/core";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  type Kernel,
} from "../kernel/index.js";
import type { Found, Poller, World } from "./poller.js";

/** A loop's world inside a simulated kernel. */
export class KernelWorld implements World {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  openPoller(): Poller {
    return new EpollPoller(this.#kernel);
  }

  get nowMs(): number {
    return this.#kernel.clock.nowMs;
  }

  get nextMs(): number {
    return this.#kernel.clock.nextMs;
  }

  passUntil(ms: number): void {
    this.#kernel.clock.advanceTo(ms);
  }
}

/** CURL_POLL_IN, OUT, INOUT as epoll's bits. */
function eventsOf(interest: Interest): number {
  return (interest & 1 ? EPOLLIN : 0) | (interest & 2 ? EPOLLOUT : 0);
}

/** Errors and hang-ups come whatever was asked for, beside the directions. */
function bitsOf(events: number): number {
  return (
    (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
    (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
    (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0)
  );
}

/** Level-triggered epoll. */
class EpollPoller implements Poller {
  readonly #kernel: Kernel;
  readonly #epfd: number;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#epfd = kernel.epollCreate1();
  }

  add(fd: number, interest: Interest, id: number): void {
    this.#kernel.epollCtl(this.#epfd, EPOLL_CTL_ADD, fd, eventsOf(interest), id);
  }

  modify(fd: number, interest: Interest, id: number): void {
    this.#kernel.epollCtl(this.#epfd, EPOLL_CTL_MOD, fd, eventsOf(interest), id);
  }

  remove(fd: number): void {
    this.#kernel.epollCtl(this.#epfd, EPOLL_CTL_DEL, fd);
  }

  get ready(): boolean {
    return this.#kernel.poll(this.#epfd) !== 0;
  }

  wait(most: number): Found[] {
    return this.#kernel.epollWait(this.#epfd, most).map(({ events, data }) => ({ id: data, bits: bitsOf(events) }));
  }

  close(): void {
    this.#kernel.close(this.#epfd);
  }
}
