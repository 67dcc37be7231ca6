import { type Client, MisuseError, type RequestBody, type RequestOptions } from "@curlew/core";
import { isObservable, type Observable } from "rxjs";
import { ObservableBody } from "./observable-body.js";
import { readOnce } from "./one-shot.js";

/** A string, or a URL of whatever realm. */
export type RequestUrl = Parameters<Client["start"]>[0];

/** What a request may say besides its URL: all that the client takes, and bodies that are Observables. */
export interface TransferOptions extends Omit<RequestOptions, "body"> {
  /** An Observable is of bytes. It is subscribed to once the request was sent, anew for each transfer. */
  readonly body?: RequestBody | Observable<ArrayBufferView> | null | undefined;
  /**
   * Bytes of an Observable body that were emitted and not sent at which the next chunk fails the transfer with BODY_FAILED:
   * an Observable cannot be asked to wait. Default 16 777 216 (16 MiB).
   */
  readonly sendBufferBytes?: number | undefined;
  /** Emit progress, at most that often, ms. Default: never. */
  readonly progressIntervalMs?: number | undefined;
}

const SEND_BUFFER_BYTES = 16_777_216;

/** @throws MisuseError WRONG_TYPE */
export function checkClient(client: Client): void {
  if (typeof client?.start === "function") return;
  throw new MisuseError("WRONG_TYPE", "the first argument is a client: see createClient()");
}

/**
 * The request of one transfer, as the client takes it.
 * @throws MisuseError OUT_OF_RANGE; BODY_USED for a body that can be read once and was
 */
export function requestOf(options: TransferOptions): RequestOptions {
  const { body, sendBufferBytes = SEND_BUFFER_BYTES } = options;
  const most = checkBytes("sendBufferBytes", sendBufferBytes);
  if (body === undefined || body === null) return options as RequestOptions;
  if (isObservable(body)) return { ...options, body: new ObservableBody(body, most) };
  return { ...options, body: readOnce(body) };
}

/** @throws MisuseError OUT_OF_RANGE */
export function checkBytes(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new MisuseError("OUT_OF_RANGE", `${name} takes a whole number of bytes above 0, not ${String(value)}`);
}
