import { CurlewError } from "../errors.js";
import type { Limits } from "./limits.js";

/** Someone who waits for a slot. */
export interface Waiting {
  readonly host: string;
  /** It has its slot. Called inside `release` of another, and must not throw. */
  admitted(): void;
  /** It will never have one. Must not throw. */
  refused(error: CurlewError): void;
}

interface Host {
  running: number;
  readonly waiting: Set<Waiting>;
}

/**
 * Who may run at once: so many in total, and so many per host. The rest waits, first come first served for each host, while
 * hosts take turns: a thousand requests to one do not stand before the first one to another.
 */
export class Slots {
  readonly #limits: Limits;
  readonly #hosts = new Map<string, Host>();
  /** Hosts that have someone waiting and room for them. */
  readonly #ready = new Set<Host>();
  #running = 0;
  #queued = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queued;
  }

  /**
   * Answers whether there was a slot; otherwise it waits for `admitted`.
   * @throws CurlewError QUEUE_FULL
   */
  enter(one: Waiting): boolean {
    const host = this.#hostOf(one.host);
    if (this.#running < this.#limits.transfers && this.#hasRoom(host)) {
      this.#take(host);
      return true;
    }
    if (this.#queued >= this.#limits.queued) {
      this.#forget(one.host, host);
      const message = `${this.#queued} transfers wait already (limits.queued): start fewer at once, or raise the limit`;
      throw new CurlewError("QUEUE_FULL", message);
    }
    host.waiting.add(one);
    this.#queued++;
    this.#mark(host);
    return false;
  }

  /** It does not want to run any more. Only for one that waits. */
  abandon(one: Waiting): void {
    const host = this.#hosts.get(one.host);
    if (!host?.waiting.delete(one)) return;
    this.#queued--;
    this.#mark(host);
    this.#forget(one.host, host);
  }

  /** It has run. Lets the next one in. */
  release({ host: name }: { readonly host: string }): void {
    const host = this.#hosts.get(name);
    if (!host) return;
    host.running--;
    this.#running--;
    this.#mark(host);
    this.#forget(name, host);
    this.#admit();
  }

  /** Sends away all who wait. */
  refuseAll(why: () => CurlewError): void {
    for (const host of [...this.#hosts.values()])
      for (const one of [...host.waiting]) {
        this.abandon(one);
        one.refused(why());
      }
  }

  #admit(): void {
    for (const host of this.#ready) {
      if (this.#running >= this.#limits.transfers) return;
      for (const next of host.waiting) {
        host.waiting.delete(next);
        this.#queued--;
        this.#take(host);
        this.#ready.delete(host); // and to the end of the line, if more wait
        this.#mark(host);
        next.admitted();
        break;
      }
    }
  }

  #take(host: Host): void {
    host.running++;
    this.#running++;
  }

  #hasRoom(host: Host): boolean {
    return host.running < this.#limits.transfersPerHost;
  }

  #mark(host: Host): void {
    if (host.waiting.size > 0 && this.#hasRoom(host)) this.#ready.add(host);
    else this.#ready.delete(host);
  }

  #hostOf(name: string): Host {
    let host = this.#hosts.get(name);
    if (!host) {
      host = { running: 0, waiting: new Set() };
      this.#hosts.set(name, host);
    }
    return host;
  }

  #forget(name: string, host: Host): void {
    if (host.running === 0 && host.waiting.size === 0) this.#hosts.delete(name);
  }
}
