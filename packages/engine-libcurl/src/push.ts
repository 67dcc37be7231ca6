import { MisuseError } from "@curlew/core";
import { easyById } from "./binding.js";
import type { CallbackDepth } from "./callback-depth.js";
import { Easy } from "./easy.js";

/** What a PUSHFUNCTION answers. */
export const CURL_PUSH_OK = 0;
export const CURL_PUSH_DENY = 1;
/** The parent fails, too. */
export const CURL_PUSH_ERROROUT = 2;

/** Of the request that the server would have liked to get: ":path" and the like, then its fields. */
export type PushHeaders = readonly (readonly [name: string, value: string])[];

/**
 * CURLMOPT_PUSHFUNCTION: a server sends, over HTTP/2, what it was not asked for. `pushed` has the options of its parent and
 * none of its callbacks: this is the place to set WRITEFUNCTION and HEADERFUNCTION; what is not settable in flight is not
 * settable here. Answers a CURL_PUSH_ value; nothing means OK, and then `pushed` is an added handle like any other: a
 * message comes, it is to be removed and cleaned up. Otherwise it is gone. Without this function nothing may be pushed.
 * It must be set before the connection is made. Refused before libcurl 8.14, which crashes on what it is for.
 */
export type PushFunction = (
  parent: Easy,
  pushed: Easy,
  headers: PushHeaders,
  userp: unknown,
) => number | undefined | void;

/** Makes the handle, asks, and does as was answered. Throws what the function threw: then nothing is left of the handle. */
export function askAboutPush(
  parentId: number,
  pushedId: number,
  headers: Uint8Array,
  depth: CallbackDepth,
  ask: (parent: Easy, pushed: Easy, headers: PushHeaders) => number | undefined | void,
): { answer: number; pushed: Easy } {
  const parent = easyById(parentId)?.easy as Easy;
  const pushed = new Easy(parent.library, pushedId);
  pushed.listener.host = depth; // libcurl is holding it: it must not be cleaned up
  let answer = CURL_PUSH_DENY;
  try {
    answer = checkAnswer(ask(parent, pushed, readHeaders(headers)) ?? CURL_PUSH_OK);
    if (answer === CURL_PUSH_OK) pushed.listener.begins(0);
    return { answer, pushed };
  } finally {
    if (answer !== CURL_PUSH_OK) pushed.release();
  }
}

function checkAnswer(answer: unknown): number {
  if (answer === CURL_PUSH_OK || answer === CURL_PUSH_DENY || answer === CURL_PUSH_ERROROUT) return answer;
  throw new MisuseError("OUT_OF_RANGE", `the push callback answered ${String(answer)}, and not a CURL_PUSH_ value`);
}

/** "name:value" lines; a name may begin with a colon. */
function readHeaders(lines: Uint8Array): PushHeaders {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString("latin1");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const colon = line.indexOf(":", 1);
      return [line.slice(0, colon), line.slice(colon + 1)] as const;
    });
}
