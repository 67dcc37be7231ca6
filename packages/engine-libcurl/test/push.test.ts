/** Responses that a server pushes over HTTP/2: CURLMOPT_PUSHFUNCTION. */
import { contentOf, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { native } from "../src/binding.js";
import { isBefore } from "../src/hazards.js";
import {
  CURL_PUSH_DENY,
  CURL_PUSH_ERROROUT,
  CURL_PUSH_OK,
  type Easy,
  loadLibcurl,
  type PushFunction,
  type PushHeaders,
} from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

const library = loadLibcurl();
const works = !isBefore(library.version, "8.14.0");
let server: TestServer;
let loop: HandLoop;
let before: { easies: number; multis: number };

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  before = native().live();
  loop = new HandLoop(library);
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });

function start(count: number): ReturnType<HandLoop["easy"]> {
  const easy = loop.easy(`${server.http2}/push/${count}`);
  easy.setopt("HTTP_VERSION", 3);
  easy.setopt("CAINFO", server.caFile);
  easy.setopt("HTTPHEADER", ["X-Parent: yes"]); // a list, which the copies must not share
  loop.multi.addHandle(easy);
  return easy;
}

/** Nothing is left: of what was pushed, of what it was made of. */
function finish(...easies: Easy[]): void {
  for (const easy of easies) easy.cleanup();
  loop.multi.cleanup();
  expect(native().live()).toEqual(before);
}

describe("a libcurl that crashes on pushes", () => {
  it("is not let near one", (context) => {
    if (works) context.skip(`libcurl ${library.version} does not`);
    expect(() => loop.multi.setopt("PUSHFUNCTION", () => CURL_PUSH_OK)).toThrow(code("OPTION_REFUSED"));
    loop.multi.setopt("PUSHFUNCTION", null);
  });

  it("tells the server that it wants none, and gets what it asked for", async () => {
    const easy = start(2);
    await loop.until(1);
    expect(easy.text()).toBe("pushed");
    finish(easy);
  });
});

describe("what a server pushes", () => {
  beforeEach((context) => {
    if (!works) context.skip(`libcurl ${library.version} crashes on an accepted push`);
  });

  it("becomes handles of their own, with their bytes, when it is wanted", async () => {
    const asked: [parent: Easy, headers: PushHeaders, userp: unknown][] = [];
    const bodies = new Map<Easy, Uint8Array[]>();
    loop.multi.setopt("PUSHDATA", "the push data");
    loop.multi.setopt("PUSHFUNCTION", (parent, pushed, headers, userp) => {
      const body: Uint8Array[] = [];
      asked.push([parent, headers, userp]);
      bodies.set(pushed, body);
      pushed.setopt("WRITEFUNCTION", (bytes) => void body.push(bytes));
      return CURL_PUSH_OK;
    });
    const easy = start(3);
    await loop.until(4);
    expect(loop.done.map(({ result }) => result)).toEqual([0, 0, 0, 0]);
    expect(easy.text()).toBe("pushed");
    expect(asked).toHaveLength(3);
    for (const [i, [parent, headers, userp]] of asked.entries()) {
      expect(parent).toBe(easy);
      expect(userp).toBe("the push data");
      expect(new Map(headers)).toEqual(
        new Map([
          [":method", "GET"],
          [":scheme", "https"],
          [":authority", new URL(server.http2).host],
          [":path", `/bytes/${1000 + i}`],
        ]),
      );
    }
    for (const [pushed, body] of bodies) {
      const size = pushed.getinfo("SIZE_DOWNLOAD_T");
      expect(Buffer.concat(body).equals(contentOf("bytes", size))).toBe(true);
      expect(pushed.getinfo("EFFECTIVE_URL")).toBe(`${server.http2}/bytes/${size}`);
      expect(pushed.getinfo("RESPONSE_CODE")).toBe(200);
      expect(pushed.added).toBe(false); // removed by the loop, as any other
    }
    expect([...bodies.keys()].map((pushed) => pushed.getinfo("SIZE_DOWNLOAD_T")).sort()).toEqual([1000, 1001, 1002]);
    finish(easy, ...bodies.keys());
  });

  it("can be used for another transfer afterwards, also when its parent is gone", async () => {
    let kept: Easy | undefined;
    loop.multi.setopt("PUSHFUNCTION", (_parent, pushed) => {
      kept = pushed;
    });
    const easy = start(1);
    await loop.until(2);
    easy.cleanup();
    const pushed = kept as Easy;
    const got: Uint8Array[] = [];
    pushed.setopt("URL", `${server.http2}/echo`);
    pushed.setopt("WRITEFUNCTION", (bytes) => void got.push(bytes));
    loop.multi.addHandle(pushed);
    await loop.until(3);
    expect(JSON.parse(Buffer.concat(got).toString()).headers["x-parent"]).toBe("yes");
    finish(pushed);
  });

  it.each([
    ["is denied", CURL_PUSH_DENY],
    ["is answered with an error", CURL_PUSH_ERROROUT],
  ] as const)("%s: libcurl frees the handle, and ours is closed", async (_how, answer) => {
    const refused: Easy[] = [];
    loop.multi.setopt("PUSHFUNCTION", (_parent, pushed) => {
      refused.push(pushed);
      pushed.setopt("WRITEFUNCTION", () => {});
      return answer;
    });
    const easy = start(2);
    await loop.until(1);
    for (let i = 0; i < 5; i++) loop.turn();
    console.log(
      `libcurl ${library.version}: ${refused.length} asked about, the parent's result ${loop.done[0]?.result}`,
    );
    expect(loop.done.map((message) => message.easy)).toEqual([easy]);
    if (answer === CURL_PUSH_DENY) expect(loop.done[0]?.result).toBe(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const pushed of refused) {
      expect(pushed.id).toBe(0);
      expect(() => pushed.getinfo("RESPONSE_CODE")).toThrow(code("HANDLE_CLOSED"));
      pushed.cleanup();
    }
    finish(easy);
  });

  it("cannot be cleaned up, removed or reset while it is asked about; nothing else is forbidden", async () => {
    const outcomes: string[] = [];
    const outcome = (run: () => unknown): string => {
      try {
        run();
        return "carried out";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    loop.multi.setopt("PUSHFUNCTION", (parent, pushed) => {
      outcomes.push(
        ...[
          () => pushed.cleanup(),
          () => pushed.reset(),
          () => parent.cleanup(),
          () => pushed.setopt("URL", "http://x/"),
        ].map(outcome),
        ...[() => loop.multi.removeHandle(pushed), () => loop.multi.addHandle(pushed), () => loop.multi.cleanup()].map(
          outcome,
        ),
        outcome(() => pushed.pause(1)),
        outcome(() => pushed.getinfo("EFFECTIVE_URL")),
      );
      return CURL_PUSH_DENY;
    });
    const easy = start(1);
    await loop.until(1);
    expect(outcomes).toEqual([
      ...Array(4).fill("HANDLE_IN_USE"),
      ...Array(3).fill("RECURSIVE_CALL"),
      "carried out",
      "carried out",
    ]);
    finish(easy);
  });

  it.each([
    [
      "throws",
      new Error("in the push callback"),
      (cause: Error) => {
        throw cause;
      },
    ],
    ["answers what it may not", undefined, () => 7],
  ] as const)("is denied when the function %s, and the call under way throws", async (_how, cause, misbehave) => {
    loop.multi.setopt("PUSHFUNCTION", misbehave.bind(undefined, cause as Error) as PushFunction);
    const easy = start(1);
    const thrown: unknown[] = [];
    for (; loop.done.length < 1; await new Promise((resolve) => setImmediate(resolve)))
      try {
        loop.turn();
      } catch (error) {
        thrown.push(error);
      }
    expect(thrown).toEqual([code("CALLBACK_FAILED")]);
    if (cause) expect(thrown[0]).toMatchObject({ cause });
    expect(loop.done).toMatchObject([{ easy, result: 0 }]);
    finish(easy);
  });

  it("is freed with the multi when nobody removed it", async () => {
    loop.multi.setopt("PUSHFUNCTION", () => CURL_PUSH_OK);
    const kept: Easy[] = [];
    loop.multi.setopt("PUSHFUNCTION", (_parent, pushed) => void kept.push(pushed));
    const easy = start(2);
    await loop.while(() => kept.length < 2);
    loop.multi.cleanup();
    for (const pushed of kept) expect(pushed.added).toBe(false);
    finish(easy, ...kept);
  });
});
