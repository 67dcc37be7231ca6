import type { TransferRequest } from "@curlew/core";
import type { Easy } from "./easy.js";
import type { Libcurl } from "./library.js";
import { headerLines, prepare, prepareAgain } from "./request.js";

/** Options that are read anew by each transfer and leave nothing behind in the handle, with plain values. */
const leaveNothing: ReadonlySet<string> = new Set([
  "ACCEPT_ENCODING",
  "BUFFERSIZE",
  "CAINFO",
  "CAPATH",
  "CONNECTTIMEOUT_MS",
  "DNS_CACHE_TIMEOUT",
  "FORBID_REUSE",
  "FRESH_CONNECT",
  "HAPPY_EYEBALLS_TIMEOUT_MS",
  "HTTP_VERSION",
  "IPRESOLVE",
  "LOW_SPEED_LIMIT",
  "LOW_SPEED_TIME",
  "MAXAGE_CONN",
  "MAXLIFETIME_CONN",
  "NOPROXY",
  "PATH_AS_IS",
  "PIPEWAIT",
  "SSLVERSION",
  "SSL_SESSIONID_CACHE",
  "SSL_VERIFYHOST",
  "SSL_VERIFYPEER",
  "TCP_KEEPALIVE",
  "TCP_KEEPIDLE",
  "TCP_KEEPINTVL",
  "TCP_NODELAY",
  "TIMEOUT_MS",
  "UPLOAD_BUFFERSIZE",
  "USERAGENT",
]);

/** Kinds of requests that are remembered, and idle handles of all of them together; each has about 6 KiB. */
const MOST_SHELVES = 8;
const MOST_HANDLES = 512;

/** A handle that is set up for the requests of a shelf, lent or idle. */
interface Kept {
  readonly easy: Easy;
  readonly shelf: Shelf;
  url: string;
  lines: readonly string[];
}

/** Handles set up for requests that differ in nothing but the URL, the header lines, and how long a streamed body is. */
interface Shelf {
  readonly request: TransferRequest;
  readonly curl: readonly (readonly [string, unknown])[];
  readonly secure: boolean;
  readonly idle: Kept[];
}

/**
 * Handles for transfers, used again. Making one and setting it up costs as much as all the rest of a small transfer; so one
 * whose transfer ended well is kept for a request like it: as it is or, where it made more than one request, reset and set up
 * as it was in one crossing. URL and header lines are set anew where they are others: a server behind another is hardly ever
 * asked twice with the same ones.
 *
 * A reset forgets options, infos and credentials, not cookies. Handles that could have learned something a stranger must
 * not meet are not kept: those of URLs with credentials, or with options beyond those above. Nor are those that hold a body,
 * which may be large, or that were kept apart because nobody knew where their body ends.
 */
export class EasyPool {
  readonly #library: Libcurl;
  readonly #shelves: Shelf[] = [];
  /** Those that are lent, by the addon's numbers: small ones, which are given out again. */
  readonly #lent: (Kept | undefined)[] = [];
  #idle = 0;

  constructor(library: Libcurl) {
    this.#library = library;
  }

  /** A handle for the request. @throws as `prepare` */
  take(request: TransferRequest): Easy {
    const { url } = request;
    const kept = this.#shelfOf(request, url)?.idle.pop();
    if (!kept) return this.#make(readOnce(request));
    this.#idle--;
    return this.#renew(kept, request) ? this.#lend(kept) : this.#make(readOnce(request));
  }

  /** One that was taken and not given back; undefined also for those that are not kept. */
  find(id: number): Easy | undefined {
    const easy = this.#lent[id]?.easy;
    return easy?.id === id ? easy : undefined;
  }

  /** Its transfer ended; `well`: as it should, so that the handle may serve another. */
  giveBack(easy: Easy, well: boolean): void {
    const kept = this.#lent[easy.id];
    this.#lent[easy.id] = undefined;
    if (!well || !kept || this.#idle >= MOST_HANDLES || !this.#shelves.includes(kept.shelf)) return easy.cleanup();
    kept.shelf.idle.push(kept);
    this.#idle++;
  }

  /** Frees those that are idle. */
  clear(): void {
    for (const shelf of this.#shelves.splice(0)) this.#empty(shelf);
  }

  /** Where handles are whose options say what the request says; as they do, nothing of it has to be copied. */
  #shelfOf(request: TransferRequest, url: string): Shelf | undefined {
    if (!mayBeKept(request, url)) return undefined;
    const secure = isSecure(url);
    for (const shelf of this.#shelves) if (shelf.secure === secure && isLike(shelf, request)) return shelf;
    return undefined;
  }

  #make(request: TransferRequest): Easy {
    const { url, curl = {} } = request;
    if (!mayBeKept(request, url) || !leavesNothing(curl)) return prepare(this.#library, request);
    const easy = prepare(this.#library, request, true);
    const lines = headerLines(this.#library, request);
    return this.#lend({ easy, shelf: this.#shelfOf(request, url) ?? this.#putUp(request), url, lines });
  }

  #putUp(request: TransferRequest): Shelf {
    const shelf = { request, curl: Object.entries(request.curl ?? {}), secure: isSecure(request.url), idle: [] };
    if (this.#shelves.unshift(shelf) > MOST_SHELVES) this.#empty(this.#shelves.pop());
    return shelf;
  }

  #lend(kept: Kept): Easy {
    this.#lent[kept.easy.id] = kept;
    return kept.easy;
  }

  /**
   * Whether it could be set up again. Where the request is at fault a new handle says why; and 7.88.1 takes no BUFFERSIZE for
   * one whose last transfer shared its connection with others, as it still has the buffer.
   */
  #renew(kept: Kept, request: TransferRequest): boolean {
    const { url } = request;
    try {
      const lines = headerLines(this.#library, request);
      if (!areLike(kept.lines, lines)) {
        kept.lines = [...lines];
        kept.easy.setopt("HTTPHEADER", kept.lines);
      }
      prepareAgain(kept.easy, kept.url === url ? undefined : url, request);
      kept.url = url;
      return true;
    } catch {
      kept.easy.cleanup();
      return false;
    }
  }

  #empty(shelf: Shelf | undefined): void {
    for (const { easy } of shelf?.idle.splice(0) ?? []) {
      this.#idle--;
      easy.cleanup();
    }
  }
}

function mayBeKept({ headers, body, progress }: TransferRequest, url: unknown): boolean {
  if (progress === true || typeof url !== "string" || url.includes("@")) return false;
  if (body !== undefined && !isSizedStream(body)) return false;
  return headers === undefined || Array.isArray(headers); // prepare says what is wrong with others
}

function isSizedStream(body: NonNullable<TransferRequest["body"]>): boolean {
  return !(body instanceof Uint8Array) && (body?.sizeBytes ?? -1) >= 0;
}

function leavesNothing(curl: Readonly<Record<string, unknown>>): boolean {
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

function isLike({ request: kept, curl }: Shelf, request: TransferRequest): boolean {
  return (
    kept.method === request.method &&
    (kept.body === undefined) === (request.body === undefined) &&
    kept.highWaterBytes === request.highWaterBytes &&
    kept.headerLimitBytes === request.headerLimitBytes &&
    kept.redirects === request.redirects &&
    kept.decompress === request.decompress &&
    isSame(curl, request.curl)
  );
}

function areLike(kept: readonly string[], given: readonly string[]): boolean {
  if (kept.length !== given.length) return false;
  for (let i = 0; i < kept.length; i++) if (kept[i] !== given[i]) return false;
  return true;
}

function isSame(kept: readonly (readonly [string, unknown])[], given?: Readonly<Record<string, unknown>>): boolean {
  let count = 0;
  for (const _ in given) count++;
  if (count !== kept.length) return false;
  for (const [option, value] of kept) if (given?.[option] !== value) return false;
  return true;
}

/** Whether `prepare` sets PIPEWAIT. */
function isSecure(url: string): boolean {
  return /^https:/i.test(url);
}
