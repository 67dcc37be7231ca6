import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LoopError } from "@curlew/core";

/** An attachment in C. */
export type Handle = object & { readonly brand: unique symbol };

/** The addon's functions, as native/module.c exports them. */
export interface Addon {
  /** `listener` hears how many events are in `events`, or what happened. undefined when memory is out. */
  attach(listener: (what: number) => void, events: Int32Array): Handle | undefined;
  /** 0, or libuv's error number. */
  watch(handle: Handle, fd: number, interest: number): number;
  unwatch(handle: Handle, fd: number): void;
  arm(handle: Handle, delayMs: number): void;
  disarm(handle: Handle): void;
  hold(handle: Handle, alive: boolean): void;
  close(handle: Handle): void;
  errorName(error: number): string;
}

export const TOLD_TIMER = -1;
export const TOLD_CLOSED = -2;

let loaded: Addon | undefined;

/** @throws LoopError LOOP_UNAVAILABLE, saying why */
export function addon(): Addon {
  loaded ??= load();
  return loaded;
}

/** Why this loop cannot be had here, or undefined. By the runtime's identity: Bun exports libuv's names and aborts (P 2.1). */
export function whyNot(): string | undefined {
  const versions = process.versions as Record<string, string | undefined>;
  const other = ["bun", "deno"].find((name) => versions[name] !== undefined);
  if (other) return `${other} has no working uv_poll; use adapter-epoll`;
  if (!existsSync(file()))
    return `its native part is missing for ${process.platform} ${process.arch}: run \`npm run build\``;
  return undefined;
}

function load(): Addon {
  const reason = whyNot();
  if (reason !== undefined) throw new LoopError("LOOP_UNAVAILABLE", `Node's own loop cannot be used: ${reason}`);
  return createRequire(here())(file()) as Addon;
}

function file(): string {
  return join(dirname(here()), "..", "build", `${process.platform}-${process.arch}`, "libuv.node");
}

function here(): string {
  return fileURLToPath(import.meta.url);
}
