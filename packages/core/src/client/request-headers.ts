import { MisuseError } from "../errors.js";
import { trimmed } from "./header-fields.js";
import type { HeaderLines } from "./header-lines.js";
import type { PreparedBody } from "./request-body.js";

/** As fetch takes them: pairs, a Headers, or an object, in which a list of values is as many lines. */
export type RequestHeaders =
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | number | readonly string[] | undefined>>;

const NONE: readonly string[] = [];

/**
 * Lines for the engine, with what goes without saying: the body's type, and no "Expect: 100-continue", for which libcurl
 * waits a second where a server does not know it.
 * @throws MisuseError FORBIDDEN_CHARACTER, WRONG_TYPE, OUT_OF_RANGE for a Content-Length that is not the body's. Values are not shown: they may be secrets
 */
export function requestHeaders(
  headers: RequestHeaders | undefined,
  body: PreparedBody | undefined,
  from: HeaderLines,
): readonly string[] {
  if (headers === undefined && body === undefined) return NONE;
  const said = new Said(body, from);
  addAll(said, headers);
  if (!body) return said.lines;
  if (body.contentType !== undefined && !said.type) said.add("Content-Type", body.contentType);
  if (!said.expect) said.lines.push("Expect:");
  return said.lines;
}

/** What is to be sent so far. */
class Said {
  readonly lines: string[] = [];
  type = false;
  expect = false;
  readonly #body: PreparedBody | undefined;
  readonly #from: HeaderLines;

  constructor(body: PreparedBody | undefined, from: HeaderLines) {
    this.#body = body;
    this.#from = from;
  }

  add(name: string, value: unknown): void {
    const { text, known } = this.#from.lineOf(name, value);
    this.lines.push(text);
    if (known === "content-length") checkLength(trimmed(String(value)), this.#body);
    else if (known === "content-type") this.type = true;
    else if (known === "expect") this.expect = true;
  }
}

function addAll(said: Said, headers: RequestHeaders | undefined): void {
  if (headers === undefined || headers === null) return;
  if (typeof headers !== "object")
    throw new MisuseError("WRONG_TYPE", `headers takes an object, pairs, or Headers, not a ${typeof headers}`);
  if (Symbol.iterator in headers) {
    for (const pair of headers) {
      const [name, value] = checkPair(pair);
      said.add(name, value);
    }
    return;
  }
  for (const [name, value] of Object.entries(headers))
    if (Array.isArray(value)) for (const one of value) said.add(name, one);
    else if (value !== undefined) said.add(name, value);
}

function checkPair(pair: unknown): readonly [string, unknown] {
  if (Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string") return pair as [string, unknown];
  throw new MisuseError("WRONG_TYPE", "headers, when they are a list, are pairs of a name and a value");
}

/** A server takes what is beyond the length it was told for the next request, and waits for what is missing. */
function checkLength(told: string, body: PreparedBody | undefined): void {
  const { content, sizeBytes } = body ?? { content: undefined, sizeBytes: 0 };
  const size = content instanceof Uint8Array ? content.length : sizeBytes;
  if (told === String(size)) return;
  const has = size === undefined ? "the body does not say how many bytes it has" : `the body has ${size} bytes`;
  throw new MisuseError(
    "OUT_OF_RANGE",
    `the header Content-Length says otherwise than the body: ${has}. Leave it out, and say bodySizeBytes for a stream`,
  );
}
