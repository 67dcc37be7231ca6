import { CURL_POLL_REMOVE, CURL_SOCKET_TIMEOUT, type MultiError } from "@curlew/core";
import { EPOLLIN, EPOLLOUT, Kernel } from "../src/kernel/index.js";
import { Model, ModelEasy, type Profile, serve } from "../src/model/index.js";

const ACTIONS = ["NONE", "IN", "OUT", "INOUT", "REMOVE"];
const HOSTS = new Map([
  ["one.test", { addresses: ["good"] }],
  ["shared.test", { addresses: ["good"], multiplexed: true }],
  ["named.test", { addresses: ["good"], resolveMs: 50 }],
  ["mute.test", { addresses: ["mute"] }],
  ["dead.test", { addresses: ["nobody"] }],
  ["many.test", { addresses: ["nobody", "no one", "good"] }],
]);

/** A model in one profile, turned by hand. `log` is what it told, with what the scene notes. */
export class Rig {
  readonly kernel = new Kernel({ bufferBytes: 4096 });
  readonly model: Model;
  readonly log: string[] = [];
  readonly wanted = new Map<number, number>();
  onSocket: () => void = () => {};
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(profile: Profile) {
    serve(this.kernel, "good", {
      answer: ({ path }) => (path === "/hang" ? "hang" : { body: new Uint8Array(5) }),
    });
    this.kernel.network.listen("mute", "never answers");
    const closing = (fd: number) => this.log.push(`close ${fd}`);
    this.model = new Model({ kernel: this.kernel, hosts: HOSTS, profile, observer: { closing } });
    this.model.setopt("SOCKETFUNCTION", (easy, fd, action) => {
      this.log.push(`${easy ? "easy" : "nobody"} ${fd} ${ACTIONS[action]}`);
      if (action === CURL_POLL_REMOVE) this.wanted.delete(fd);
      else this.wanted.set(fd, action);
      this.onSocket();
      return 0;
    });
    this.model.setopt("TIMERFUNCTION", (ms) => {
      this.log.push(`timer ${ms}`);
      this.#dueMs = ms < 0 ? Number.POSITIVE_INFINITY : this.kernel.clock.nowMs + ms;
      return 0;
    });
  }

  easy(url: string, options: Readonly<Record<string, unknown>> = {}): ModelEasy {
    const easy = new ModelEasy();
    easy.setopt("URL", url);
    for (const [option, value] of Object.entries(options)) easy.setopt(option, value);
    return easy;
  }

  add(url: string, options: Readonly<Record<string, unknown>> = {}): ModelEasy {
    const easy = this.easy(url, options);
    this.model.addHandle(easy);
    return easy;
  }

  expire(): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.model.socketAction(CURL_SOCKET_TIMEOUT, 0);
  }

  /** Acts on what is ready and due until a moment, and reads no message. */
  runUntil(ms: number): void {
    const { clock } = this.kernel;
    for (let turns = 0; turns < 200; turns++) {
      for (const [fd, interest] of [...this.wanted]) if (this.ready(fd) & interest) this.model.socketAction(fd, 0);
      if (this.#dueMs <= clock.nowMs) this.expire();
      const next = Math.min(this.#dueMs, clock.nextMs);
      if (next > clock.nowMs && [...this.wanted].every(([fd, interest]) => (this.ready(fd) & interest) === 0)) {
        if (next > ms) break;
        clock.advanceTo(next);
      }
    }
    if (clock.nowMs < ms) clock.advanceTo(ms);
  }

  ready(fd: number): number {
    const mask = this.kernel.poll(fd);
    return (mask & EPOLLIN ? 1 : 0) | (mask & EPOLLOUT ? 2 : 0);
  }

  /** The results of all messages. */
  results(): number[] {
    const results = [];
    for (let message = this.model.infoRead(); message; message = this.model.infoRead()) results.push(message.result);
    return results;
  }

  /** What a call answered: "fine", or libcurl's code. */
  answer(call: () => unknown): string {
    try {
      call();
      return "fine";
    } catch (error) {
      return `code ${(error as MultiError).multiCode}`;
    }
  }
}
