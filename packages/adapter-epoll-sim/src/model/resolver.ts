import type { Alarm, Kernel } from "../kernel/index.js";
import type { ModelEasy } from "./easy.js";
import type { Profile } from "./profiles.js";
import type { SocketEntries, SocketUser } from "./socket-entries.js";
import type { Sockets } from "./sockets.js";
import { READING } from "./sockets.js";

const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const LONGEST_POLL_MS = 250;

/** One lookup. A thread of libcurl's does it: here, the clock. */
export class Lookup {
  done = false;
  /** Up to 8.19: its end to read from, and the thread's. */
  readonly fds: readonly number[];
  #pollMs = 1;
  readonly #alarm: Alarm;

  constructor(fds: readonly number[], alarm: (lookup: Lookup) => Alarm) {
    this.fds = fds;
    this.#alarm = alarm(this);
  }

  /** Up to 8.19 there is a timer too: 1, 2, 4 ... 250 ms (C 4.15). */
  nextPollMs(): number {
    const ms = this.#pollMs;
    this.#pollMs = Math.min(LONGEST_POLL_MS, ms * 2);
    return ms;
  }

  /** When its thread is back. */
  get endsAtMs(): number {
    return this.#alarm.atMs;
  }

  cancel(): void {
    this.#alarm.cancel();
  }
}

/** Names: a descriptor for each lookup, or one for all, or neither (C 12). */
export class Resolver {
  readonly #kernel: Kernel;
  readonly #profile: Profile;
  readonly #sockets: Sockets;
  readonly #entries: SocketEntries;
  readonly #user: SocketUser = { id: 0, easy: undefined };
  #wakeupFd: number | undefined;

  constructor(kernel: Kernel, profile: Profile, sockets: Sockets, entries: SocketEntries) {
    this.#kernel = kernel;
    this.#profile = profile;
    this.#sockets = sockets;
    this.#entries = entries;
  }

  /** The shared descriptor, registered while anybody may need it (C 12.3). */
  wakeup(wanted: boolean): void {
    if (this.#profile.wakeupFd === "none" || wanted === (this.#wakeupFd !== undefined && this.#registered)) return;
    this.#wakeupFd ??= this.#kernel.eventfd();
    this.#entries.assess(this.#user, new Map(wanted ? [[this.#wakeupFd, READING]] : []));
  }

  get #registered(): boolean {
    return this.#wakeupFd !== undefined && this.#entries.usersOf(this.#wakeupFd).length > 0;
  }

  /** It was reported. 8.20.0 does not drain it: it stays readable for ever (C 12.1). */
  drain(fd: number): void {
    if (fd === this.#wakeupFd && !this.#profile.wakeupNotDrained) this.#kernel.read(fd, 8);
  }

  /** curl_multi_wakeup: to be seen in 8.20 and 8.21 only, which use the lookups' descriptor for it (C 12). */
  publicWakeup(): void {
    if (this.#profile.wakeupShared && this.#wakeupFd !== undefined) this.#kernel.write(this.#wakeupFd, ONE);
  }

  begin(afterMs: number): Lookup {
    const fds = this.#profile.resolverFdPerTransfer ? this.#kernel.socketpair() : [];
    return new Lookup(fds, (lookup) =>
      this.#kernel.clock.after(afterMs, () => {
        lookup.done = true;
        const told = fds[1] ?? this.#wakeupFd;
        if (told !== undefined) this.#kernel.write(told, ONE);
      }),
    );
  }

  /** Up to 8.19 that waits for the thread, unless the handle says otherwise (C 5.11). */
  end(lookup: Lookup, easy: ModelEasy): void {
    if (this.#profile.resolverBlocksOnRemove && !lookup.done && easy.options.QUICK_EXIT === 0)
      this.#kernel.clock.block(lookup.endsAtMs);
    lookup.cancel();
    const [reading, writing] = lookup.fds;
    if (reading !== undefined) this.#sockets.closeInternal(reading, easy);
    if (writing !== undefined) this.#kernel.close(writing);
  }

  /** Up to 8.22 the shared one is closed without REMOVE when the multi goes (C 2.8); said here all the same while in use. */
  close(): void {
    if (this.#wakeupFd === undefined) return;
    this.#sockets.closeInternal(this.#wakeupFd);
    this.#wakeupFd = undefined;
  }
}
