import { MisuseError, type TransferRequest } from "@curlew/core";
import { Gather, ModelEasy } from "./easy.js";

const HIGH_WATER_BYTES = 524_288;
const URL_LIMIT = 65_536;

/** A handle for one request, in collected mode. Headers are accepted and not sent: there is nobody who would read them. */
export function prepare(request: TransferRequest): ModelEasy {
  if (typeof request.url !== "string") throw new MisuseError("WRONG_TYPE", "url takes a string");
  if (request.url.length > URL_LIMIT) throw new MisuseError("URL_TOO_LONG", `the URL has over ${URL_LIMIT} bytes`);
  const easy = new ModelEasy();
  easy.gather = new Gather(request.highWaterBytes ?? HIGH_WATER_BYTES);
  easy.setopt("URL", request.url);
  if (request.method !== undefined) easy.setopt("CUSTOMREQUEST", request.method);
  if (request.body instanceof Uint8Array) easy.setopt("POSTFIELDS", request.body);
  else if (request.body) easy.gather.uploadEnded = false;
  for (const [option, value] of Object.entries(request.curl ?? {})) easy.setopt(option, value);
  return easy;
}
