import type { Host } from "./native.js";

/**
 * How many callbacks of a multi, and of the easies added to it, are on the stack. Counted here because libcurl up to 8.3
 * forgets about the outer ones when a nested one returns, and lets calls through that it must refuse (C 10.4).
 */
export class CallbackDepth implements Host {
  #depth = 0;
  #telling = 0;
  #notifying = 0;
  runs = 0;

  get inCallback(): boolean {
    return this.#depth > 0;
  }

  /** There is a notify callback on the stack, and no other: libcurl has unwound so far that it allows more (C 10.3). */
  get onlyNotifying(): boolean {
    return this.#notifying > 0 && this.#depth === this.#notifying;
  }

  get telling(): boolean {
    return this.#telling > 0;
  }

  enterCallback(): void {
    this.#depth++;
  }

  leaveCallback(): void {
    this.#depth--;
  }

  enterTelling(): void {
    this.#telling++;
    this.#depth++;
  }

  leaveTelling(): void {
    this.#telling--;
    this.#depth--;
  }

  enterNotify(): void {
    this.#notifying++;
    this.#depth++;
  }

  leaveNotify(): void {
    this.#notifying--;
    this.#depth--;
  }
}
