export type {
  DataFunction,
  EasyCallbacks,
  FileInfo,
  HstsEntry,
  ReadFunction,
  SeekFunction,
  SshKey,
} from "./callbacks.js";
export type { WsFrame } from "./connection.js";
export * from "./constants.js";
export { Easy } from "./easy.js";
export type { EasyOptionName, EasyOptions } from "./generated/options.js";
export type { TlsBackend, VersionInfo } from "./global.js";
export type { InfoName, InfoValue } from "./infos.js";
export { type Absent, type Libcurl, loadLibcurl } from "./library.js";
export type { Mime, MimePart, StreamPart } from "./mime.js";
export { Multi } from "./multi.js";
export {
  CURLMNOTIFY_EASY_DONE,
  CURLMNOTIFY_INFO_READ,
  type MultiValues,
  type NotifyFunction,
} from "./multi-callbacks.js";
export type { MultiInfoName } from "./multi-infos.js";
export { type MultiOption, type MultiOptionKind, type MultiOptionName, multiOptions } from "./multi-options.js";
export {
  CURL_WAIT_POLLIN,
  CURL_WAIT_POLLOUT,
  CURL_WAIT_POLLPRI,
  type FdSets,
  type WaitFd,
  type WaitResult,
} from "./multi-select.js";
export type { Header } from "./native.js";
export type { Option, OptionKind, OptionTable } from "./options.js";
export { CURL_PUSH_DENY, CURL_PUSH_ERROROUT, CURL_PUSH_OK, type PushFunction, type PushHeaders } from "./push.js";
export { Share, type ShareKind } from "./share.js";
export { type Support, supportOf } from "./support.js";
