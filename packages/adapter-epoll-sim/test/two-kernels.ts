/** The same script of descriptor operations and waits on the simulated kernel and on Linux, call by call. */
import { closeSync } from "node:fs";
import { descriptors } from "@curlew/testkit";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
  Kernel,
} from "../src/kernel/index.js";

/** What both arms offer. */
type Calls = Pick<
  Kernel,
  | "socketpair"
  | "eventfd"
  | "dup"
  | "close"
  | "read"
  | "write"
  | "shutdown"
  | "epollCreate1"
  | "epollCtl"
  | "epollWait"
  | "openFile"
>;

/** Operands are indices, taken modulo what there is; `n` chooses among what the operation can do. */
export interface Step {
  readonly call: (typeof calls)[number];
  readonly a: number;
  readonly n: number;
}

export const calls = [
  "pair", "eventfd", "file", "dup", "close", "write", "write", "read", "read", "fill", "drain", "shutdown",
  "add", "add", "add", "mod", "mod", "del", "wait", "wait", "wait", "nonsense",
] as const; // biome-ignore format: a table

const MASKS = [
  EPOLLIN,
  EPOLLOUT,
  EPOLLIN | EPOLLOUT,
  EPOLLIN | EPOLLRDHUP,
  0,
  EPOLLIN | EPOLLET,
  EPOLLIN | EPOLLOUT | EPOLLET,
  EPOLLOUT | EPOLLONESHOT,
  EPOLLIN | EPOLLET | EPOLLONESHOT,
  EPOLLOUT | EPOLLET | EPOLLONESHOT,
  EPOLLRDHUP | EPOLLET,
  EPOLLONESHOT,
];

const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
/** For eventfds: nothing, the most there can be, what can never be, and too few bytes. */
const COUNTS = [
  ONE,
  new Uint8Array(8),
  count(0xffff_ffff_ffff_fffen),
  count(0xffff_ffff_ffff_ffffn),
  new Uint8Array(3),
];

function count(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

const BIG = new Uint8Array(65_536);
/** Small writes until the next drain: beyond that Linux's own accounting per buffer would show. */
const FEW_WRITES = 20;

const real: Calls = descriptors;

/** One arm: its descriptors in the order they were made, by a name both arms share. */
export class Arm {
  readonly #calls: Calls;
  readonly #isReal: boolean;
  readonly #fds: number[] = [];
  readonly #kinds: string[] = [];
  /** Which end of which pair a name is of: ends of one pair differ in the last bit. */
  readonly #ends: number[] = [];
  #pairs = 0;
  /** Small writes since the last drain, by end. After a fill that is many: how much room a read makes is Linux's secret. */
  readonly #written: number[] = [];
  /** Two instances, which may watch the same files. */
  readonly #epfds: readonly [number, number];

  constructor(isReal: boolean) {
    this.#isReal = isReal;
    this.#calls = isReal ? real : new Kernel();
    this.#epfds = [this.#calls.epollCreate1(), this.#calls.epollCreate1()];
  }

  /** What the call answered, in words that both arms must agree on. */
  run(step: Step): string {
    try {
      return this.#step(step);
    } catch (error) {
      return String((error as Error).message).replace(/^.*\b(E[A-Z]+)$/, "$1");
    }
  }

  dispose(): void {
    for (const fd of this.#fds) if (fd >= 0) this.#isReal ? closeSync(fd) : this.#calls.close(fd);
    for (const epfd of this.#epfds) this.#calls.close(epfd);
  }

  #step({ call, a, n }: Step): string {
    const index = this.#fds.length > 0 ? a % this.#fds.length : -1;
    const fd = this.#fds[index] ?? -1;
    const kernel = this.#calls;
    const epfd = this.#epfds[n % 3 === 2 ? 1 : 0];
    switch (call) {
      case "pair":
        this.#made("socket", ...kernel.socketpair());
        for (const end of [0, 1]) this.#ends[this.#fds.length - 2 + end] = this.#pairs * 2 + end;
        this.#pairs++;
        return "made 2";
      case "eventfd":
        return this.#made("eventfd", kernel.eventfd());
      case "file":
        return this.#made("file", kernel.openFile());
      case "dup":
        this.#made(this.#kinds[index] ?? "socket", kernel.dup(fd));
        this.#ends[this.#fds.length - 1] = this.#ends[index] ?? -1;
        return "made 1";
      case "close":
        kernel.close(fd);
        this.#fds[index] = -1 - index; // the name stays, for operations on what is closed
        return "closed";
      case "shutdown":
        if (this.#kinds[index] !== "socket") return "no socket";
        kernel.shutdown(fd, n % 3);
        return "shut";
      case "add":
        kernel.epollCtl(epfd, EPOLL_CTL_ADD, fd, MASKS[(n >> 2) % MASKS.length], index);
        return "added";
      case "mod":
        kernel.epollCtl(epfd, EPOLL_CTL_MOD, fd, MASKS[(n >> 2) % MASKS.length], index);
        return "modified";
      case "del":
        kernel.epollCtl(epfd, EPOLL_CTL_DEL, fd);
        return "deleted";
      case "wait":
        return this.#wait(epfd);
      case "nonsense":
        return this.#nonsense(epfd, fd, n);
      default:
        return this.#move(call, index, fd, n);
    }
  }

  #made(kind: string, ...fds: number[]): string {
    for (const fd of fds) {
      this.#fds.push(fd);
      this.#kinds.push(kind);
    }
    return `made ${fds.length}`;
  }

  /** The set of what is ready; its order is the kernel's own business. */
  #wait(epfd: number): string {
    const found = this.#calls.epollWait(epfd, 256);
    return `ready ${found
      .map(({ data, events }) => `${data}:${events >>> 0}`)
      .sort()
      .join(" ")}`;
  }

  #nonsense(epfd: number, fd: number, n: number): string {
    if (n % 5 === 0) this.#calls.epollCtl(epfd, EPOLL_CTL_ADD, epfd, EPOLLIN);
    else if (n % 5 === 1) this.#calls.epollCtl(epfd, 9, fd, EPOLLIN);
    else if (n % 5 === 2) this.#calls.epollWait(epfd, 0);
    else if (n % 5 === 3) this.#calls.epollWait(fd, 1);
    else this.#calls.epollCtl(fd, EPOLL_CTL_ADD, epfd, EPOLLIN);
    return "no complaint";
  }

  #move(call: "read" | "write" | "fill" | "drain", index: number, fd: number, n: number): string {
    const kernel = this.#calls;
    if (this.#kinds[index] === "file") return "a file is not moved";
    if (this.#kinds[index] === "eventfd") {
      if (call === "write" || call === "fill") return `wrote ${kernel.write(fd, COUNTS[n % COUNTS.length] ?? ONE)}`;
      return `read ${kernel.read(fd)?.length}`;
    }
    const end = this.#ends[index] ?? -1;
    if (call === "write") {
      this.#written[end] = (this.#written[end] ?? 0) + 1;
      return (this.#written[end] ?? 0) > FEW_WRITES ? "enough" : `wrote ${kernel.write(fd, ONE) > 0}`;
    }
    if (call === "read") return `read ${kernel.read(fd, 8)?.length}`;
    if (call === "fill") {
      if (this.#written[end] === Number.POSITIVE_INFINITY) return "enough";
      this.#written[end] = Number.POSITIVE_INFINITY;
      return this.#fill(fd);
    }
    const drained = this.#drain(fd);
    this.#written[end ^ 1] = 0; // not of one that failed: a closed descriptor drains nothing
    return drained;
  }

  /** Until EAGAIN: how many bytes that takes is the kernel's own business. */
  #fill(fd: number): string {
    while (this.#calls.write(fd, BIG) > 0);
    return "filled";
  }

  #drain(fd: number): string {
    for (;;) {
      const bytes = this.#calls.read(fd);
      if (!bytes) return "drained";
      if (bytes.length === 0) return "drained to the end";
    }
  }
}

/** Runs a script on both; answers where they differ. */
export function difference(script: readonly Step[]): string | undefined {
  const [simulated, linux] = [new Arm(false), new Arm(true)];
  try {
    for (const [i, step] of script.entries()) {
      const [ours, theirs] = [simulated.run(step), linux.run(step)];
      if (ours !== theirs) return `step ${i}, ${JSON.stringify(step)}: simulated "${ours}", Linux "${theirs}"`;
    }
    return undefined;
  } finally {
    simulated.dispose();
    linux.dispose();
  }
}
