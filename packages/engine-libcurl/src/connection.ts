/** A connection in its user's hands: CONNECT_ONLY with send and recv, WebSocket frames. */
import { CurlewError, MisuseError, TransferError } from "@curlew/core";
import { native } from "./binding.js";
import type { Easy } from "./easy.js";
import { typeOf } from "./option-values.js";

/** What libcurl says of a WebSocket frame (man curl_ws_meta). */
export interface WsFrame {
  /** CURLWS_ bits. */
  readonly flags: number;
  /** Where in its frame this piece begins, in bytes. */
  readonly offset: number;
  /** What is left of the frame after this piece. */
  readonly bytesLeft: number;
}

const NOT_BUILT_IN = 4;
const SEND_ERROR = 55;
const RECV_ERROR = 56;
const AGAIN = 81;
const RECURSIVE_API_CALL = 93;

/** [bytes, flags, offset, bytes left] */
const out = new Float64Array(4);

/** Calls with a buffer; undefined for "would block". */
export function send(easy: Easy, bytes: Uint8Array): number | undefined {
  checkBytes("send", bytes);
  return moved(easy, native().easySend(easy.id, bytes, out));
}

export function recv(easy: Easy, room: Uint8Array): number | undefined {
  checkBytes("recv", room);
  return moved(easy, native().easyRecv(easy.id, room, out));
}

export function wsSend(
  easy: Easy,
  bytes: Uint8Array | string,
  flags: number,
  fragmentSize: number,
): number | undefined {
  const data = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  checkBytes("wsSend", data);
  if (!Number.isInteger(flags) || flags < 0 || flags > 127 || !Number.isSafeInteger(fragmentSize) || fragmentSize < 0)
    throw new MisuseError("OUT_OF_RANGE", `wsSend takes CURLWS_ bits and a size, not ${flags} and ${fragmentSize}`);
  checkWebSocket(easy, SEND_ERROR);
  return moved(easy, native().easyWsSend(easy.id, data, fragmentSize, flags, out));
}

export function wsRecv(easy: Easy, room: Uint8Array): (WsFrame & { bytes: number }) | undefined {
  checkBytes("wsRecv", room);
  checkWebSocket(easy, RECV_ERROR);
  const code = native().easyWsRecv(easy.id, room, out);
  const bytes = moved(easy, code);
  return bytes === undefined ? undefined : { bytes, ...frame(1) };
}

export function wsMeta(easy: Easy): WsFrame | undefined {
  return native().easyWsMeta(easy.id, out) ? frame(0) : undefined;
}

function frame(at: number): WsFrame {
  return { flags: out[at] ?? 0, offset: out[at + 1] ?? 0, bytesLeft: out[at + 2] ?? 0 };
}

function moved(easy: Easy, code: number): number | undefined {
  if (code === 0) return out[0];
  if (code === AGAIN) return undefined;
  throw explain(easy, code);
}

function explain(easy: Easy, code: number): Error {
  if (code === NOT_BUILT_IN)
    return new CurlewError("NOT_IN_THIS_LIBCURL", `libcurl ${easy.library.version} was built without WebSocket`);
  if (code === RECURSIVE_API_CALL) return recursive("this call");
  return easy.failure(code);
}

/** The older of the libcurls that speak it look at a WebSocket's memory without asking whether there is one. */
function checkWebSocket(easy: Easy, code: number): void {
  if (!easy.library.info.protocols.some((protocol) => protocol === "ws"))
    throw new CurlewError("NOT_IN_THIS_LIBCURL", `libcurl ${easy.library.version} was built without WebSocket`);
  if (!easy.added || !/^wss?$/i.test(easy.getinfo("SCHEME") ?? ""))
    throw new TransferError("TRANSFER_FAILED", "no WebSocket is open on this handle", { curlCode: code });
}

export function recursive(what: string): TransferError {
  const why = `${what} cannot be made inside a callback of the same multi or handle: make it after the callback has returned`;
  return new TransferError("RECURSIVE_CALL", why, { curlCode: RECURSIVE_API_CALL });
}

function checkBytes(call: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array))
    throw new MisuseError("WRONG_TYPE", `${call} takes a Uint8Array, not ${typeOf(value)}`);
}
