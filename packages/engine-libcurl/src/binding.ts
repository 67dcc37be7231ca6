/**
 * The one door to the addon. Built as CommonJS only and loaded by the ESM and the CJS build alike, so that both share one
 * table of handles: the addon knows numbers, this file knows whose they are.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CurlewError } from "@curlew/core";
import type { EasyListener, MultiListener, Native } from "./native.js";

/** Handles that were dropped without clean-up are not kept by being listed here. */
const multis = new Map<number, WeakRef<MultiListener>>();
const easies = new Map<number, WeakRef<EasyListener>>();

const WRITE_ERROR = 0xffffffff;

/** In the order of the enum hook in native/env.h. None of them throws: the listeners keep what users throw. */
const hooks = [
  (multi: number, easy: number, fd: number, what: number, index: number) => {
    multis.get(multi)?.deref()?.socketTold(easy, fd, what, index);
    return 0;
  },
  (multi: number, timeoutMs: number) => {
    multis.get(multi)?.deref()?.timerTold(timeoutMs);
    return 0;
  },
  (multi: number, fd: number) => multis.get(multi)?.deref()?.socketOpened(fd),
  (multi: number, fd: number) => multis.get(multi)?.deref()?.socketClosing(fd),
  (easy: number, bytes: Uint8Array) => easies.get(easy)?.deref()?.wrote(bytes) ?? WRITE_ERROR,
  (easy: number, bytes: Uint8Array) => easies.get(easy)?.deref()?.headerLine(bytes) ?? WRITE_ERROR,
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

/** Frees what was dropped without clean-up. A multi frees its descriptors with it. */
const droppedEasies = new FinalizationRegistry<number>((id) => forgetEasy(id));
const droppedMultis = new FinalizationRegistry<number>((id) => forgetMulti(id));

export function keepEasy(id: number, easy: EasyListener): void {
  easies.set(id, new WeakRef(easy));
  droppedEasies.register(easy, id, easy);
}

export function keepMulti(id: number, multi: MultiListener): void {
  multis.set(id, new WeakRef(multi));
  droppedMultis.register(multi, id, multi);
}

export function easyById(id: number): EasyListener | undefined {
  return id === 0 ? undefined : easies.get(id)?.deref();
}

export function forgetEasy(id: number, easy?: EasyListener): void {
  if (easy) droppedEasies.unregister(easy);
  loaded?.easyCleanup(id);
  easies.delete(id);
}

export function forgetMulti(id: number, multi?: MultiListener): void {
  if (multi) droppedMultis.unregister(multi);
  loaded?.multiCleanup(id);
  multis.delete(id);
}
