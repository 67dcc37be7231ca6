import { CurlewError, type EngineHazards } from "@curlew/core";
import { keepLibrary, native } from "./binding.js";
import { findLibcurl } from "./find-libcurl.js";
import { knownOptions } from "./generated/options.js";
import { featureNames, type TlsBackend, tlsBackends, type VersionInfo, versionInfo } from "./global.js";
import { engineHazards, faultsOf, survivedFaultsOf } from "./hazards.js";
import { type MultiOption, multiOptions } from "./multi-options.js";
import { LoadStatus } from "./native.js";
import { type OptionTable, readOptions } from "./options.js";

/** What a libcurl does not have, being too old or built without it: using it throws NOT_IN_THIS_LIBCURL. */
export interface Absent {
  /** "curl_multi_waitfds". */
  readonly functions: readonly string[];
  /** "TIMEOUT_MS": of those that any libcurl has which this package was tested with. */
  readonly easyOptions: readonly string[];
  /** "NOTIFYFUNCTION". */
  readonly multiOptions: readonly string[];
}

/** One loaded libcurl. Several may be loaded in one process; each keeps its own handles. */
export class Libcurl {
  /** The addon's number for it. */
  readonly index: number;
  /** The file that was mapped, resolved. */
  readonly path: string;
  readonly info: VersionInfo;
  readonly hazards: EngineHazards;
  /** Easy options by name, as libcurl describes them. */
  readonly options: OptionTable;
  #absent: Absent | undefined;

  constructor(index: number, path: string) {
    this.index = index;
    this.path = path;
    this.info = versionInfo(index);
    this.hazards = engineHazards(this.info.version);
    this.options = readOptions(native().options(index));
    keepLibrary(this);
  }

  /** "7.88.1". */
  get version(): string {
    return this.info.version;
  }

  /** "HTTP2", "AsynchDNS", ... */
  get features(): readonly string[] {
    return featureNames(this.info);
  }

  /** "http", "https", ... */
  get protocols(): readonly string[] {
    return this.info.protocols;
  }

  /** The TLS libraries it was built with: curl_global_sslset's list. */
  get tlsBackends(): TlsBackend[] {
    return tlsBackends(this.index);
  }

  get absent(): Absent {
    this.#absent ??= {
      functions: native().absentFunctions(this.index),
      easyOptions: [...knownOptions].filter((name) => !this.options.has(name)),
      multiOptions: absentMultiOptions(this.index),
    };
    return this.#absent;
  }

  /** What is known to be wrong with this version and will be felt, a line each; empty for most. */
  get faults(): string[] {
    return faultsOf(this.version);
  }

  /** What is known to be wrong with it and is dealt with. */
  get survivedFaults(): string[] {
    return survivedFaultsOf(this.version);
  }

  /** curl_easy_strerror. */
  easyError(curlCode: number): string {
    return native().easyStrerror(this.index, curlCode);
  }

  /** curl_multi_strerror. */
  multiError(multiCode: number): string {
    return native().multiStrerror(this.index, multiCode);
  }

  /** curl_share_strerror. */
  shareError(shareCode: number): string {
    return native().shareStrerror(this.index, shareCode);
  }

  /** curl_url_strerror: of a CURLUcode. */
  urlError(urlCode: number): string {
    return native().urlStrerror(this.index, urlCode);
  }
}

const UNKNOWN_OPTION = 6;

/** Nothing tells them but an attempt; 0 is NULL to those that take a pointer. */
function absentMultiOptions(library: number): string[] {
  const multi = native().multiInit(library);
  const unknown = ({ id }: MultiOption): boolean => native().multiSetLong(multi, id, 0) === UNKNOWN_OPTION;
  const absent = Object.entries(multiOptions).filter(([, option]) => unknown(option));
  native().multiCleanup(multi);
  return absent.map(([name]) => name);
}

const libraries = new Map<number, Libcurl>();

/**
 * Loads a libcurl, or finds it loaded: `path`, else the file that CURLEW_LIBCURL names, else the system's. Faults known of
 * its version are reported once, as a process warning with code CURLEW_LIBCURL.
 *
 * @throws CurlewError NO_LIBCURL, NOT_LIBCURL, LIBCURL_TOO_OLD, LIBCURL_FAILED, ENGINE_NOT_BUILT
 */
export function loadLibcurl(path?: string): Libcurl {
  const file = findLibcurl(path);
  const { status, index, why, path: mapped, fresh } = native().load(file);
  if (status !== LoadStatus.OK) throw refused(status, file, why);
  let library = libraries.get(index);
  if (!library) {
    library = new Libcurl(index, mapped ?? file);
    libraries.set(index, library);
  }
  if (fresh) warnOf(library);
  return library;
}

function warnOf({ version, faults }: Libcurl): void {
  if (faults.length === 0) return;
  process.emitWarning(`libcurl ${version}: ${faults.join("; ")}`, { type: "CurlewWarning", code: "CURLEW_LIBCURL" });
}

function refused(status: LoadStatus, file: string, why: string): CurlewError {
  switch (status) {
    case LoadStatus.TOO_OLD:
      return new CurlewError("LIBCURL_TOO_OLD", `${file} cannot be used: ${why}, and 7.81.0 is the oldest that can`);
    case LoadStatus.NOT_FOUND:
    case LoadStatus.NOT_LIBCURL:
      return new CurlewError("NOT_LIBCURL", `${file} is not a libcurl that can be loaded here: ${why}`);
    default:
      return new CurlewError("LIBCURL_FAILED", `${file} was loaded but could not be started: ${why}`);
  }
}
