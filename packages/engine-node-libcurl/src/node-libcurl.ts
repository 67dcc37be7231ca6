/**
 * What is used of node-libcurl: the same in its versions 4 and 5, against whose published types a test holds it. Codes are
 * libcurl's CURLcodes.
 */
export interface NodeLibcurl {
  readonly Curl: {
    /** Numbers by name; what node-libcurl knows of and does not offer cannot be enumerated. */
    readonly option: object;
    readonly info: object;
    /** "libcurl/7.88.1 OpenSSL/3.0.17 ...". */
    getVersion(): string;
    /** "node-libcurl/4.0.0": the one place that has its version. */
    readonly defaultUserAgent: string;
  };
  readonly Easy: { new (): NodeEasy; strError(curlCode: number): string };
  readonly Multi: new () => NodeMulti;
}

export interface NodeEasy {
  setOpt(option: string, value: unknown): number;
  getInfo(info: string): { readonly code: number; readonly data: unknown };
  pause(bitmask: number): number;
  reset(): unknown;
  close(): void;
}

export interface NodeMulti {
  addHandle(easy: NodeEasy): number;
  removeHandle(easy: NodeEasy): number;
  onMessage(callback: ((error: Error, easy: NodeEasy, curlCode: number) => void) | null): unknown;
  close(): void;
}

export const CURLPAUSE_RECV = 1;
export const CURLPAUSE_SEND = 4;
export const CURL_WRITEFUNC_PAUSE = 0x10000001;
export const CURL_READFUNC_PAUSE = 0x10000001;
export const CURL_READFUNC_ABORT = 0x10000000;
export const CURL_SEEKFUNC_OK = 0;
export const CURL_SEEKFUNC_CANTSEEK = 2;

export const CURLE_WRITE_ERROR = 23;
export const CURLE_ABORTED_BY_CALLBACK = 42;
export const CURLE_BAD_FUNCTION_ARGUMENT = 43;
export const CURLE_SEND_ERROR = 55;
