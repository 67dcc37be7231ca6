import {
  CURLPAUSE_RECV,
  CURLPAUSE_SEND,
  type CurlewError,
  type EasyHandle,
  type GatheredKind,
  MisuseError,
  TransferError,
} from "@curlew/core";

export const CURL_WRITEFUNC_PAUSE = 0x10000001;

export interface EasyOptions {
  URL: string;
  CUSTOMREQUEST: string;
  /** The whole of a transfer, and of its connecting, ms; 0: no limit. */
  TIMEOUT_MS: number;
  CONNECTTIMEOUT_MS: number;
  /** Bytes a second; 0: no limit. */
  MAX_RECV_SPEED_LARGE: number;
  /** Not 0: the connection serves nobody else afterwards. */
  FORBID_REUSE: number;
  /** 0: ending a transfer waits for its lookup, up to 8.19 (C 5.11). Default 1, as every engine of a loop must set it. */
  QUICK_EXIT: number;
  /** What to send. */
  POSTFIELDS: Uint8Array | null;
  /** Answers undefined, the number of bytes, or CURL_WRITEFUNC_PAUSE; anything else fails the transfer with 23. */
  WRITEFUNCTION: ((bytes: Uint8Array) => number | undefined | void) | null;
  HEADERFUNCTION: ((bytes: Uint8Array) => number | undefined | void) | null;
}

const NAMES: Readonly<Record<keyof EasyOptions, string>> = {
  URL: "string",
  CUSTOMREQUEST: "string",
  TIMEOUT_MS: "number",
  CONNECTTIMEOUT_MS: "number",
  MAX_RECV_SPEED_LARGE: "number",
  FORBID_REUSE: "number",
  QUICK_EXIT: "number",
  POSTFIELDS: "object",
  WRITEFUNCTION: "function",
  HEADERFUNCTION: "function",
};

/** libcurl's words for the codes the model can end with. */
const WORDS: Readonly<Record<number, string>> = {
  1: "unsupported protocol",
  3: "URL malformed",
  6: "could not resolve host",
  7: "could not connect to server",
  18: "transferred a partial file",
  23: "failed writing received data",
  28: "timeout was reached",
  42: "aborted by an application callback",
  52: "server returned nothing",
  55: "failed sending data to the peer",
  56: "failure when receiving data from the peer",
};

/** What the multi does when a handle that is added is paused. */
export interface EasyOwner {
  pauseChanged(easy: ModelEasy): void;
}

/** An easy handle of the model. */
export class ModelEasy implements EasyHandle {
  readonly options: EasyOptions = {
    URL: "",
    CUSTOMREQUEST: "",
    TIMEOUT_MS: 0,
    CONNECTTIMEOUT_MS: 300_000,
    MAX_RECV_SPEED_LARGE: 0,
    FORBID_REUSE: 0,
    QUICK_EXIT: 1,
    POSTFIELDS: null,
    WRITEFUNCTION: null,
    HEADERFUNCTION: null,
  };
  readonly infos: Record<string, number | string> = {
    RESPONSE_CODE: 0,
    HTTP_VERSION: 0,
    NUM_CONNECTS: 0,
    SIZE_DOWNLOAD_T: 0,
    SIZE_UPLOAD_T: 0,
  };
  /** The multi it is added to. */
  owner: EasyOwner | undefined;
  /** In collected mode: what was received, and what is to be sent. */
  gather: Gather | undefined;
  /** CURLPAUSE bits. */
  pausedBits = 0;
  #cleaned = false;

  setopt(option: string, value: unknown): void {
    if (!Object.hasOwn(NAMES, option))
      throw new MisuseError(
        "UNKNOWN_OPTION",
        `the model has no option "${option}"; it has: ${Object.keys(NAMES).join(", ")}`,
      );
    const kind = NAMES[option as keyof EasyOptions];
    const nullable = kind === "function" || kind === "object";
    if (kind !== typeof value || (value === null && !nullable)) {
      if (!(nullable && value === null))
        throw new MisuseError("WRONG_TYPE", `${option} takes a ${kind}, not ${value === null ? "null" : typeof value}`);
    }
    (this.options as unknown as Record<string, unknown>)[option] = value;
  }

  getinfo(info: string): unknown {
    if (!Object.hasOwn(this.infos, info)) throw new MisuseError("UNKNOWN_OPTION", `the model has no info "${info}"`);
    return this.infos[info];
  }

  pause(bitmask: number): void {
    if (bitmask === this.pausedBits) return;
    this.pausedBits = bitmask & (CURLPAUSE_RECV | CURLPAUSE_SEND);
    this.owner?.pauseChanged(this);
  }

  get paused(): boolean {
    return this.pausedBits !== 0 || this.receivingPaused || this.gather?.starved === true;
  }

  /** By its user, or because what it received is not taken. */
  get receivingPaused(): boolean {
    return (this.pausedBits & CURLPAUSE_RECV) !== 0 || this.gather?.full === true;
  }

  cleanup(): void {
    if (this.owner) throw new MisuseError("HANDLE_IN_USE", "this easy handle is added to a multi: remove it first");
    this.#cleaned = true;
  }

  get cleaned(): boolean {
    return this.#cleaned;
  }

  failure(curlCode: number): CurlewError {
    const words = WORDS[curlCode] ?? "failed";
    return new TransferError("TRANSFER_FAILED", `${this.options.URL}: ${words}`, { curlCode });
  }
}

/** What the C side of the real engine does: received bytes wait until they are collected, up to a high-water mark. */
export class Gather {
  readonly highWaterBytes: number;
  readonly events: { readonly kind: GatheredKind; readonly bytes: Uint8Array }[] = [];
  held = false;
  /** Of the body, not collected yet. */
  #bytes = 0;
  /** It stopped receiving at the mark. */
  full = false;
  /** A body that is streamed: queued to be sent, and whether it is complete. */
  readonly upload: Uint8Array[] = [];
  uploadBytes = 0;
  uploadEnded = true;
  /** There was nothing to send: told by "drain" that there is room. */
  starved = false;

  constructor(highWaterBytes: number) {
    this.highWaterBytes = highWaterBytes;
  }

  push(kind: GatheredKind, bytes: Uint8Array): void {
    this.events.push({ kind, bytes });
    if (kind !== "body") return;
    this.#bytes += bytes.length;
    if (this.#bytes < this.highWaterBytes) return;
    this.full = true;
    this.events.push({ kind: "full", bytes: new Uint8Array(0) });
  }

  takeAll(): { readonly kind: GatheredKind; readonly bytes: Uint8Array }[] {
    this.#bytes = 0;
    return this.events.splice(0);
  }
}
