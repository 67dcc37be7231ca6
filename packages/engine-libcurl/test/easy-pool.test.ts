import type { TransferRequest } from "@curlew/core";
import { afterEach, describe, expect, it } from "vitest";
import { type Easy, loadLibcurl, Multi } from "../src/index.js";

const request: TransferRequest = { url: "http://127.0.0.1:1/a", headers: ["X-A: 1"], curl: { TIMEOUT_MS: 500 } };
const multis: Multi[] = [];

function useMulti(): Multi {
  const multi = new Multi(loadLibcurl());
  multis.push(multi);
  return multi;
}

/** The handle that is kept for the request, after one for `before` was given back. */
function next(multi: Multi, before: Easy, wanted: TransferRequest, well = true): Easy {
  multi.release(before, well);
  return multi.prepare(wanted);
}

describe("a handle whose transfer ended well", () => {
  afterEach(() => {
    for (const multi of multis.splice(0)) multi.cleanup();
  });

  it("serves a request that differs in the URL only", () => {
    const multi = useMulti();
    const first = multi.prepare(request);
    expect(next(multi, first, { ...request, url: "http://127.0.0.1:1/b" })).toBe(first);
    expect(first.getinfo("EFFECTIVE_URL")).toBe("http://127.0.0.1:1/b");
  });

  it("serves one with other header lines, and checks these as the first", () => {
    const multi = useMulti();
    const first = multi.prepare(request);
    for (const headers of [["X-A: 2"], ["X-B: 1", "X-C;"], [], ["X-A: 1"]])
      expect(next(multi, first, { ...request, headers })).toBe(first);
    multi.release(first, true);
    expect(() => multi.prepare({ ...request, headers: ["X-A: 1\r\nX-B: 2"] })).toThrow(
      expect.objectContaining({ code: "FORBIDDEN_CHARACTER" }),
    );
    expect(first.id).toBe(0);
  });

  it("serves one with the same options, of those that each transfer reads anew", () => {
    const curl = {
      DNS_CACHE_TIMEOUT: 10,
      HAPPY_EYEBALLS_TIMEOUT_MS: 100,
      MAXAGE_CONN: 30,
      MAXLIFETIME_CONN: 60,
      NOPROXY: "*",
      SSLVERSION: 6,
      SSL_VERIFYHOST: 0,
      SSL_VERIFYPEER: false,
      TCP_KEEPALIVE: 1,
      TCP_KEEPIDLE: 30,
      TCP_KEEPINTVL: 5,
    };
    const multi = useMulti();
    const first = multi.prepare({ ...request, curl });
    expect(next(multi, first, { ...request, curl: { ...curl } })).toBe(first);
    expect(next(multi, first, { ...request, curl: { ...curl, SSL_VERIFYPEER: true } })).not.toBe(first);
  });

  it.each<[string, Partial<TransferRequest>]>([
    ["method", { method: "HEAD" }],
    ["scheme", { url: "https://127.0.0.1:1/a" }],
    ["options", { curl: { TIMEOUT_MS: 501 } }],
    ["redirects", { redirects: 3 }],
    ["high-water mark", { highWaterBytes: 17 }],
    ["kind of body", { body: { stream: true, sizeBytes: 1 } }],
  ])("does not serve one with other %s", (_what, part) => {
    const multi = useMulti();
    const first = multi.prepare(request);
    expect(next(multi, first, { ...request, ...part })).not.toBe(first);
  });

  it.each<[string, Partial<TransferRequest>]>([
    ["credentials in the URL", { url: "http://user:secret@127.0.0.1:1/a" }],
    ["a body", { body: new Uint8Array(1) }],
    ["a stream of unknown size", { body: { stream: true } }],
    ["a stream that says so", { body: { stream: true, sizeBytes: -1 } }],
    ["cookies", { curl: { COOKIEFILE: "" } }],
    ["credentials", { curl: { USERPWD: "user:secret" } }],
  ])("is not kept when its request had %s", (_what, part) => {
    const multi = useMulti();
    const first = multi.prepare({ ...request, ...part });
    expect(next(multi, first, { ...request, ...part })).not.toBe(first);
    expect(first.id).toBe(0);
  });

  it("is not kept when it ended otherwise, and not longer than its multi", () => {
    const multi = useMulti();
    const first = multi.prepare(request);
    const second = next(multi, first, request, false);
    expect(first.id).toBe(0);
    multi.release(second, true);
    multi.cleanup();
    expect(second.id).toBe(0);
  });

  it("keeps to what it was asked: lists and options that change afterwards change nothing", () => {
    const multi = useMulti();
    const headers = ["X-A: 1"];
    const curl = { TIMEOUT_MS: 500 };
    const first = multi.prepare({ ...request, headers, curl });
    headers[0] = "X-A: 2";
    curl.TIMEOUT_MS = 7;
    expect(next(multi, first, { ...request, headers, curl })).not.toBe(first);
  });

  it("checks the next URL as the first", () => {
    const multi = useMulti();
    const first = multi.prepare(request);
    multi.release(first, true);
    expect(() => multi.prepare({ ...request, url: "http://127.0.0.1:1/\r\nX: 1" })).toThrow(
      expect.objectContaining({ code: "FORBIDDEN_CHARACTER" }),
    );
    expect(first.id).toBe(0);
  });
});
