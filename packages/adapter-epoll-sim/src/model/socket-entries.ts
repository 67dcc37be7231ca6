import { CURL_POLL_REMOVE, type Interest, MultiError } from "@curlew/core";
import type { Callbacks } from "./callbacks.js";
import type { ModelEasy } from "./easy.js";
import type { Profile } from "./profiles.js";

/** Who wants something of a descriptor: a transfer, or a connection that says goodbye. */
export interface SocketUser {
  readonly id: number;
  /** undefined for libcurl's own. */
  readonly easy: ModelEasy | undefined;
}

interface Entry {
  readonly users: Map<SocketUser, number>;
  told: number;
  socketp: unknown;
}

const BAD_SOCKET = 5;

/** libcurl's table of descriptors: who wants what, what was told, what was assigned (contract paper, section 18). */
export class SocketEntries {
  readonly #profile: Profile;
  readonly #callbacks: Callbacks;
  readonly #entries = new Map<number, Entry>();
  readonly #wantedBy = new Map<SocketUser, ReadonlyMap<number, number>>();

  constructor(profile: Profile, callbacks: Callbacks) {
    this.#profile = profile;
    this.#callbacks = callbacks;
  }

  /** What a user wants now, by descriptor; the difference to before is told. */
  assess(user: SocketUser, wanted: ReadonlyMap<number, number>): void {
    const before = this.#wantedBy.get(user);
    if (!before && wanted.size === 0) return;
    if (wanted.size === 0) this.#wantedBy.delete(user);
    else this.#wantedBy.set(user, wanted);
    if (before) for (const fd of before.keys()) if (!wanted.has(fd)) this.#leave(fd, user);
    for (const [fd, bits] of wanted) this.#want(fd, user, bits);
  }

  /** The descriptor is about to be closed. */
  forget(fd: number, easy: ModelEasy | undefined): void {
    const entry = this.#entries.get(fd);
    if (!entry) {
      if (this.#profile.removeForeignFd) this.#callbacks.tellSocket(easy, fd, CURL_POLL_REMOVE, undefined);
      return;
    }
    for (const user of entry.users.keys()) {
      const wanted = new Map(this.#wantedBy.get(user));
      wanted.delete(fd);
      this.#wantedBy.set(user, wanted);
    }
    this.#remove(fd, entry, this.#profile.removeInternalEasy ? undefined : easy);
  }

  usersOf(fd: number): SocketUser[] {
    return [...(this.#entries.get(fd)?.users.keys() ?? [])];
  }

  /** @throws MultiError with multiCode 5 for a descriptor that is not registered (C 3.2) */
  assign(fd: number, socketp: unknown): void {
    const entry = this.#entries.get(fd);
    if (!entry)
      throw new MultiError("MULTI_FAILED", BAD_SOCKET, `curl_multi_assign: descriptor ${fd} is not registered`);
    entry.socketp = socketp;
  }

  /** For a callback that was installed late: everything is told as if it were new (C 2.14). */
  tellAll(): void {
    for (const [fd, entry] of this.#entries) this.#tell(fd, entry, easyOf(entry));
  }

  #want(fd: number, user: SocketUser, bits: number): void {
    let entry = this.#entries.get(fd);
    if (!entry) {
      entry = { users: new Map(), told: 0, socketp: undefined };
      this.#entries.set(fd, entry);
    }
    const joined = !entry.users.has(user);
    entry.users.set(user, bits);
    const changed = combined(entry) !== entry.told;
    if (changed || (joined && this.#profile.redundantSetOnJoin)) this.#tell(fd, entry, user.easy);
  }

  #leave(fd: number, user: SocketUser): void {
    const entry = this.#entries.get(fd);
    if (!entry?.users.delete(user)) return;
    if (entry.users.size === 0) return this.#remove(fd, entry, user.easy);
    if (combined(entry) !== entry.told && !this.#profile.noShrinkAnnounce) this.#tell(fd, entry, easyOf(entry));
  }

  #tell(fd: number, entry: Entry, easy: ModelEasy | undefined): void {
    entry.told = combined(entry);
    this.#callbacks.tellSocket(easy, fd, entry.told as Interest, entry.socketp);
  }

  #remove(fd: number, entry: Entry, easy: ModelEasy | undefined): void {
    this.#entries.delete(fd); // before the callback: what it assigns is lost (C 3.2)
    this.#callbacks.tellSocket(easy, fd, CURL_POLL_REMOVE, entry.socketp);
  }
}

/** All that anybody wants (C 2.3). */
function combined(entry: Entry): number {
  let bits = 0;
  for (const wanted of entry.users.values()) bits |= wanted;
  return bits;
}

function easyOf(entry: Entry): ModelEasy | undefined {
  return entry.users.keys().next().value?.easy;
}
