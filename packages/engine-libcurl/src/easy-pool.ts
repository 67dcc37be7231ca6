import type { TransferRequest } from "@curlew/core";
import type { Easy } from "./easy.js";
import type { Libcurl } from "./library.js";
import { prepare, prepareAgain } from "./request.js";

/** Options that are read anew by each transfer and leave nothing behind in the handle, with plain values. */
const leaveNothing: ReadonlySet<string> = new Set([
  "ACCEPT_ENCODING",
  "BUFFERSIZE",
  "CAINFO",
  "CAPATH",
  "CONNECTTIMEOUT_MS",
  "FORBID_REUSE",
  "FRESH_CONNECT",
  "HTTP_VERSION",
  "IPRESOLVE",
  "LOW_SPEED_LIMIT",
  "LOW_SPEED_TIME",
  "PIPEWAIT",
  "SSL_SESSIONID_CACHE",
  "TCP_NODELAY",
  "TIMEOUT_MS",
  "USERAGENT",
]);

/** Kinds of requests that are remembered, and idle handles of all of them together; each has about 6 KiB. */
const MOST_SHELVES = 8;
const MOST_HANDLES = 512;

/** Handles set up for requests that differ in nothing but the URL. */
interface Shelf {
  readonly request: TransferRequest;
  readonly curl: readonly (readonly [string, unknown])[];
  readonly secure: boolean;
  readonly idle: { readonly easy: Easy; readonly url: string }[];
}

interface Lent {
  readonly easy: Easy;
  readonly shelf: Shelf;
  readonly url: string;
}

/**
 * Handles for transfers, used again. Making one and setting it up costs as much as all the rest of a small transfer; so one
 * whose transfer ended well is kept for a request like it, reset, and set up as it was in one crossing.
 *
 * A reset forgets options, infos and credentials, not cookies. Handles that could have learned something a stranger must
 * not meet are not kept: those of URLs with credentials, with bodies, or with options beyond those above.
 */
export class EasyPool {
  readonly #library: Libcurl;
  readonly #shelves: Shelf[] = [];
  /** By the addon's numbers. */
  readonly #lent = new Map<number, Lent>();
  #idle = 0;

  constructor(library: Libcurl) {
    this.#library = library;
  }

  /** A handle for the request. @throws as `prepare` */
  take(given: TransferRequest): Easy {
    const request = readOnce(given);
    if (!canBeKept(request)) return prepare(this.#library, request);
    const shelf = this.#shelfOf(request);
    const kept = shelf.idle.pop();
    const easy = kept?.easy ?? prepare(this.#library, request, true);
    if (kept) {
      this.#idle--;
      this.#renew(easy, kept.url === request.url ? undefined : request.url);
    }
    this.#lent.set(easy.id, { easy, shelf, url: request.url });
    return easy;
  }

  /** One that was taken and not given back; undefined also for those that are not kept. */
  find(id: number): Easy | undefined {
    const easy = this.#lent.get(id)?.easy;
    return easy?.id === id ? easy : undefined;
  }

  /** Its transfer ended; `well`: as it should, so that the handle may serve another. */
  giveBack(easy: Easy, well: boolean): void {
    const lent = this.#lent.get(easy.id);
    this.#lent.delete(easy.id);
    if (!well || !lent || this.#idle >= MOST_HANDLES || !this.#shelves.includes(lent.shelf)) return easy.cleanup();
    lent.shelf.idle.push({ easy, url: lent.url });
    this.#idle++;
  }

  /** Frees those that are idle. */
  clear(): void {
    for (const shelf of this.#shelves.splice(0)) this.#empty(shelf);
  }

  #shelfOf(request: TransferRequest): Shelf {
    const at = this.#shelves.findIndex((shelf) => isLike(shelf, request));
    const found = this.#shelves[at];
    if (found) return found;
    const shelf = { request, curl: Object.entries(request.curl ?? {}), secure: isSecure(request.url), idle: [] };
    if (this.#shelves.unshift(shelf) > MOST_SHELVES) this.#empty(this.#shelves.pop());
    return shelf;
  }

  #renew(easy: Easy, url: string | undefined): void {
    try {
      prepareAgain(easy, url);
    } catch (error) {
      easy.cleanup();
      throw error;
    }
  }

  #empty(shelf: Shelf | undefined): void {
    for (const { easy } of shelf?.idle.splice(0) ?? []) {
      this.#idle--;
      easy.cleanup();
    }
  }
}

function canBeKept({ url, headers = [], body, progress, curl }: TransferRequest): boolean {
  if (body !== undefined || progress === true || typeof url !== "string" || url.includes("@")) return false;
  if (!Array.isArray(headers)) return false; // prepare says what is wrong with them
  for (const option in curl) if (!leaveNothing.has(option) || !isPlain(curl[option])) return false;
  return true;
}

/** What the caller has may change, or answer differently the second time: what is compared is what is set. */
function readOnce(request: TransferRequest): TransferRequest {
  const { headers, curl } = request;
  const copy: { -readonly [K in keyof TransferRequest]: TransferRequest[K] } = { ...request };
  if (Array.isArray(headers)) copy.headers = [...headers];
  if (curl) copy.curl = { ...curl };
  return copy;
}

function isPlain(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean";
}

function isLike({ request: kept, curl, secure }: Shelf, request: TransferRequest): boolean {
  return (
    kept.method === request.method &&
    kept.highWaterBytes === request.highWaterBytes &&
    kept.headerLimitBytes === request.headerLimitBytes &&
    kept.redirects === request.redirects &&
    kept.decompress === request.decompress &&
    secure === isSecure(request.url) &&
    areLike(kept.headers, request.headers) &&
    isSame(curl, request.curl)
  );
}

function areLike(kept: readonly string[] = [], given: readonly string[] = []): boolean {
  return kept.length === given.length && kept.every((line, i) => line === given[i]);
}

function isSame(kept: readonly (readonly [string, unknown])[], given: Readonly<Record<string, unknown>> = {}): boolean {
  let count = 0;
  for (const _ in given) count++;
  return count === kept.length && kept.every(([option, value]) => given[option] === value);
}

/** Whether `prepare` sets PIPEWAIT. */
function isSecure(url: string): boolean {
  return /^https:/i.test(url);
}
