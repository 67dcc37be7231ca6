import { CurlewError, MisuseError } from "../errors.js";
import { joined } from "./answers.js";
import { ChunkQueue, type UnreadBytes } from "./chunk-queue.js";

const COMPLETE = { error: undefined };
const NONE: readonly Uint8Array[] = [];
const NOTHING_WANTED = { most: 0, bytes: 1 };
/** More than that is put together from pieces of at least as much. */
const MOST_WHOLE_BYTES = 16_777_216;

/** What reading asks of the transfer. */
export interface BodyOwner {
  /** Too much waits, or no longer too much. */
  setFull(full: boolean): void;
  /** It is to come in one piece, unless it has more bytes than that. */
  receiveWhole(mostBytes: number): void;
  /** Nobody reads the rest. */
  abandon(): void;
  /** It is not to go on, because of this error. */
  fail(error: CurlewError): void;
  /** It has ended, and what is unread nobody is about to read. May be told more than once. */
  unreadAtEnd(): void;
}

/**
 * The one body of a transfer, from the side that receives to the one that reads: by chunks, or collected. Chunks that came
 * before an error are read before it is thrown.
 */
export class BodyReader {
  readonly #owner: BodyOwner;
  readonly #highWaterBytes: number;
  /** Received and not read. */
  readonly unread: ChunkQueue;
  #end: { readonly error: unknown | undefined } | undefined;
  #used = false;
  /** For `collect`. */
  #collected: Collected | undefined;
  /** Who waits for a chunk, or the end. */
  #waiting: (() => void)[] | undefined;
  /** Who waited, and has not come yet to read. */
  #woken = 0;

  constructor(owner: BodyOwner, highWaterBytes: number, total: UnreadBytes) {
    this.#owner = owner;
    this.#highWaterBytes = highWaterBytes;
    this.unread = new ChunkQueue(total);
  }

  // --- the side that receives ----------------------------------------------------------------------------------------

  push(chunk: Uint8Array): void {
    if (this.#end) return;
    if (this.#collected) return this.#collect(chunk);
    this.unread.push(chunk);
    this.#wake();
    if (this.unread.bytes >= this.#highWaterBytes) this.#owner.setFull(true);
  }

  /** No chunk comes any more. `error` undefined: the body is complete. */
  end(error: unknown | undefined): void {
    if (this.#end) return;
    this.#end = error === undefined ? COMPLETE : { error };
    this.#settle();
    this.#wake();
    this.#tellUnread();
  }

  // --- the side that reads -------------------------------------------------------------------------------------------

  /** @throws MisuseError BODY_USED */
  use(): void {
    if (this.#used) throw new MisuseError("BODY_USED", "the body was read already, or is being read: it can be once");
    this.#used = true;
  }

  get used(): boolean {
    return this.#used;
  }

  /** The next chunk; undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.unread.shift();
      if (chunk) {
        if (this.unread.bytes < this.#highWaterBytes) this.#owner.setFull(false);
        this.#tellUnread();
        return chunk;
      }
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end) return undefined;
      await new Promise<void>((resolve) => {
        this.#waiting ??= [];
        this.#waiting.push(resolve);
      });
      this.#woken--;
    }
  }

  /** As it is read, once. To leave early is to abandon it. */
  iterate(): AsyncIterableIterator<Uint8Array> {
    const done = { done: true, value: undefined } as const;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async () => {
        const value = await this.read();
        return value ? { done: false, value } : done;
      },
      return: async () => {
        this.abandon();
        return done;
      },
    };
  }

  /** Nobody reads the rest. */
  abandon(): void {
    this.unread.takeAll();
    this.end(undefined);
    this.#owner.abandon();
  }

  /**
   * All of the body. One promise, which no async function wraps in another: that is what small transfers are made of.
   * @throws MisuseError BODY_USED; CurlewError BODY_TOO_LARGE, and what ended the transfer, with `partialBody`
   */
  collect(most: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.use();
      this.#collected = { first: undefined, more: undefined, bytes: 0, most, resolve, reject };
      if (this.unread.bytes > 0) for (const chunk of this.unread.takeAll()) this.#collect(chunk);
      this.#receiveWhole();
      this.#owner.setFull(false);
      if (this.#end) this.#settle();
    });
  }

  /** Drops what is left, and answers when all of it came. */
  async discard(): Promise<void> {
    while ((await this.read()) !== undefined);
  }

  #collect(chunk: Uint8Array): void {
    const collected = this.#collected;
    if (!collected) return;
    if (!collected.first) collected.first = chunk;
    else if (collected.more) collected.more.push(chunk);
    else collected.more = [chunk];
    collected.bytes += chunk.length;
    if (collected.bytes <= collected.most) {
      if (collected.most - collected.bytes < MOST_WHOLE_BYTES) this.#receiveWhole();
      return;
    }
    const message = `the body has more than ${collected.most} bytes (limits.bodyBytes): read it by chunks, or raise the limit`;
    const error = new CurlewError("BODY_TOO_LARGE", message);
    this.end(error); // first: what the transfer still has is not for it
    this.#owner.fail(error);
  }

  /** One byte more than there may be comes as soon as it is there, and not with as many again. */
  #receiveWhole(): void {
    const { most, bytes } = this.#collected ?? NOTHING_WANTED;
    if (bytes <= most) this.#owner.receiveWhole(Math.min(most - bytes + 1, MOST_WHOLE_BYTES));
  }

  /** Tells who collects how it ended. */
  #settle(): void {
    const collected = this.#collected;
    if (!collected) return;
    this.#collected = undefined;
    const { first, more = NONE, resolve, reject } = collected;
    const error = this.#end?.error;
    if (error === undefined) return resolve(whole(first, more));
    if (error instanceof CurlewError) error.partialBody = whole(first, more);
    reject(error);
  }

  #tellUnread(): void {
    if (this.#end && this.#woken === 0 && this.unread.bytes > 0) this.#owner.unreadAtEnd();
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    this.#woken += waiting.length;
    for (const resume of waiting) resume();
  }
}

/** A body that is wanted as a whole. */
interface Collected {
  /** Small bodies have one chunk: no list is made for that. */
  first: Uint8Array | undefined;
  more: Uint8Array[] | undefined;
  bytes: number;
  readonly most: number;
  resolve(body: Uint8Array): void;
  reject(error: unknown): void;
}

/** One piece of memory of its own, and no Buffer: small chunks share theirs with those of other transfers. */
function whole(first: Uint8Array | undefined, more: readonly Uint8Array[]): Uint8Array {
  if (!first) return new Uint8Array(0);
  if (more.length > 0) return joined([first, ...more]);
  return first.byteLength === first.buffer.byteLength ? new Uint8Array(first.buffer) : new Uint8Array(first);
}
