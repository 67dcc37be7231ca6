import type { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { CURL_CSELECT_ERR, CURL_CSELECT_IN, CURL_CSELECT_OUT } from "@curlew/core";

const MUCH = new Uint8Array(65_536);
const ONE = new Uint8Array(1);

interface Pair {
  readonly fd: number;
  /** The other end; undefined when it was closed. */
  peer: number | undefined;
}

/** What stands for the sockets of a recorded run: each is one end of a pair, and is ready when it is told to be. */
export class Peers {
  readonly #kernel: Kernel;
  readonly #pairs = new Map<number, Pair>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The descriptor here that stands for `recorded`. A new one is not ready for anything. */
  of(recorded: number): number {
    return this.#pair(recorded).fd;
  }

  /** The number as it was recorded. */
  recorded(fd: number): number | undefined {
    return [...this.#pairs].find(([, pair]) => pair.fd === fd)?.[0];
  }

  /** Becomes ready as these CURL_CSELECT bits say: there is something to read, there is room, the other end is gone. */
  makeReady(recorded: number, bits: number): void {
    const { fd, peer } = this.#pair(recorded);
    if (peer === undefined) return; // it hung up: that is for ever
    if (bits & CURL_CSELECT_ERR) {
      this.#kernel.close(peer);
      this.#pair(recorded).peer = undefined;
      return;
    }
    if (bits & CURL_CSELECT_IN) this.#kernel.write(peer, ONE);
    if (bits & CURL_CSELECT_OUT) this.#drain(peer);
    else this.#fill(fd);
  }

  /** Nothing is there to read, and there is no room; unless the other end is gone. */
  makeQuiet(fd: number): void {
    if ([...this.#pairs.values()].some((pair) => pair.fd === fd && pair.peer === undefined)) return;
    this.#drain(fd);
    this.#fill(fd);
  }

  /** The number is free for another object. */
  forget(recorded: number): void {
    const pair = this.#pairs.get(recorded);
    if (!pair) return;
    this.#pairs.delete(recorded);
    this.#kernel.close(pair.fd);
    if (pair.peer !== undefined) this.#kernel.close(pair.peer);
  }

  #pair(recorded: number): Pair {
    const known = this.#pairs.get(recorded);
    if (known) return known;
    const [fd, peer] = this.#kernel.socketpair();
    const made = { fd, peer };
    this.#pairs.set(recorded, made);
    this.#fill(fd);
    return made;
  }

  #fill(fd: number): void {
    while (this.#kernel.write(fd, MUCH) > 0);
  }

  #drain(fd: number): void {
    while ((this.#kernel.read(fd)?.length ?? 0) > 0);
  }
}
