import { existsSync } from "node:fs";
import { CurlewError, MisuseError, TransferError } from "@curlew/core";
import { findNodeLibcurl, libcurlVersion } from "./find.js";
import type { NodeEasy, NodeLibcurl } from "./node-libcurl.js";

/** node-libcurl, and what is to be known of the libcurl below it. */
export class Library {
  readonly module: NodeLibcurl;
  /** Of libcurl: "7.88.1". */
  readonly version: string;
  readonly #takesIntegers = new Map<string, boolean>();
  #scratch: NodeEasy | undefined;
  #trustFileSuffices: boolean | undefined;

  /** @throws MisuseError WRONG_TYPE; CurlewError NO_NODE_LIBCURL */
  constructor(given?: NodeLibcurl) {
    this.module = findNodeLibcurl(given);
    this.version = libcurlVersion(this.module.Curl.getVersion());
  }

  isBefore(...version: readonly [number, number, number]): boolean {
    const own = this.version.split(".").map(Number);
    const at = version.findIndex((number, i) => number !== own[i]);
    return at >= 0 && (own[at] ?? 0) < (version[at] ?? 0);
  }

  /** "offered", "known": node-libcurl knows of it and does not offer it; "unknown". */
  fateOf(option: string): "offered" | "known" | "unknown" {
    const { option: table } = this.module.Curl;
    if (Object.prototype.propertyIsEnumerable.call(table, option)) return "offered";
    return Object.hasOwn(table, option) ? "known" : "unknown";
  }

  /**
   * Whether it is an option for integers. node-libcurl turns whatever such a one is given into a number, "abc" into 0; all
   * others refuse what is of the wrong type, so a try on a handle that does nothing else tells them apart.
   */
  takesIntegers(option: string): boolean {
    const known = this.#takesIntegers.get(option);
    if (known !== undefined) return known;
    this.#scratch ??= new this.module.Easy();
    let takes = true;
    try {
      this.#scratch.setOpt(option, 1);
    } catch {
      takes = false;
    }
    this.#takesIntegers.set(option, takes);
    return takes;
  }

  /**
   * Whether the file of trusted certificates is to do without the directory of the same ones: with a directory libcurl keeps
   * nothing of what it has read (CURLOPT_CA_CACHE_TIMEOUT, since 7.87), and reads it again for each new connection.
   */
  get trustFileSuffices(): boolean {
    this.#trustFileSuffices ??= this.#hasTrustFile();
    return this.#trustFileSuffices;
  }

  /** Sets an option; what node-libcurl or libcurl says to it is an error of ours. */
  set(easy: NodeEasy, option: string, value: unknown): void {
    let curlCode: number;
    try {
      curlCode = easy.setOpt(option, value);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (cause instanceof TypeError) throw new MisuseError("WRONG_TYPE", `${option}: ${why}`, cause);
      throw new CurlewError("OPTION_REFUSED", `node-libcurl refused this value of ${option}: ${why}`, cause);
    }
    if (curlCode === 0) return;
    if (curlCode === 48 || curlCode === 4)
      throw new CurlewError("NOT_IN_THIS_LIBCURL", `this libcurl ${this.version} was built without ${option}`);
    const message = `libcurl refused this value of ${option}: ${this.module.Easy.strError(curlCode)}`;
    throw new TransferError("OPTION_REFUSED", message, { curlCode });
  }

  /** Without the reset node-libcurl keeps a closed handle's functions, and whatever they know, for ever. */
  free(easy: NodeEasy): void {
    easy.reset();
    easy.close();
  }

  /** @throws MisuseError UNKNOWN_OPTION for a name that is no info's; CurlewError NOT_IN_THIS_LIBCURL */
  getinfo(easy: NodeEasy, info: string): unknown {
    const { info: table } = this.module.Curl;
    if (!Object.hasOwn(table, info))
      throw new MisuseError(
        "UNKNOWN_OPTION",
        `node-libcurl has no info "${info}". Names are libcurl's without CURLINFO_`,
      );
    if (!Object.prototype.propertyIsEnumerable.call(table, info))
      throw new CurlewError("OPTION_REFUSED", `node-libcurl does not offer the info ${info}`);
    const { code, data } = easy.getInfo(info);
    if (code !== 0)
      throw new CurlewError("NOT_IN_THIS_LIBCURL", `libcurl ${this.version} does not have the info ${info}`);
    return data === "" ? undefined : data;
  }

  #hasTrustFile(): boolean {
    if (this.isBefore(7, 87, 0)) return false;
    const easy = new this.module.Easy();
    const file = this.getinfo(easy, "CAINFO");
    const folder = this.getinfo(easy, "CAPATH");
    this.free(easy);
    return typeof file === "string" && Boolean(folder) && existsSync(file);
  }
}
