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
export type { InfoName, InfoValue } from "./infos.js";
export { Libcurl, loadLibcurl } from "./library.js";
export type { Mime, MimePart, StreamPart } from "./mime.js";
export { Multi } from "./multi.js";
export type { MultiOptionName } from "./multi-options.js";
export type { Header, VersionInfo } from "./native.js";
export type { Option, OptionKind, OptionTable } from "./options.js";
export { Share, type ShareKind } from "./share.js";
