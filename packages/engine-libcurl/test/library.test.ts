import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { featuresOf } from "../src/features.js";
import { engineHazards, faultsOf, mixesUpStreams, survivedFaultsOf } from "../src/hazards.js";
import { Easy, loadLibcurl, Multi } from "../src/index.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "curlew-library-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

const original = process.env.CURLEW_LIBCURL;
afterEach(() => {
  if (original === undefined) delete process.env.CURLEW_LIBCURL;
  else process.env.CURLEW_LIBCURL = original;
});

/** A shared library of a few lines. */
function compile(name: string, source: string): string {
  const file = join(folder, `${name}.so`);
  writeFileSync(join(folder, `${name}.c`), source);
  execFileSync(process.env.CC ?? "cc", ["-shared", "-fPIC", "-o", file, join(folder, `${name}.c`)]);
  return file;
}

/** A libcurl that says it has that version and has nothing else. */
const versionOnly = (number: string, words: string) => `
  struct info { int age; const char *version; unsigned int number; };
  static struct info it = { 9, "${words}", ${number} };
  struct info *curl_version_info(int age) { (void)age; return &it; }`;

const codeOf = (run: () => unknown): [string, string] => {
  try {
    run();
  } catch (error) {
    return [(error as { code: string }).code, (error as Error).message];
  }
  return ["nothing was thrown", ""];
};

describe("loadLibcurl", () => {
  it("finds the system's, by its resolved path, and finds it again", () => {
    const library = loadLibcurl();
    expect(library.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(library.path).toMatch(/^\/.*libcurl.*\.so/);
    expect(loadLibcurl()).toBe(library);
    expect(loadLibcurl(library.path)).toBe(library);
    const link = join(folder, "link-to-libcurl.so");
    symlinkSync(library.path, link);
    expect(loadLibcurl(link)).toBe(library);
  });

  it("says what is wrong with a file that is not there", () => {
    const missing = join(folder, "libcurl-9.so");
    expect(codeOf(() => loadLibcurl(missing))).toEqual(["NO_LIBCURL", expect.stringContaining(missing)]);
    process.env.CURLEW_LIBCURL = missing;
    expect(codeOf(() => loadLibcurl())).toEqual(["NO_LIBCURL", expect.stringContaining("CURLEW_LIBCURL names")]);
    process.env.CURLEW_LIBCURL = "libcurl-of-nobody.so.4";
    expect(codeOf(() => loadLibcurl())).toEqual(["NO_LIBCURL", expect.stringContaining("apt install libcurl4")]);
  });

  it("says what is wrong with a file that is not a library, or another one", () => {
    const text = join(folder, "text.so");
    writeFileSync(text, "not a library\n");
    expect(codeOf(() => loadLibcurl(text))).toEqual(["NOT_LIBCURL", expect.stringContaining(text)]);
    const other = compile("other", "int curl_nothing(void) { return 0; }");
    expect(codeOf(() => loadLibcurl(other))).toEqual(["NOT_LIBCURL", expect.stringContaining("curl_version_info")]);
    const half = compile("half", versionOnly("0x080e01", "8.14.1"));
    expect(codeOf(() => loadLibcurl(half))).toEqual(["NOT_LIBCURL", expect.stringMatching(/no function curl_\w+/)]);
    expect(codeOf(() => loadLibcurl(folder))).toEqual(["NOT_LIBCURL", expect.stringContaining(folder)]);
  });

  it("refuses one that is too old, and says which is old enough", () => {
    const old = compile("old", versionOnly("0x075000", "7.80.0"));
    expect(codeOf(() => loadLibcurl(old))).toEqual([
      "LIBCURL_TOO_OLD",
      expect.stringMatching(/7\.80\.0.*7\.81\.0 is the oldest/),
    ]);
  });

  it("keeps its own zlib, not the one built into the runtime (RTLD_DEEPBIND)", (context) => {
    const { info } = loadLibcurl();
    const system = realpathSync("/lib/x86_64-linux-gnu/libz.so.1").replace(/.*\.so\./, "");
    const runtime = process.versions.zlib?.match(/^[\d.]+/)?.[0];
    if (!info.summary.includes("zlib/")) context.skip("this libcurl has no zlib");
    if (system === runtime)
      context.skip(`the system's zlib and the runtime's are both ${system}: nothing can be told apart`);
    expect(info.summary).toContain(`zlib/${system}`);
  });

  it("tells features by the names libcurl has for them, also where it has none yet (before 7.87)", () => {
    const { info } = loadLibcurl();
    if (info.featureNames.length === 0) return;
    const sorted = (names: readonly string[]) => names.map((name) => name.toLowerCase()).sort();
    const known = new Set(sorted(featuresOf(0x7fffffff)));
    expect(sorted(featuresOf(info.features))).toEqual(sorted(info.featureNames).filter((name) => known.has(name)));
  });
});

describe("known faults", () => {
  it("are told for the versions that have them (P 3.H)", () => {
    expect(faultsOf("7.88.1")).toEqual([]);
    expect(faultsOf("8.14.1")).toEqual([expect.stringMatching(/queued for one host.*fixed in 8\.16\.0.*#18017/)]);
    expect(survivedFaultsOf("8.20.0")).toEqual([expect.stringMatching(/readable for ever.*fixed in 8\.21\.0.*#21547/)]);
    expect([...faultsOf("8.22.0-DEV"), ...survivedFaultsOf("8.22.0-DEV")]).toEqual([]);
  });

  it("tell the driver where an early timeout call loses the timer (P B4)", () => {
    const affected = ["8.9.1", "8.10.0", "8.10.1", "8.11.0", "8.11.1"].filter(
      (version) => engineHazards(version).earlyTimeoutLosesTimer,
    );
    expect(affected).toEqual(["8.10.0", "8.10.1", "8.11.0"]);
  });

  it("tell the driver where what was read for one stream stays unread by others", () => {
    const affected = ["7.88.0", "7.88.1", "8.0.0", "8.0.1", "8.1.0"].filter(
      (version) => engineHazards(version).leavesInputUnread,
    );
    expect(affected).toEqual(["7.88.1", "8.0.0", "8.0.1"]);
  });

  it("keep a body of unknown size off a connection of HTTP/2 that others share", () => {
    const affected = ["7.50.1", "7.81.0", "7.88.1", "8.0.1", "8.1.0"].filter(mixesUpStreams);
    expect(affected).toEqual(["7.81.0", "7.88.1", "8.0.1"]);
    const multi = new Multi(loadLibcurl());
    const prepare = (body: { stream: true; sizeBytes?: number }, HTTP_VERSION: number) =>
      multi.prepare({ url: "http://127.0.0.1:1/", body, curl: { HTTP_VERSION } }).cleanup();
    const refused = ["NOT_IN_THIS_LIBCURL", expect.stringContaining("say sizeBytes")];
    const fine = ["nothing was thrown", ""];
    const prior = codeOf(() => prepare({ stream: true }, 5));
    expect(prior).toEqual(mixesUpStreams(loadLibcurl().version) ? refused : fine);
    expect(codeOf(() => prepare({ stream: true, sizeBytes: 5 }, 5))).toEqual(fine);
    expect(codeOf(() => prepare({ stream: true }, 4))).toEqual(fine);
    multi.cleanup();
  });
});

describe("handles of two libraries", () => {
  it("do not mix", (context) => {
    const first = loadLibcurl();
    const second = ["/lib/x86_64-linux-gnu/libcurl-gnutls.so.4", "/lib/x86_64-linux-gnu/libcurl-nss.so.4"].find(
      (file) => {
        try {
          return loadLibcurl(file) !== first;
        } catch {
          return false;
        }
      },
    );
    if (second === undefined) return context.skip("no second libcurl (libcurl3-gnutls) on this machine");
    const multi = new Multi(first);
    const easy = new Easy(loadLibcurl(second));
    expect(() => multi.addHandle(easy)).toThrow(expect.objectContaining({ code: "HANDLE_IN_USE" }));
    easy.cleanup();
    multi.cleanup();
  });
});
