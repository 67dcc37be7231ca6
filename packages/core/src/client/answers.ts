import { endOfBlock, Head } from "./head.js";
import { unfilled } from "./runtime.js";

/** What of an answer's blocks the client is told. */
export interface AnswerListener {
  informational(head: Head): void;
  redirect(head: Head): void;
  head(head: Head): void;
  /** Whether another answer may come after it. */
  mayBeFollowed(head: Head): boolean;
}

const NONE: readonly Head[] = [];

/**
 * Tells the answer from what comes before it: informational answers, redirects that are followed, challenges that are met.
 * libcurl gives all of their header blocks alike; one that may be followed by another is the answer only when a body, or
 * the end, comes after it.
 */
export class Answers {
  readonly #listener: AnswerListener;
  #informational = NONE;
  #previous = NONE;
  #unfinished: Uint8Array | undefined;
  #candidate: Head | undefined;
  #told = false;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  /** The answer was told. */
  get told(): boolean {
    return this.#told;
  }

  headers(bytes: Uint8Array): void {
    const all = this.#unfinished ? joined([this.#unfinished, bytes]) : bytes;
    this.#unfinished = undefined;
    let start = 0;
    for (let end = endOfBlock(all, 0); end > 0; end = endOfBlock(all, start)) {
      this.#block(start === 0 && end === all.length ? all : all.subarray(start, end));
      start = end;
    }
    if (start < all.length) this.#unfinished = all.subarray(start);
  }

  /** What comes now belongs to the answer, be it one without any header: HTTP/0.9, and protocols that have none. */
  settle(): void {
    if (this.#told) return;
    const head = this.#candidate ?? this.#headOf(new Uint8Array(0));
    this.#candidate = undefined;
    this.#tell(head);
  }

  #block(block: Uint8Array): void {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    if (candidate) {
      this.#previous = [...this.#previous, candidate];
      this.#listener.redirect(candidate);
    }
    const head = this.#headOf(block);
    if (isInformational(head)) {
      this.#informational = [...this.#informational, head];
      this.#listener.informational(head);
    } else if (this.#listener.mayBeFollowed(head)) this.#candidate = head;
    else this.#tell(head);
  }

  #headOf(block: Uint8Array): Head {
    return new Head(block, this.#informational, this.#previous);
  }

  #tell(head: Head): void {
    if (this.#told) return;
    this.#told = true;
    this.#listener.head(head);
  }
}

/** A 101 is the answer, unless it leads to HTTP/2, where the answer is then given (RFC 7540 3.2). */
function isInformational(head: Head): boolean {
  const { status } = head;
  if (status === 101) return head.headers.get("upgrade")?.toLowerCase() === "h2c";
  return status >= 100 && status < 200;
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  const all = unfilled(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
