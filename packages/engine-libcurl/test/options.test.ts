import { MisuseError } from "@curlew/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { knownOptions } from "../src/generated/options.js";
import {
  Easy,
  type EasyOptionName,
  type InfoName,
  loadLibcurl,
  Multi,
  type MultiOptionName,
  multiOptions,
} from "../src/index.js";
import { infos } from "../src/infos.js";

const library = loadLibcurl();
let easy: Easy;

beforeAll(() => {
  easy = new Easy(library);
});
afterAll(() => easy.cleanup());

/** setopt without its types. */
const set = (option: string, value: unknown) => easy.setopt(option as EasyOptionName, value as never);
const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "taken";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** A value of each kind that libcurl takes for most options of that kind. */
const samples: Record<string, unknown> = { long: 1, values: 0, off_t: 1, string: null, slist: null, blob: null };

describe("easy options", () => {
  const ours = ["NOSIGNAL", "QUICK_EXIT", "POSTFIELDSIZE", "POSTFIELDSIZE_LARGE", "VERBOSE", "NOPROGRESS"];
  const simple = [...library.options.values()].filter(({ kind, name }) => kind in samples && !ours.includes(name));

  it("of every number, string and list kind can be set by name", () => {
    const answers = new Map<string, string[]>();
    for (const { name, kind } of simple) {
      const code = codeOf(() => set(name, samples[kind]));
      answers.set(code, [...(answers.get(code) ?? []), name]);
    }
    console.log(`libcurl ${library.version}: ${simple.length} options tried:`);
    for (const [code, names] of answers)
      console.log(`  ${code}: ${names.length}${code === "taken" ? "" : ` ${names.join(" ")}`}`);
    expect(simple.length).toBeGreaterThan(200);
    // What is not taken is refused by libcurl itself, or not in its build; nothing is unknown or of another kind.
    expect(
      [...answers.keys()].filter((code) => !["taken", "OPTION_REFUSED", "NOT_IN_THIS_LIBCURL"].includes(code)),
    ).toEqual([]);
    expect((answers.get("taken") ?? []).length).toBeGreaterThan(simple.length * 0.9);
    easy.reset();
  });

  it("have the names libcurl has: the generated list knows each of them", () => {
    const [major = 0, minor = 0] = library.version.split(".").map(Number);
    if (major > 8 || (major === 8 && minor > 14)) return; // newer than what the list was made from
    expect([...library.options.keys()].filter((name) => !knownOptions.has(name))).toEqual([]);
  });

  it("take their lists, again and again, and null for none", () => {
    set("HTTPHEADER", ["X-One: 1", "X-Two;", "Accept:", "X-Spaced : value"]);
    set("HTTPHEADER", []);
    set("HTTPHEADER", null);
    set("RESOLVE", ["example.test:80:127.0.0.1"]);
    set("POSTFIELDS", "a=1");
    set("POSTFIELDS", new Uint8Array([0, 1, 2]));
    set("POSTFIELDS", null);
    set("MAX_RECV_SPEED_LARGE", 2n ** 62n);
    set("FRESH_CONNECT", false);
    easy.reset();
  });

  it("are told apart: unknown, ours, C data, not offered, missing in this libcurl", () => {
    expect(codeOf(() => set("NONSENSE", 1))).toBe("UNKNOWN_OPTION");
    expect(() => set("CURLOPT_URL", "x")).toThrow('did you mean "URL"?');
    expect(() => set("timeout_ms", 1)).toThrow('did you mean "TIMEOUT_MS"?');
    expect(codeOf(() => set("toString", 1))).toBe("UNKNOWN_OPTION");
    expect(codeOf(() => set("NOSIGNAL", 0))).toBe("OPTION_IS_OURS");
    expect(codeOf(() => set("PRIVATE", 0))).toBe("OPTION_IS_OURS");
    expect(codeOf(() => set("WRITEDATA", 0))).toBe("OPTION_IS_OURS");
    expect(codeOf(() => set("SSL_CTX_FUNCTION", () => 0))).toBe("OPTION_REFUSED");
    const absent = [...knownOptions].find((name) => !library.options.has(name));
    if (absent !== undefined) expect(codeOf(() => set(absent, 1))).toBe("NOT_IN_THIS_LIBCURL");
  });

  it("refuse what is not of their kind, before libcurl sees it", () => {
    const wrong: [string, unknown, string][] = [
      ["TIMEOUT_MS", "5", "WRONG_TYPE"],
      ["TIMEOUT_MS", undefined, "WRONG_TYPE"],
      ["TIMEOUT_MS", 1.5, "OUT_OF_RANGE"],
      ["TIMEOUT_MS", Number.NaN, "OUT_OF_RANGE"],
      ["TIMEOUT_MS", 2 ** 60, "OUT_OF_RANGE"],
      ["TIMEOUT_MS", 2n ** 63n, "OUT_OF_RANGE"],
      ["RESUME_FROM_LARGE", true, "WRONG_TYPE"],
      ["URL", 5, "WRONG_TYPE"],
      ["URL", ["x"], "WRONG_TYPE"],
      ["URL", "http://a/\0b", "FORBIDDEN_CHARACTER"],
      ["URL", "http://a/\r\nHost: b", "FORBIDDEN_CHARACTER"],
      ["URL", `http://a/${"x".repeat(70_000)}`, "URL_TOO_LONG"],
      ["USERAGENT", "me\r\nX-Evil: 1", "FORBIDDEN_CHARACTER"],
      ["CUSTOMREQUEST", "GET / HTTP/1.1\r\n", "FORBIDDEN_CHARACTER"],
      ["CAINFO", "/a\0b", "FORBIDDEN_CHARACTER"],
      ["HTTPHEADER", "X: y", "WRONG_TYPE"],
      ["HTTPHEADER", ["X: y", 5], "WRONG_TYPE"],
      ["HTTPHEADER", ["X: y\r\nZ: 1"], "FORBIDDEN_CHARACTER"],
      ["HTTPHEADER", ["no colon"], "FORBIDDEN_CHARACTER"],
      ["HTTPHEADER", ["Bad Name: 1"], "FORBIDDEN_CHARACTER"],
      ["HTTPHEADER", [""], "FORBIDDEN_CHARACTER"],
      ["POSTFIELDS", 5, "WRONG_TYPE"],
      ["POSTFIELDS", [1, 2], "WRONG_TYPE"],
      ["WRITEFUNCTION", "f", "WRONG_TYPE"],
      ["SSLCERT_BLOB", "pem", "WRONG_TYPE"],
    ];
    for (const [option, value, code] of wrong) {
      expect([option, codeOf(() => set(option, value))]).toEqual([option, code]);
      expect(() => set(option, value)).toThrow(MisuseError);
    }
  });

  it("never show the refused value: it may be a secret", () => {
    const secret = "hunter2";
    for (const [option, value] of [
      ["URL", `http://user:${secret}@a/\n`],
      ["HTTPHEADER", [`Authorization: Bearer ${secret}\r\n`]],
      ["HTTPHEADER", [`Authorization ${secret}`]],
      ["XOAUTH2_BEARER", `${secret}\n`],
      ["PASSWORD", { secret }],
      ["POSTFIELDS", [secret]],
    ] as const)
      expect(() => set(option, value)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining(secret) }),
      );
  });

  it("refuse ranges that only libcurl knows with libcurl's own code", () => {
    expect(() => set("TIMEOUT", -5)).toThrow(expect.objectContaining({ code: "OPTION_REFUSED", curlCode: 43 }));
  });

  it("do not leak what was set before: 10 000 of each kind, memory flat (P 1.3)", () => {
    const collect = globalThis.gc as () => void;
    const round = (count: number) => {
      for (let i = 0; i < count; i++) {
        set("URL", `http://a/${"u".repeat(1000)}${i}`);
        set("HTTPHEADER", [`X-Number: ${i}`, `X-Filler: ${"h".repeat(1000)}`]);
        set("POSTFIELDS", new Uint8Array(2000));
        set("CAINFO_BLOB", new Uint8Array(1000));
        set("TIMEOUT_MS", i);
        set("MAX_RECV_SPEED_LARGE", i);
        set("PREREQFUNCTION", i % 2 ? null : () => i);
        set("DEBUGFUNCTION", () => new Uint8Array(1000));
      }
      collect();
      return process.memoryUsage().rss / 1_048_576;
    };
    const warm = round(2000);
    const after = round(10_000);
    console.log(`resident after 2 000: ${warm.toFixed(1)} MiB, after 12 000: ${after.toFixed(1)} MiB`);
    expect(after - warm).toBeLessThan(20); // leaked, it would be 50 MiB
    easy.reset();
  });
});

describe("infos", () => {
  it("can all be read, each in its type", () => {
    const types = ["?", "string", "number", "number", "object", "number", "number"];
    const missing: string[] = [];
    for (const [name, number] of Object.entries(infos)) {
      const type = types[number >> 20];
      try {
        const value = easy.getinfo(name as InfoName);
        expect([name, typeof value]).toEqual([name, value === undefined ? "undefined" : type]);
      } catch (error) {
        expect(error).toMatchObject({ code: "NOT_IN_THIS_LIBCURL" });
        missing.push(name);
      }
    }
    console.log(
      `libcurl ${library.version} has ${Object.keys(infos).length - missing.length} infos; not: ${missing.join(" ")}`,
    );
    expect(Array.isArray(easy.getinfo("SSL_ENGINES"))).toBe(true);
    expect(easy.getinfo("COOKIELIST")).toEqual([]);
    expect(easy.getinfo("CERTINFO")).toEqual([]);
    expect(easy.getinfo("ACTIVESOCKET")).toBe(-1);
  });

  it("that do not exist, or are ours, are refused", () => {
    expect(codeOf(() => easy.getinfo("NONSENSE" as InfoName))).toBe("UNKNOWN_OPTION");
    expect(codeOf(() => easy.getinfo("toString" as InfoName))).toBe("UNKNOWN_OPTION");
    expect(codeOf(() => easy.getinfo("PRIVATE" as InfoName))).toBe("OPTION_IS_OURS");
  });

  it("read the cookies that were set", () => {
    easy.setopt("COOKIEFILE", "");
    easy.setopt("COOKIELIST", "Set-Cookie: a=b; domain=example.test; path=/");
    expect(easy.getinfo("COOKIELIST")).toEqual([expect.stringMatching(/example\.test\t.*a\tb$/)]);
    easy.reset();
  });
});

describe("multi options", () => {
  it("that take a number can be set where the library has them", () => {
    const multi = new Multi(library);
    for (const [option, { kind }] of Object.entries(multiOptions))
      if (kind === "long" || kind === "off_t") {
        const absent = library.absent.multiOptions.includes(option);
        expect(codeOf(() => multi.setopt(option as MultiOptionName, 4))).toBe(absent ? "NOT_IN_THIS_LIBCURL" : "taken");
      }
    for (const option of ["MAXCONNECTS", "MAX_HOST_CONNECTIONS", "MAX_TOTAL_CONNECTIONS", "PIPELINING"] as const)
      multi.setopt(option, 2);
    expect(codeOf(() => multi.setopt("NONSENSE" as "MAXCONNECTS", 2))).toBe("UNKNOWN_OPTION");
    expect(codeOf(() => multi.setopt("toString" as "MAXCONNECTS", 2))).toBe("UNKNOWN_OPTION");
    expect(codeOf(() => multi.setopt("MAXCONNECTS", "2" as unknown as number))).toBe("WRONG_TYPE");
    expect(codeOf(() => multi.setopt("SOCKETFUNCTION", 5 as unknown as null))).toBe("WRONG_TYPE");
    for (const [fd, bits] of [
      [-2, 0],
      [1.5, 0],
      [0, 8],
      [0, Number.NaN],
    ] as const)
      expect(codeOf(() => multi.socketAction(fd, bits))).toBe("OUT_OF_RANGE");
    multi.cleanup();
    expect(codeOf(() => multi.timeout())).toBe("HANDLE_CLOSED");
  });
});
