import type { Callbacks } from "./callbacks.js";
import type { ModelEasy } from "./easy.js";

/** CURLMNOTIFY_INFO_READ: there is a message, and there was none. CURLMNOTIFY_EASY_DONE: a transfer has ended. */
export const INFO_READ = 0;
export const EASY_DONE = 1;

/** CURLMOPT_NOTIFYFUNCTION. `easy` is undefined for INFO_READ: it is a handle of libcurl's own (C 13.2). */
export type NotifyFunction = (type: number, easy: ModelEasy | undefined, userp: unknown) => void;

/** What libcurl tells at the end of a call, from 8.17 on: collected only when there is a callback and the type is enabled. */
export class Notifications {
  readonly enabled = new Set<number>();
  readonly #callbacks: Callbacks;
  #queue: { readonly type: number; readonly easy: ModelEasy | undefined }[] = [];

  constructor(callbacks: Callbacks) {
    this.#callbacks = callbacks;
  }

  note(type: number, easy: ModelEasy | undefined): void {
    if (this.#callbacks.functions.NOTIFYFUNCTION && this.enabled.has(type)) this.#queue.push({ type, easy });
  }

  /** What is about a handle that was taken out is not told (C 13.3). */
  forget(easy: ModelEasy): void {
    this.#queue = this.#queue.filter((entry) => entry.easy !== easy);
  }

  dispatch(): void {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#callbacks.notify(next.type, next.easy);
  }
}
