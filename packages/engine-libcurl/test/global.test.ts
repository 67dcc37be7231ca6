/** What a libcurl says of itself. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { loadLibcurl } from "../src/index.js";

const library = loadLibcurl();

describe("curl_version_info", () => {
  it("is there whole, by the age of the struct", () => {
    const { info } = library;
    const [major, minor, patch] = library.version.split(".").map(Number) as [number, number, number];
    expect(info.versionNum).toBe((major << 16) | (minor << 8) | patch);
    expect(info.age).toBe(info.versionNum >= 0x080800 ? 11 : info.versionNum >= 0x075700 ? 10 : 9);
    expect(info.summary).toContain(`libcurl/${info.version}`);
    expect(library.protocols).toEqual(expect.arrayContaining(["http", "https", "file"]));
    expect(info.featureNames.length > 0).toBe(info.age >= 10);
    // What is in the line is in the fields, and what is in the fields is in the line.
    const line = new Map(
      info.summary
        .replaceAll(/\([^)]*\)/g, "")
        .split(" ")
        .map((word) => word.split("/") as [string, string]),
    );
    expect(info.libz).toBe(line.get("zlib"));
    expect(info.nghttp2).toBe(line.get("nghttp2"));
    expect(info.brotli?.replace("brotli/", "")).toBe(line.get("brotli"));
    expect(info.zstd?.replace("zstd/", "")).toBe(line.get("zstd"));
    expect(info.libidn).toBe(line.get("libidn2"));
    expect(info.libssh ?? "").toContain(line.get("libssh2") ?? "");
    const nghttp2 = (info.nghttp2 ?? "0.0.0").split(".").map(Number) as [number, number, number];
    expect(info.nghttp2VerNum).toBe((nghttp2[0] << 16) | (nghttp2[1] << 8) | nghttp2[2]);
    console.log(info.summary);
  });
});

describe("curl_global_sslset", () => {
  it("lists the TLS libraries it was built with, and the one in use is one of them", () => {
    const backends = library.tlsBackends;
    console.log(`libcurl ${library.version}: ${backends.map(({ id, name }) => `${name} (${id})`).join(", ")}`);
    expect(backends.length).toBeGreaterThan(0);
    const used = library.info.ssl?.replace(/\/.*/, "").toLowerCase();
    expect(backends.map(({ name }) => name)).toContain(used);
  });
});

describe("strerror", () => {
  it("has words for easy, multi, share and URL codes", () => {
    expect(library.easyError(7)).toMatch(/connect to server/i);
    expect(library.multiError(7)).toMatch(/already added/);
    expect(library.shareError(2)).toMatch(/in use/);
    expect(library.urlError(4)).toMatch(/port/i);
    for (const tell of ["easyError", "multiError", "shareError", "urlError"] as const) {
      expect(library[tell](0)).toMatch(/no error/i);
      expect(library[tell](12_345)).toMatch(/unknown/i);
    }
  });
});

describe("what a libcurl does not have", () => {
  it("is named: functions, as the dynamic linker knows them", () => {
    const symbols = execFileSync("nm", ["-D", "--defined-only", library.path], { encoding: "utf8" });
    const has = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(symbols);
    console.log(`libcurl ${library.version} lacks ${JSON.stringify(library.absent)}`);
    for (const name of library.absent.functions) expect(has(name)).toBe(false);
    for (const name of [
      "curl_multi_get_handles",
      "curl_multi_waitfds",
      "curl_multi_get_offt",
      "curl_multi_notify_enable",
    ])
      expect(library.absent.functions.includes(name)).toBe(!has(name));
  });

  it("is named: options of the multi, by the versions they came with (C 13.5)", () => {
    const { versionNum } = library.info;
    const since = { NETWORK_CHANGED: 0x081000, NOTIFYFUNCTION: 0x081100, NOTIFYDATA: 0x081100 };
    const later = { RESOLVE_THREADS_MAX: 0x081400, QUICK_EXIT: 0x081400 };
    const wanted = Object.entries({ ...since, ...later }).filter(([, version]) => versionNum < version);
    expect([...library.absent.multiOptions].sort()).toEqual(wanted.map(([name]) => name).sort());
  });
});
