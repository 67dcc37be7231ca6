import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LoopError } from "@curlew/core";

/** An attachment in C. No function may be called with it after `close`. */
export type Handle = object & { readonly brand: unique symbol };

/** The addon's functions, as native/module.c exports them. */
export interface Addon {
  /**
   * `listener` is called when something is ready, and then not again until `wait`. Answers -errno, or undefined, when there
   * is no attachment to be had.
   */
  attach(listener: () => void, events: Int32Array): Handle | number | undefined;
  /** 0 or -errno. */
  watch(handle: Handle, fd: number, interest: number): number;
  unwatch(handle: Handle, fd: number): void;
  /** One shot; 0: at once; below 0: none. */
  setTimer(handle: Handle, delayMs: number): void;
  /** How many pairs of descriptor and bits were put into `events`, plus EXPIRED when the timer did; or -errno. */
  ready(handle: Handle): number;
  /** Has the thread wait until something is ready. 0, or -errno; then it never will again. */
  wait(handle: Handle): number;
  hold(handle: Handle, alive: boolean): void;
  close(handle: Handle): void;
}

export const EXPIRED = 1 << 16;

let loaded: Addon | undefined;

/** @throws LoopError LOOP_UNAVAILABLE, saying why */
export function addon(): Addon {
  loaded ??= load();
  return loaded;
}

/** Why this loop cannot be had here, or undefined. Runtimes may forbid addons, so it is loaded to know. */
export function whyNot(): string | undefined {
  try {
    addon();
    return undefined;
  } catch (error) {
    return (error as LoopError).message;
  }
}

function load(): Addon {
  if (process.platform !== "linux") throw unavailable(`epoll is Linux's; this is ${process.platform}`);
  if (!existsSync(file()))
    throw unavailable(`epoll's native part is missing for linux ${process.arch}: run \`npm run build\``);
  try {
    return createRequire(here())(file()) as Addon;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unavailable(`epoll's native part does not load: ${why}`, cause);
  }
}

function unavailable(why: string, cause?: unknown): LoopError {
  return new LoopError("LOOP_UNAVAILABLE", why, { cause });
}

function file(): string {
  return join(dirname(here()), "..", "build", `${process.platform}-${process.arch}`, "epoll.node");
}

function here(): string {
  return fileURLToPath(import.meta.url);
}
