/** Bits of curl_version_info's `features`, by position, under the names libcurl gives them itself since 7.87. */
const names: readonly (string | undefined)[] = [
  "IPv6",
  undefined,
  "SSL",
  "libz",
  "NTLM",
  undefined,
  "Debug",
  "AsynchDNS",
  "SPNEGO",
  "Largefile",
  "IDN",
  "SSPI",
  undefined,
  "TrackMemory",
  "TLS-SRP",
  "NTLM_WB",
  "HTTP2",
  "GSS-API",
  "Kerberos",
  "UnixSockets",
  "PSL",
  "HTTPS-proxy",
  "MultiSSL",
  "brotli",
  "alt-svc",
  "HTTP3",
  "zstd",
  "Unicode",
  "HSTS",
  "gsasl",
  "threadsafe",
];

export function featuresOf(bits: number): string[] {
  return names.filter((name, bit): name is string => name !== undefined && ((bits >> bit) & 1) === 1);
}
