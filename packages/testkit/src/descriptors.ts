import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { getSystemErrorName } from "node:util";

/** The addon's functions, as native/descriptors.c exports them. Numbers below 0 are -errno. */
interface Addon {
  socketpair(): [number, number] | number;
  pipe(): [number, number] | number;
  eventfd(): number;
  openFile(): number;
  dup(fd: number, least: number): number;
  close(fd: number): number;
  read(fd: number, into: Uint8Array): number;
  write(fd: number, bytes: Uint8Array): number;
  poll(fd: number, events: number): number;
  shutdown(fd: number, how: number): number;
  limitDescriptors(most: number): number;
  epollCreate1(): number;
  epollCtl(epfd: number, operation: number, fd: number, events: number, data: number): number;
  epollWait(epfd: number, most: number, into: Int32Array): number;
}

const addon = createRequire(import.meta.url)(`../build/${process.platform}-${process.arch}/testkit.node`) as Addon;

function checked<T extends number | [number, number]>(call: string, result: T): Exclude<T, number> | T {
  if (typeof result === "number" && result < 0) throw new Error(`${call}: ${getSystemErrorName(result)}`);
  return result;
}

/** Two connected stream sockets, not blocking. */
export function socketpair(): [number, number] {
  return checked("socketpair", addon.socketpair()) as [number, number];
}

/** The end to read from, the end to write to. */
export function pipe(): [number, number] {
  return checked("pipe", addon.pipe()) as [number, number];
}

export function eventfd(): number {
  return checked("eventfd", addon.eventfd());
}

/** A regular file. By the addon, because the number that Deno's node:fs gives is not the system's. */
export function openFile(): number {
  return checked("open", addon.openFile());
}

/** @param least the lowest number that is free from there on is given */
export function dup(fd: number, least = 0): number {
  return checked("dup", addon.dup(fd, least));
}

/**
 * What is open as `fd` is `number` now, which was closed before. To open it after that, and to expect the lowest free number,
 * is not enough: a thread of the runtime may have closed a lower one by then (Bun's do).
 */
export function renumbered(fd: number, number: number): number {
  const again = dup(fd, number);
  close(fd);
  if (again !== number) throw new Error(`descriptor ${number} is somebody else's by now`);
  return again;
}

export function close(fd: number): void {
  checked("close", addon.close(fd));
}

/** Up to `most` bytes; none when the peer has closed, undefined when there is nothing now. */
export function read(fd: number, most = 65_536): Uint8Array | undefined {
  const into = new Uint8Array(most);
  const count = addon.read(fd, into);
  if (count < 0 && getSystemErrorName(count) === "EAGAIN") return undefined;
  return into.subarray(0, checked("read", count));
}

/** How many bytes were taken; 0 when the buffer is full. */
export function write(fd: number, bytes: Uint8Array): number {
  const count = addon.write(fd, bytes);
  return count < 0 && getSystemErrorName(count) === "EAGAIN" ? 0 : checked("write", count);
}

/** What of the poll(2) events is there now; POLLNVAL (32) for a closed descriptor. */
export function poll(fd: number, events: number): number {
  return checked("poll", addon.poll(fd, events));
}

export function shutdown(fd: number, how: number): void {
  checked("shutdown", addon.shutdown(fd, how));
}

/** Of this process: from `most` on there are no numbers. Those that are open stay so. */
export function limitDescriptors(most: number): void {
  checked("setrlimit", addon.limitDescriptors(most));
}

export function epollCreate1(): number {
  return checked("epoll_create1", addon.epollCreate1());
}

/** @param data given back with each event; default: the descriptor's number */
export function epollCtl(epfd: number, operation: number, fd: number, events = 0, data = fd): void {
  checked("epoll_ctl", addon.epollCtl(epfd, operation, fd, events, data));
}

const found = new Int32Array(512);

/** What is ready now; it does not wait. */
export function epollWait(epfd: number, most: number): { events: number; data: number }[] {
  const count = checked("epoll_wait", addon.epollWait(epfd, most, found));
  return Array.from({ length: count }, (_, i) => ({ events: found[i * 2] ?? 0, data: found[i * 2 + 1] ?? 0 }));
}

export function fill(fd: number): void {
  const bytes = new Uint8Array(65_536);
  while (write(fd, bytes) > 0);
}

/** The descriptors this process has open. */
export function openDescriptors(): number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .sort((a, b) => a - b);
}
