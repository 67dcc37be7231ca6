/** What a libcurl says of itself without a handle: curl_version_info and curl_global_sslset. */
import { native } from "./binding.js";
import { featuresOf } from "./features.js";

/** struct curl_version_info_data. The version of a library that this libcurl was built without is undefined, or 0. */
export interface VersionInfo {
  /** Which fields the library knows: 9 is 7.77, 10 is 7.87, 11 is 8.8. */
  readonly age: number;
  /** All of it in a line: curl_version. */
  readonly summary: string;
  readonly version: string;
  /** 0xXXYYZZ. */
  readonly versionNum: number;
  readonly host: string;
  /** Bits; `Libcurl.features` has them by name. */
  readonly features: number;
  /** TLS libraries; those in parentheses are not the one in use. */
  readonly ssl: string | undefined;
  readonly libz: string | undefined;
  readonly protocols: readonly string[];
  readonly ares: string | undefined;
  readonly aresNum: number;
  readonly libidn: string | undefined;
  readonly iconvVerNum: number;
  readonly libssh: string | undefined;
  /** (MAJOR << 24) | (MINOR << 12) | PATCH. */
  readonly brotliVerNum: number;
  readonly brotli: string | undefined;
  /** (MAJOR << 16) | (MINOR << 8) | PATCH. */
  readonly nghttp2VerNum: number;
  readonly nghttp2: string | undefined;
  /** HTTP/3 and QUIC. */
  readonly quic: string | undefined;
  /** The trust store that was built in, as a file and as a folder. */
  readonly cainfo: string | undefined;
  readonly capath: string | undefined;
  /** (MAJOR << 24) | (MINOR << 12) | PATCH. */
  readonly zstdVerNum: number;
  readonly zstd: string | undefined;
  readonly hyper: string | undefined;
  readonly gsasl: string | undefined;
  /** Empty before 7.87. */
  readonly featureNames: readonly string[];
  /** undefined before 8.8. */
  readonly rtmp: string | undefined;
}

/** A TLS library this libcurl could be told to use before it was initialised; by now it has chosen. */
export interface TlsBackend {
  /** A curl_sslbackend: 1 is OpenSSL, 2 GnuTLS, ... */
  readonly id: number;
  readonly name: string;
}

/** @param library the addon's number for it */
export function versionInfo(library: number): VersionInfo {
  return native().versionInfo(library);
}

/** "HTTP2", "AsynchDNS", ... */
export function featureNames(info: VersionInfo): readonly string[] {
  return info.featureNames.length > 0 ? info.featureNames : featuresOf(info.features);
}

export function tlsBackends(library: number): TlsBackend[] {
  const flat = native().tlsBackends(library);
  return Array.from({ length: flat.length / 2 }, (_, i) => ({
    id: Number(flat[i * 2]),
    name: String(flat[i * 2 + 1]),
  }));
}
