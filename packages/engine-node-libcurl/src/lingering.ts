import type { Library } from "./library.js";
import type { NodeEasy, NodeMulti } from "./node-libcurl.js";
import type { Turn } from "./turn.js";

/**
 * Handles nobody wants, whose name may be being looked up. Up to 8.19 libcurl ends such a one by waiting for the resolver, and
 * node-libcurl has no QUICK_EXIT against that (C 5.11): the whole process would stand still. So they stay where they are until
 * their name is known, and are ended then, before a request is sent.
 */
export class Lingering {
  readonly #library: Library;
  readonly #multi: NodeMulti;
  readonly #turn: Turn;
  readonly #easies = new Set<NodeEasy>();

  constructor(library: Library, multi: NodeMulti, turn: Turn) {
    this.#library = library;
    this.#multi = multi;
    this.#turn = turn;
  }

  get none(): boolean {
    return this.#easies.size === 0;
  }

  has(easy: NodeEasy): boolean {
    return this.#easies.has(easy);
  }

  add(easy: NodeEasy): void {
    this.#easies.add(easy);
    // It is asked each time the transfer has moved on; whatever but 0 ends it.
    easy.setOpt("XFERINFOFUNCTION", () => (isResolved(this.#library, easy) ? 1 : 0));
    easy.setOpt("NOPROGRESS", 0);
  }

  /** libcurl has ended a transfer, which may be one of these. */
  ended(easy: NodeEasy): void {
    if (!this.#easies.has(easy)) return;
    this.#turn.submit(() => {
      this.#easies.delete(easy);
      this.#multi.removeHandle(easy);
      this.#library.free(easy);
    });
  }
}

/** Its name was looked up, or there was none to look up, as on a connection that is used again. */
export function isResolved(library: Library, easy: NodeEasy): boolean {
  return ["NAMELOOKUP_TIME_T", "PRETRANSFER_TIME_T"].some((info) => Number(library.getinfo(easy, info)) > 0);
}
