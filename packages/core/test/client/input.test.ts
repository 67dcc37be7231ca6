import { describe, expect, it } from "vitest";
import { scene } from "./scripted-transfers.js";

const url = "http://a/";

describe("what is wrong with a call is thrown, and nothing is started", () => {
  const wrong: [string, unknown, object, string][] = [
    ["no URL", undefined, {}, "WRONG_TYPE"],
    ["a number for a URL", 7, {}, "WRONG_TYPE"],
    ["null for a URL", null, {}, "WRONG_TYPE"],
    ["a body that is a number", url, { body: 7 }, "WRONG_TYPE"],
    ["a body that is an object", url, { body: { a: 1 } }, "WRONG_TYPE"],
    ["a body that is an array", url, { body: [1] }, "WRONG_TYPE"],
    ["headers as a string", url, { headers: "A: b" }, "WRONG_TYPE"],
    ["headers as lines", url, { headers: ["A: b"] }, "WRONG_TYPE"],
    ["a header that is a function", url, { headers: { a: () => {} } }, "WRONG_TYPE"],
    ["a header that is null", url, { headers: { a: null } }, "WRONG_TYPE"],
    ["a header with a line break", url, { headers: { a: "b\r\nX: y" } }, "FORBIDDEN_CHARACTER"],
    ["a header with NUL", url, { headers: { a: "b\0" } }, "FORBIDDEN_CHARACTER"],
    ["a header's name with a colon", url, { headers: { "a:b": "c" } }, "FORBIDDEN_CHARACTER"],
    ["a header's name with a line break", url, { headers: [["a\nb", "c"]] }, "FORBIDDEN_CHARACTER"],
    ["a header without a name", url, { headers: { "": "c" } }, "FORBIDDEN_CHARACTER"],
    ["TRACE", url, { method: "TRACE" }, "OUT_OF_RANGE"],
    ["CONNECT", url, { method: "CONNECT" }, "OUT_OF_RANGE"],
    ["a signal that is none", url, { signal: {} }, "WRONG_TYPE"],
    ["a mark of 0", url, { highWaterBytes: 0 }, "OUT_OF_RANGE"],
    ["a mark that is no number", url, { sendHighWaterBytes: "1" }, "OUT_OF_RANGE"],
    ["an interval below 1", url, { progressIntervalMs: -1 }, "OUT_OF_RANGE"],
    ["another redirect", url, { redirect: "error" }, "OUT_OF_RANGE"],
    ["a limit of 0", url, { limits: { bodyBytes: 0 } }, "OUT_OF_RANGE"],
    ["an unknown limit", url, { limits: { bytes: 1 } }, "UNKNOWN_OPTION"],
    ["a hook that is no function", url, { hooks: { head: 7 } }, "WRONG_TYPE"],
    ["hooks that are null", url, { hooks: null }, "WRONG_TYPE"],
    ["options that are null", url, null as never, "WRONG_TYPE"],
    ["options that are a string", url, "GET" as never, "WRONG_TYPE"],
    ["limits that are null", url, { limits: null }, "WRONG_TYPE"],
    ["curl as null", url, { curl: null }, "WRONG_TYPE"],
    ["curl as a string", url, { curl: "TIMEOUT_MS" }, "WRONG_TYPE"],
    ["a body of less than nothing", url, { body: new ReadableStream(), bodySizeBytes: -1 }, "OUT_OF_RANGE"],
    ["a size that is a string", url, { body: new ReadableStream(), bodySizeBytes: "1" }, "OUT_OF_RANGE"],
    ["a Content-Length below the body's", url, { body: "abc", headers: { "content-length": "1" } }, "OUT_OF_RANGE"],
    ["a Content-Length without a body", url, { headers: [["Content-Length", "5"]] }, "OUT_OF_RANGE"],
    [
      "a Content-Length that may not hold",
      url,
      { body: new ReadableStream(), headers: { "Content-Length": "5" } },
      "OUT_OF_RANGE",
    ],
  ];
  for (const [name, first, options, code] of wrong)
    it(`${name}: ${code}`, () => {
      const { client, engine } = scene();
      expect(() => client.request(first as string, options)).toThrowError(expect.objectContaining({ code }));
      expect(engine.log).toEqual([]);
      expect(client.size).toEqual({ running: 0, queued: 0 });
    });

  it("values of headers are not shown", () => {
    const { client } = scene();
    expect(() => client.request(url, { headers: { Authorization: "secret\n" + "x" } })).toThrowError(/^(?!.*secret)/);
  });

  it("an observer that is none", () => {
    expect(() => scene().client.start(url, {}, null as never)).toThrowError(
      expect.objectContaining({ code: "WRONG_TYPE" }),
    );
  });

  it("to observe an engine that hides what it does: NOT_OBSERVABLE", () => {
    expect(() => scene().client.observe({})).toThrowError(expect.objectContaining({ code: "NOT_OBSERVABLE" }));
  });
});

describe("headers", () => {
  const lines = (headers: never) => {
    const { client, engine } = scene();
    client.request(url, { headers });
    return engine.last.request.headers;
  };

  it("come as an object, as pairs, or as Headers", () => {
    expect(lines({ A: "1", B: ["2", "3"], C: 4, D: undefined, E: "" } as never)).toEqual([
      "A: 1",
      "B: 2",
      "B: 3",
      "C: 4",
      "E;",
    ]);
    expect(lines([["A", " 1 "]] as never)).toEqual(["A: 1"]);
    expect(lines(new Headers({ A: "1" }) as never)).toEqual(["a: 1"]);
    expect(lines(new Map([["A", "1"]]) as never)).toEqual(["A: 1"]);
  });

  it("lose the space around their values, which is no more than HTTP says", () => {
    expect(lines({ A: " \t1 2\t \r\n", B: "\u00a0b\u00a0" } as never)).toEqual(["A: 1 2", "B: \u00a0b\u00a0"]);
  });

  it("may say the length that the body has", () => {
    const { client, engine } = scene();
    client.request(url, { body: "abc", headers: { "Content-Length": "3" } });
    client.request(url, { body: new ReadableStream(), bodySizeBytes: 4, headers: { "Content-Length": " 4" } });
    client.request(url, { method: "POST", headers: { "Content-Length": "0" } });
    expect(engine.transfers.map(({ request }) => request.headers?.[0])).toEqual([
      "Content-Length: 3",
      "Content-Length: 4",
      "Content-Length: 0",
    ]);
  });
});

describe("a URL", () => {
  it("may be a URL", () => {
    const { client, engine } = scene();
    client.request(new URL("http://a/b?c"));
    expect(engine.last.request.url).toBe("http://a/b?c");
  });
});
