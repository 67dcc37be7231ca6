/** The headers of an answer, as libcurl has parsed them: curl_easy_header and curl_easy_nextheader. */
import { CurlewError, MisuseError, TransferError } from "@curlew/core";
import { native } from "./binding.js";
import type { Easy } from "./easy.js";
import type { Header } from "./native.js";
import { typeOf } from "./option-values.js";

const ALL_ORIGINS = 31;

/** CURLHcode: 1 to 4 are ways of having none. */
enum Code {
  NOREQUEST = 4,
  OUT_OF_MEMORY,
  BAD_ARGUMENT,
  NOT_BUILT_IN,
}

export function findHeader(
  easy: Easy,
  name: string,
  index: number,
  origin: number,
  request: number,
): Header | undefined {
  if (typeof name !== "string") throw new MisuseError("WRONG_TYPE", `header takes a name, not ${typeOf(name)}`);
  if (!Number.isInteger(index) || index < 0)
    throw new MisuseError("OUT_OF_RANGE", `there is no header number ${index}`);
  checkSource(origin, request);
  const found = native().easyHeader(easy.id, name, index, origin, request);
  if (typeof found !== "number") return found;
  if (found <= Code.NOREQUEST) return undefined;
  if (found === Code.NOT_BUILT_IN) throw missing(easy);
  if (found === Code.BAD_ARGUMENT) throw new MisuseError("OUT_OF_RANGE", "libcurl does not take these for a header");
  throw new TransferError("LIBCURL_FAILED", "out of memory for a header");
}

export function listHeaders(easy: Easy, origin: number, request: number): Header[] {
  checkSource(origin, request);
  const headers = native().easyHeaders(easy.id, origin, request);
  if (!headers) throw missing(easy);
  return headers;
}

function checkSource(origin: number, request: number): void {
  if (!Number.isInteger(origin) || origin < 1 || origin > ALL_ORIGINS)
    throw new MisuseError("OUT_OF_RANGE", `an origin is made of CURLH_ bits, and not ${origin}`);
  if (!Number.isInteger(request) || request < -1 || request > 2 ** 31 - 1)
    throw new MisuseError("OUT_OF_RANGE", `a request is a number from 0, or -1 for the last, and not ${request}`);
}

function missing(easy: Easy): CurlewError {
  return new CurlewError("NOT_IN_THIS_LIBCURL", `libcurl ${easy.library.version} has no curl_easy_header`);
}
