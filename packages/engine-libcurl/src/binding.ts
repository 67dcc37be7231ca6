/**
 * The one door to the addon. Built as CommonJS only and loaded by the ESM and the CJS build alike, so that both share one
 * table of handles: the addon knows numbers, this file knows whose they are.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CurlewError, MisuseError } from "@curlew/core";
import type { EasyListener, MultiListener, Native } from "./native.js";
import { typeOf } from "./option-values.js";

/** Handles that were dropped without clean-up are not kept by being listed here. */
const multis = new Map<number, WeakRef<MultiListener>>();
const easies = new Map<number, WeakRef<EasyListener>>();

/**
 * Whose call is under way. Callbacks are of that multi, as a rule; to look it up by its weak reference would keep it, and cost
 * as much as the callback, several times each transfer.
 */
let active: MultiListener | undefined;

/** Before a call in which callbacks may come, and after it with what was answered before. */
export function activate(multi: MultiListener | undefined): MultiListener | undefined {
  const before = active;
  active = multi;
  return before;
}

function multiById(id: number): MultiListener | undefined {
  return active?.id === id ? active : multis.get(id)?.deref();
}

/** In the order of the enum hook in native/env.h. None of them throws: the listeners keep what users throw. */
const hooks = [
  (multi: number, easy: number, fd: number, what: number, index: number) => {
    multiById(multi)?.socketTold(easy, fd, what, index);
    return 0;
  },
  (multi: number, timeoutMs: number) => {
    multiById(multi)?.timerTold(timeoutMs);
    return 0;
  },
  (multi: number, fd: number) => multiById(multi)?.socketOpened(fd),
  (multi: number, fd: number) => multiById(multi)?.socketClosing(fd),
  (easy: number, option: number, ...args: unknown[]) => easyById(easy)?.callBack(option, args),
  (multi: number, type: number, easy: number) => multiById(multi)?.notified(type, easy),
  (multi: number, parent: number, pushed: number, headers: Uint8Array) =>
    multiById(multi)?.pushed(parent, pushed, headers),
];

let loaded: Native | undefined;

/** Loads the addon at the first use: importing this package has no side effect. */
export function native(): Native {
  if (!loaded) {
    loaded = load();
    loaded.setHooks(hooks);
  }
  return loaded;
}

function load(): Native {
  const file = join(__dirname, "..", "build", `${process.platform}-${process.arch}`, "engine.node");
  if (!existsSync(file))
    throw new CurlewError(
      "ENGINE_NOT_BUILT",
      `the native part of @curlew/engine-libcurl is missing for ${process.platform} ${process.arch} (looked for ${file}). In a ` +
        "checkout run `npm run build`, which needs a C compiler; other platforms than Linux are not supported yet.",
    );
  return require(file) as Native;
}

/** Frees what was dropped without clean-up. */
const droppedEasies = new FinalizationRegistry<number>((id) => forgetEasy(id));
const droppedShares = new FinalizationRegistry<number>((id) => loaded?.shareCleanup(id, true));
const droppedMultis = new FinalizationRegistry<number>((id) => forgetMulti(id));

/** Of any copy of this package, and whether it was cleaned up or not. */
const libraries = new WeakSet<object>();
const easyHandles = new WeakSet<object>();

export function keepLibrary(library: object): void {
  libraries.add(library);
}

/** @throws MisuseError WRONG_TYPE: the addon would take any other for the first one */
export function checkLibrary(value: unknown): void {
  if (isIn(libraries, value)) return;
  throw new MisuseError("WRONG_TYPE", `a library that loadLibcurl has given is wanted, not ${typeOf(value)}`);
}

/** @throws MisuseError WRONG_TYPE */
export function checkEasy(value: unknown): void {
  if (!isIn(easyHandles, value)) throw new MisuseError("WRONG_TYPE", `an Easy is wanted, not ${typeOf(value)}`);
}

function isIn(set: WeakSet<object>, value: unknown): value is object {
  return typeof value === "object" && value !== null && set.has(value);
}

/** `owner` holds the listener, and nobody else does. */
export function keepEasy(id: number, listener: EasyListener, owner: object): void {
  easyHandles.add(owner);
  easies.set(id, new WeakRef(listener));
  droppedEasies.register(owner, id, owner);
}

export function keepMulti(id: number, listener: MultiListener, owner: object): void {
  multis.set(id, new WeakRef(listener));
  droppedMultis.register(owner, id, owner);
}

const shares = new WeakSet<object>();

export function keepShare(id: number, owner: object): void {
  shares.add(owner);
  droppedShares.register(owner, id, owner);
}

/** Of any copy of this package. */
export function isShare(value: unknown): value is object {
  return isIn(shares, value);
}

/** A CURLSHcode: one that is in use stays. */
export function forgetShare(id: number, owner: object): number {
  const code = loaded?.shareCleanup(id, false) ?? 0;
  if (code === 0) droppedShares.unregister(owner);
  return code;
}

export function easyById(id: number): EasyListener | undefined {
  return easies.get(id)?.deref();
}

export function forgetEasy(id: number, owner?: object): void {
  if (owner) droppedEasies.unregister(owner);
  loaded?.easyCleanup(id);
  easies.delete(id);
}

/** The handle stays, and is libcurl's. */
export function releaseEasy(id: number, owner: object): void {
  droppedEasies.unregister(owner);
  loaded?.easyRelease(id);
  easies.delete(id);
}

/** Its callbacks come until this returns. */
export function forgetMulti(id: number, owner?: object): void {
  if (owner) droppedMultis.unregister(owner);
  loaded?.multiCleanup(id);
  multis.delete(id);
}
