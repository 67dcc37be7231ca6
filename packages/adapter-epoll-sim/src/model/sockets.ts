import { CURL_POLL_IN, type SocketLife } from "@curlew/core";
import type { Kernel } from "../kernel/index.js";
import type { Callbacks } from "./callbacks.js";
import type { ModelEasy } from "./easy.js";
import type { Profile } from "./profiles.js";
import type { SocketEntries } from "./socket-entries.js";

/** The model's own descriptors: opened and closed in libcurl's order, and with its exceptions. */
export class Sockets {
  readonly #kernel: Kernel;
  readonly #profile: Profile;
  readonly #entries: SocketEntries;
  readonly #callbacks: Callbacks;
  /** Past their connect phase: their close is announced. */
  readonly #connected = new Set<number>();
  life: SocketLife | null = null;

  constructor(kernel: Kernel, profile: Profile, entries: SocketEntries, callbacks: Callbacks) {
    this.#kernel = kernel;
    this.#profile = profile;
    this.#entries = entries;
    this.#callbacks = callbacks;
  }

  open(address: string): number {
    const fd = this.#kernel.socket();
    const { life } = this;
    if (life) this.#callbacks.run("life", () => life.opened(fd));
    this.#kernel.connect(fd, address);
    return fd;
  }

  connected(fd: number): void {
    this.#connected.add(fd);
  }

  announcesClose(fd: number): boolean {
    return this.life !== null && this.#connected.has(fd);
  }

  /**
   * REMOVE first, then close. 7.88.0 to 8.1.2 close what is still connecting without a word: REMOVE comes when the transfer
   * is looked at again, or not at all when its next socket has got the number (C 2.8).
   */
  close(fd: number, easy: ModelEasy | undefined): void {
    const connecting = !this.#connected.delete(fd);
    if (connecting && this.#profile.removeAfterCloseInConnect) {
      this.#callbacks.observer.closing?.(fd, false);
      this.#kernel.close(fd);
      return;
    }
    this.#entries.forget(fd, easy);
    const { life } = this;
    if (life) this.#callbacks.run("life", () => life.closing(fd));
    this.#callbacks.observer.closing?.(fd, true);
    this.#kernel.close(fd);
  }

  /** A descriptor of libcurl's inner workings: no close of it is announced. */
  closeInternal(fd: number, easy?: ModelEasy): void {
    this.#entries.forget(fd, easy);
    this.#callbacks.observer.closing?.(fd, true);
    this.#kernel.close(fd);
  }
}

export const READING: number = CURL_POLL_IN;
