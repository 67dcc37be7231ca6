import type { Driver, DriverOptions, EasyHandle, LoopAdapter } from "@curlew/core";

/** Any test runner's: node:test's `test`, vitest's `it`. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown;

/** Descriptors the loop under test can watch. Not blocking. */
export interface Descriptors {
  /** Two connected stream sockets. Numbers are the lowest that are free. */
  socketpair(): [number, number];
  eventfd(): number;
  /** A regular file. */
  openFile(): number;
  dup(fd: number): number;
  close(fd: number): void;
  /** Up to `most` bytes; none at the end; undefined when there is nothing now. */
  read(fd: number, most?: number): Uint8Array | undefined;
  /** How many bytes were taken; 0 when the buffer is full. */
  write(fd: number, bytes: Uint8Array): number;
}

/** One adapter, ready to be attached, and its world. */
export interface Arm {
  readonly adapter: LoopAdapter;
  readonly descriptors: Descriptors;
  /** One turn of a loop that is turned by hand, on a clock that is too. Absent: the loop turns by itself, in real time. */
  turn?(): unknown;
  /** The clock jumps, as if the process had been stopped, ms. Absent: it is kept busy instead, in real time. */
  jump?(ms: number): void;
  /** Whether something of the adapter keeps the process alive. */
  held?(): boolean;
  dispose?(): void | Promise<void>;
}

/** Makes an arm, for one case. */
export type Factory = () => Arm | Promise<Arm>;

/** What an adapter says about itself. What is claimed is tested, and what is not claimed must not be so. */
export interface Capabilities {
  /** A regular file is refused with EPERM. Default true. */
  readonly refusesFiles: boolean;
  /** A descriptor that is not open is refused with EBADF. Default true. */
  readonly refusesClosed: boolean;
  /** It is seen from outside whether the process is held: the arm has `held`. Default true. */
  readonly showsHold: boolean;
}

/** Drivers to be judged; the adapter under them is taken to be right. */
export type DriverClass = new <E extends EasyHandle>(options: DriverOptions<E>) => Driver<E>;

export interface ConformanceOptions {
  readonly capabilities?: Partial<Capabilities>;
  /** How coarse the loop's clock is, ms: how much later than asked for "now" may seem. Default 0. */
  readonly granularityMs?: number;
  /** Another driver than the core's. */
  readonly Driver?: DriverClass;
}

/** One rule, tried. */
export interface Case {
  readonly group: string;
  /** The contract's rule, or the row of the table of pitfalls. */
  readonly rule: string;
  readonly what: string;
  /** Only where this is claimed. */
  readonly needs?: keyof Capabilities;
  run(scene: import("./scene.js").Scene): void | Promise<void>;
}
