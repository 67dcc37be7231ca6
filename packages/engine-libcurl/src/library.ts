import { CurlewError, type EngineHazards } from "@curlew/core";
import { native } from "./binding.js";
import { featuresOf } from "./features.js";
import { findLibcurl } from "./find-libcurl.js";
import { engineHazards, faultsOf, survivedFaultsOf } from "./hazards.js";
import { LoadStatus, type VersionInfo } from "./native.js";
import { type OptionTable, readOptions } from "./options.js";

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

  constructor(index: number, path: string) {
    this.index = index;
    this.path = path;
    this.info = native().versionInfo(index);
    this.hazards = engineHazards(this.info.version);
    this.options = readOptions(native().options(index));
  }

  /** "7.88.1". */
  get version(): string {
    return this.info.version;
  }

  /** "HTTP2", "AsynchDNS", ... */
  get features(): readonly string[] {
    return this.info.featureNames.length > 0 ? this.info.featureNames : featuresOf(this.info.features);
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
