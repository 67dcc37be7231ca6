/** A hundred requests, of which both engines must make the same. */
import type { ClientRequestOptions } from "@curlew/core";
import { contentOf, type TestServer } from "@curlew/testkit";

export interface Example {
  readonly title: string;
  readonly url: string;
  /** Made anew for each engine: a stream can be sent once. */
  readonly options: () => ClientRequestOptions;
}

type Curl = Readonly<Record<string, unknown>>;

/** Bodies, by what they are; each is made when it is sent. */
const bodies: Readonly<Record<string, () => ClientRequestOptions>> = {
  "a string": () => ({ body: "héllo" }),
  bytes: () => ({ body: contentOf("upload", 300_000) }),
  "no bytes": () => ({ body: new Uint8Array(0) }),
  "a form of words": () => ({ body: new URLSearchParams({ a: "1 2", b: "é" }) }),
  "a blob": () => ({ body: new Blob(["blob"], { type: "text/x" }) }),
  "a stream of known size": () => ({ body: pieces(), bodySizeBytes: 200_000, method: "PUT" }),
  "a stream": () => ({ body: pieces(), method: "PUT" }),
};

async function* pieces(): AsyncGenerator<Uint8Array> {
  const all = contentOf("upload", 200_000);
  for (let at = 0; at < all.length; at += 30_000) yield all.subarray(at, at + 30_000);
}

export function hundredRequests(server: TestServer): Example[] {
  const curl: Curl = { CAINFO: server.caFile };
  const servers = { "HTTP/1.1": server.http, HTTPS: server.https, "HTTP/2": server.http2 };
  const everywhere = (title: string, path: string, options: () => ClientRequestOptions = () => ({})): Example[] =>
    Object.entries(servers).map(([name, base]) => ({
      title: `${title}, ${name}`,
      url: `${base}/${path}`,
      options: () => ({ curl, ...options() }),
    }));
  const one = (title: string, path: string, options: ClientRequestOptions = {}): Example => ({
    title,
    url: `${server.http}/${path}`,
    options: () => options,
  });
  return [
    ...[0, 1, 16_384, 70_000, 1_000_000].flatMap((bytes) => everywhere(`${bytes} bytes`, `bytes/${bytes}`)),
    ...[204, 304, 404, 500].flatMap((status) => everywhere(`a status of ${status}`, `status/${status}`)),
    ...Object.entries(bodies).flatMap(([name, body]) => everywhere(`${name} sent`, "echo", body)),
    ...everywhere("trailers", "chunked/50000"),
    ...everywhere("a HEAD", "bytes/100", () => ({ method: "HEAD" })),
    ...["DELETE", "OPTIONS", "PATCH", "PUT", "PROPFIND"].map((method) => one(`a ${method}`, "echo", { method })),
    ...[1, 5].map((count) => one(`${count} redirects`, `redirect/${count}`)),
    one("too many redirects", "redirect/5", { limits: { redirects: 3 } }),
    one("a redirect left alone", "redirect/5", { redirect: "manual" }),
    one("a POST that is redirected", "redirect/2", { method: "POST", body: "again" }),
    one("a body that is asked for", "echo", { method: "PUT", body: contentOf("upload", 2_000_000) }),
    one("headers", "echo", { headers: { "X-One": "1", Accept: "text/x" } }),
    one("nothing decompressed", "echo", { decompress: false }),
    ...optionsOf().map(([title, path, given]) => one(title, path, { curl: given })),
    ...failures(server),
  ];
}

function optionsOf(): [title: string, path: string, curl: Curl][] {
  return [
    ["HTTP 1.0", "bytes/10", { HTTP_VERSION: 1 }],
    ["a range", "ranged/1000", { RANGE: "10-19" }],
    ["a user agent, a cookie and a referer", "echo", { USERAGENT: "mine", COOKIE: "a=1", REFERER: "http://b/" }],
    ["credentials", "echo", { USERPWD: "user:pass", HTTPAUTH: 1 }],
    ["fields", "echo", { POSTFIELDS: "a=1&b=2" }],
    ["an own word", "echo", { CUSTOMREQUEST: "REPORT" }],
    ["true and false", "echo", { FAILONERROR: true, TCP_NODELAY: false }],
    ["a bigint", "echo", { TIMEOUT_MS: 30_000n }],
    ["no more than so many bytes", "bytes/1000", { MAXFILESIZE: 10 }],
    ["a slow time-out", "hang", { TIMEOUT_MS: 200 }],
    ["an error for 404", "status/404", { FAILONERROR: 1 }],
    ["an option that nobody has", "echo", { NO_SUCH_OPTION: 1 }],
    ["one of the transfer's own", "echo", { WRITEFUNCTION: () => {} }],
    ["one in the wrong case", "echo", { timeout_ms: 1 }],
    ["a word for a number", "echo", { TIMEOUT_MS: "soon" }],
    ["a number for a word", "echo", { USERAGENT: 5 }],
    ["a word for a list", "echo", { RESOLVE: "no list" }],
    ["a line break", "echo", { USERAGENT: "a\r\nX: 1" }],
    ["a value that libcurl refuses", "echo", { HTTP_VERSION: 9999 }],
  ];
}

function failures(server: TestServer): Example[] {
  const fails = (title: string, url: string, options: ClientRequestOptions = {}): Example => ({
    title,
    url,
    options: () => options,
  });
  return [
    fails("nobody listens", "http://127.0.0.1:1/"),
    fails("no URL", "nonsense"),
    fails("a scheme that is not offered", server.ftp),
    fails("a scheme that nobody has", "x-none://127.0.0.1/"),
    fails("a URL without end", `${server.http}/${"x".repeat(70_000)}`),
    fails("a URL with a line break", `${server.http}/a\nb`),
    fails("a certificate that is nobody's", `${server.https}/bytes/1`),
    fails("a certificate for another host", server.https.replace("127.0.0.1", "other.test"), {
      curl: { CAINFO: server.caFile, RESOLVE: [`other.test:${new URL(server.https).port}:127.0.0.1`] },
    }),
    fails("half a body", `${server.http}/reset/100000`),
    fails("headers without end", `${server.http}/headers/8000`, { limits: { headerBytes: 2000 } }),
    fails("a method of two words", `${server.http}/echo`, { method: "GET IT" }),
    fails("more than was promised", `${server.http}/echo`, { body: pieces(), bodySizeBytes: 1000, method: "PUT" }),
    fails("less than was promised", `${server.http}/echo`, { body: pieces(), bodySizeBytes: 999_999, method: "PUT" }),
    fails("plain text where TLS is wanted", server.http.replace("http:", "https:")),
  ];
}
