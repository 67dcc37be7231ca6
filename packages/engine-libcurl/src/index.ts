export { CURL_WRITEFUNC_PAUSE, type DataFunction, Easy } from "./easy.js";
export type { EasyOptionName, EasyOptions } from "./generated/options.js";
export type { InfoName, InfoValue } from "./infos.js";
export { Libcurl, loadLibcurl } from "./library.js";
export { Multi } from "./multi.js";
export type { MultiOptionName } from "./multi-options.js";
export type { VersionInfo } from "./native.js";
export type { Option, OptionKind, OptionTable } from "./options.js";
