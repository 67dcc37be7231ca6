/**
 * A loop made by hand, so that the engine is tested without a driver and without an adapter: poll(2) on what the socket
 * callback told, one deadline for what the timer callback told.
 */
import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT, type Message } from "@curlew/core";
import { descriptors, startServer, type TestServer } from "@curlew/testkit";
import { afterEach, beforeEach } from "vitest";
import { Easy, type Libcurl, loadLibcurl, Multi } from "../src/index.js";

export interface SocketCall {
  readonly easy: Easy | undefined;
  readonly fd: number;
  readonly action: number;
  readonly userp: unknown;
  readonly socketp: unknown;
}

const POLLIN = 1;
const POLLOUT = 4;

/** A poll mask as CURL_CSELECT bits; errors and hang-ups as 0, which is "find out" (C 5.2). */
function seenBits(found: number): number {
  return (found & POLLIN ? 1 : 0) | (found & POLLOUT ? 2 : 0);
}

export class HandLoop {
  readonly multi: Multi;
  readonly socketCalls: SocketCall[] = [];
  readonly timerCalls: number[] = [];
  readonly wanted = new Map<number, number>();
  readonly done: Message<Easy>[] = [];
  /** Called inside the callbacks, after the loop's own bookkeeping. */
  onSocket: (call: SocketCall) => number | undefined | void = () => 0;
  onTimer: (timeoutMs: number) => number | undefined | void = () => 0;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(library: Libcurl = loadLibcurl()) {
    this.multi = new Multi(library);
    this.multi.setopt("SOCKETDATA", "the socket data");
    this.multi.setopt("SOCKETFUNCTION", (easy, fd, action, userp, socketp) => {
      const call = { easy, fd, action, userp, socketp };
      this.socketCalls.push(call);
      if (action === CURL_POLL_REMOVE) this.wanted.delete(fd);
      else this.wanted.set(fd, action);
      return this.onSocket(call);
    });
    this.multi.setopt("TIMERFUNCTION", (timeoutMs) => {
      this.timerCalls.push(timeoutMs);
      this.#deadline = timeoutMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
      return this.onTimer(timeoutMs);
    });
  }

  /** One turn: acts on each ready descriptor and on the deadline, then reads the messages. */
  turn(): void {
    for (const [fd, action] of [...this.wanted]) {
      const events = (action & 1 ? POLLIN : 0) | (action & 2 ? POLLOUT : 0);
      const found = descriptors.poll(fd, events);
      if (found > 0 && this.wanted.has(fd)) this.multi.socketAction(fd, seenBits(found));
    }
    if (this.#deadline <= performance.now()) {
      this.#deadline = Number.POSITIVE_INFINITY;
      this.multi.socketAction(CURL_SOCKET_TIMEOUT, 0);
    }
    for (let message = this.multi.infoRead(); message; message = this.multi.infoRead()) {
      this.done.push(message);
      this.multi.removeHandle(message.easy);
    }
  }

  /** Turns until that many transfers are done. */
  async until(count: number): Promise<void> {
    await this.while(() => this.done.length < count);
  }

  async while(condition: () => boolean): Promise<void> {
    while (condition()) {
      this.turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A raw easy whose body and headers are kept. */
  easy(url: string): Easy & { text(): string; headerText(): string } {
    const body: Uint8Array[] = [];
    const headers: Uint8Array[] = [];
    const easy = new Easy(this.multi.library);
    easy.setopt("URL", url);
    easy.setopt("WRITEFUNCTION", (bytes) => void body.push(bytes));
    easy.setopt("HEADERFUNCTION", (bytes) => void headers.push(bytes));
    return Object.assign(easy, {
      text: () => Buffer.concat(body).toString(),
      headerText: () => Buffer.concat(headers).toString(),
    });
  }
}

/** A server and a loop for each test. */
export function eachTestWith(take: (server: TestServer, loop: HandLoop) => void): void {
  let server: TestServer;
  let loop: HandLoop;
  beforeEach(async () => {
    server = await startServer();
    loop = new HandLoop();
    take(server, loop);
  });
  afterEach(async () => {
    loop.multi.cleanup();
    await server.stop();
  });
}
