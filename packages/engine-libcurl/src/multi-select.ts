import { MisuseError } from "@curlew/core";
import { native } from "./binding.js";
import { checkDescriptor, multiFailure, needFunction } from "./multi-checks.js";
import { MultiHandle } from "./multi-handle.js";
import { typeOf } from "./option-values.js";

/** Bits of `events` and `revents`. These are libcurl's own, and not the system's POLLIN, POLLPRI and POLLOUT. */
export const CURL_WAIT_POLLIN = 1;
export const CURL_WAIT_POLLPRI = 2;
export const CURL_WAIT_POLLOUT = 4;

/** What select(2) would be given. */
export interface FdSets {
  readonly read: readonly number[];
  readonly write: readonly number[];
  readonly except: readonly number[];
  /** The highest descriptor; -1 when there is none, which is no reason to sleep for ever (C 4.13). */
  readonly maxFd: number;
}

/** A descriptor and what of it is waited for: CURL_WAIT_ bits. */
export interface WaitFd {
  readonly fd: number;
  readonly events: number;
}

export interface WaitResult {
  /** How many descriptors are ready, those of the multi's transfers included. */
  readonly numFds: number;
  /** The extra descriptors, in their order. A ready one whose `revents` is 0 has an error or was hung up. */
  readonly extraFds: readonly (WaitFd & { readonly revents: number })[];
}

/** The select-style view of a multi, for programs without an event loop. It is no part of driving it by events (C 13.7). */
export abstract class SelectedMulti extends MultiHandle {
  /** curl_multi_perform: runs every transfer. Sockets are not announced by it: not to be mixed with the above (C 2.15). */
  perform(): number {
    this.enter("curl_multi_perform");
    this.callbacks.depth.runs++;
    return this.count(native().multiPerform(this.id), "curl_multi_perform");
  }

  /** curl_multi_fdset. Descriptors from 1024 on do not fit into an fd_set and are missing. */
  fdset(): FdSets {
    this.enter("curl_multi_fdset", true);
    const sets = native().multiFdset(this.id);
    if (typeof sets === "number") throw multiFailure(this.library, sets, "curl_multi_fdset");
    const [maxFd, read, write, except] = sets;
    return { read, write, except, maxFd };
  }

  /**
   * curl_multi_waitfds: what `poll` would wait for.
   * @throws CurlewError NOT_IN_THIS_LIBCURL before 8.8
   */
  waitfds(): WaitFd[] {
    this.enter("curl_multi_waitfds", true);
    needFunction(this.library, "curl_multi_waitfds", "8.8.0");
    const most = this.count(native().multiWaitfds(this.id, roomForFds(0)), "curl_multi_waitfds");
    const room = roomForFds(most);
    const count = this.count(native().multiWaitfds(this.id, room), "curl_multi_waitfds");
    return unpackFds(room)
      .slice(0, count)
      .map(({ fd, events }) => ({ fd, events }));
  }

  /**
   * curl_multi_poll: waits until a descriptor of a transfer or one of `extraFds` is ready, libcurl has something to do, or
   * the time is over. **All of JavaScript stands still meanwhile**: for programs that do nothing else. On a multi without
   * transfers it is a portable poll(2).
   * @param timeoutMs whole milliseconds
   */
  poll(extraFds: readonly WaitFd[], timeoutMs: number): WaitResult {
    return this.#wait(extraFds, timeoutMs, true);
  }

  /** curl_multi_wait: as `poll`, but `wakeup` does not end it, and without any descriptor it does not wait at all. */
  wait(extraFds: readonly WaitFd[], timeoutMs: number): WaitResult {
    return this.#wait(extraFds, timeoutMs, false);
  }

  #wait(extraFds: readonly WaitFd[], timeoutMs: number, poll: boolean): WaitResult {
    const call = poll ? "curl_multi_poll" : "curl_multi_wait";
    this.enter(call, true);
    checkTimeout(timeoutMs);
    const packed = packFds(extraFds);
    const numFds = this.count(native().multiWait(this.id, packed, timeoutMs, poll), call);
    return { numFds, extraFds: unpackFds(packed) };
  }

  /** curl_multi_wakeup: the next `poll` does not wait. An event loop is woken by its own means instead (C 12.2). */
  wakeup(): void {
    this.open();
    this.check(native().multiWakeup(this.id), "curl_multi_wakeup");
  }
}

const WAITFD_INTS = 3;

/** fd, events, revents of each, as the addon takes them. */
function packFds(extraFds: readonly WaitFd[]): Int32Array {
  if (!Array.isArray(extraFds))
    throw new MisuseError("WRONG_TYPE", `an array of { fd, events } is wanted, not ${typeOf(extraFds)}`);
  const packed = new Int32Array(extraFds.length * WAITFD_INTS);
  for (const [i, wanted] of (extraFds as readonly WaitFd[]).entries()) {
    if (typeof wanted !== "object" || wanted === null)
      throw new MisuseError("WRONG_TYPE", `{ fd, events } is wanted, not ${typeOf(wanted)}`);
    const { fd, events } = wanted;
    checkDescriptor(fd, 0);
    if (!Number.isInteger(events) || (events & ~7) !== 0)
      throw new MisuseError("OUT_OF_RANGE", `events takes a mask of CURL_WAIT_ values, not ${String(events)}`);
    packed.set([fd, events], i * WAITFD_INTS);
  }
  return packed;
}

function unpackFds(packed: Int32Array): { fd: number; events: number; revents: number }[] {
  return Array.from({ length: packed.length / WAITFD_INTS }, (_, i) => {
    const [fd = -1, events = 0, revents = 0] = packed.subarray(i * WAITFD_INTS);
    return { fd, events, revents };
  });
}

/** Room for that many. */
function roomForFds(count: number): Int32Array {
  return new Int32Array(count * WAITFD_INTS);
}

/** C gets an int of milliseconds. */
function checkTimeout(timeoutMs: number): void {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 0 && timeoutMs < 2 ** 31) return;
  throw new MisuseError("OUT_OF_RANGE", `whole milliseconds from 0 to 2147483647 are wanted, not ${String(timeoutMs)}`);
}
