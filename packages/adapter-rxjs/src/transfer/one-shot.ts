import { MisuseError, type RequestBody } from "@curlew/core";

/** Bodies that can be read once, and were begun to be read. */
const used = new WeakSet<object>();

/**
 * A body that can be read once (a ReadableStream, a stream of Node's, a generator under way) fails whoever reads it again with
 * BODY_USED: it would be sent empty, without a word. A transfer that ended before it asked for the body leaves it as it was,
 * for the next one. Other bodies are given back as they are.
 * @throws MisuseError BODY_USED
 */
export function readOnce(body: RequestBody): RequestBody {
  if (!isOneShot(body)) return body;
  refuseUsed(body);
  const read = <T>(how: () => T): T => {
    refuseUsed(body);
    used.add(body);
    return how();
  };
  if (Symbol.asyncIterator in body) return { [Symbol.asyncIterator]: () => read(() => body[Symbol.asyncIterator]()) };
  return { getReader: () => read(() => body.getReader()) };
}

type OneShot = AsyncIterable<unknown> | Extract<RequestBody, { getReader(): unknown }>;

function isOneShot(body: RequestBody): body is OneShot {
  if (typeof body !== "object") return false;
  return ["getReader", "pipe", "next"].some(
    (name) => typeof (body as unknown as Record<string, unknown>)[name] === "function",
  );
}

function refuseUsed(body: object): void {
  if (!used.has(body)) return;
  const message = "this body can be read once, and was: a transfer that is repeated needs an Observable";
  throw new MisuseError("BODY_USED", message);
}
