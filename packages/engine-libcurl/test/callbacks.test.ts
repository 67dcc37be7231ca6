/** The callbacks of an easy handle: what each is told, and its answers. */
import { contentOf } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { isBefore } from "../src/hazards.js";
import {
  CURL_READFUNC_ABORT,
  CURL_READFUNC_PAUSE,
  CURLINFO_HEADER_OUT,
  CURLINFO_TEXT,
  loadLibcurl,
} from "../src/index.js";
import { HandLoop } from "./hand-loop.js";
import { BodyServer, once, transfer, uploading } from "./uploads.js";

const server = new BodyServer();
let base: string;
let loop: HandLoop;

beforeAll(async () => {
  await server.start();
  base = server.url;
});
afterAll(() => server.stop());
beforeEach(() => {
  server.seen.length = 0;
  loop = new HandLoop();
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

describe("READFUNCTION", () => {
  it("sends what it answers, until null", async () => {
    const body = contentOf("body", 300_000);
    const easy = uploading(loop, `${base}/echo/1`, body);
    expect(await transfer(loop, easy)).toBe(0);
    expect(Buffer.compare(server.seen[0]?.body ?? Buffer.of(), body)).toBe(0);
    easy.cleanup();
  });

  it("pauses with CURL_READFUNC_PAUSE, and is asked again after the unpause", async () => {
    const easy = uploading(loop, `${base}/echo/1`, Buffer.from("late"));
    let answer: Uint8Array | number | null = CURL_READFUNC_PAUSE;
    let calls = 0;
    easy.setopt("READFUNCTION", () => {
      calls++;
      const now = answer;
      if (typeof answer !== "number") answer = null;
      return now;
    });
    loop.multi.addHandle(easy);
    await loop.while(() => calls === 0);
    expect(easy.paused).toBe(true);
    answer = Buffer.from("late");
    easy.pause(0);
    await loop.until(1);
    expect(server.seen[0]?.body.toString()).toBe("late");
    easy.cleanup();
  });

  it("aborts with CURL_READFUNC_ABORT", async () => {
    const easy = uploading(loop, `${base}/echo/1`, Buffer.of());
    easy.setopt("READFUNCTION", () => CURL_READFUNC_ABORT);
    expect(await transfer(loop, easy)).toBe(42);
    expect(easy.failure(42)).toMatchObject({ code: "TRANSFER_FAILED", curlCode: 42 });
    easy.cleanup();
  });

  it("may not answer anything else, nor more than it was asked for", async () => {
    for (const answer of [undefined, "text", 5, new Uint8Array(10_000_000)]) {
      const easy = uploading(loop, `${base}/echo/1`, Buffer.of());
      easy.setopt("READFUNCTION", () => answer as number);
      expect(await transfer(loop, easy)).toBe(42);
      const code = answer instanceof Uint8Array ? "OUT_OF_RANGE" : "WRONG_TYPE";
      expect(easy.failure(42)).toMatchObject({ code: "CALLBACK_FAILED", cause: { code } });
      easy.cleanup();
    }
  });
});

describe("SEEKFUNCTION", () => {
  it("begins the body anew for a redirect", async () => {
    const body = contentOf("body", 50_000);
    const easy = uploading(loop, `${base}/again/1`, body);
    easy.setopt("FOLLOWLOCATION", 1);
    easy.setopt("INFILESIZE_LARGE", body.length);
    expect(await transfer(loop, easy)).toBe(0);
    expect(server.seen.map((got) => got.body.length)).toEqual([50_000, 50_000]);
    easy.cleanup();
  });

  it("fails the transfer with 65 when it says so", async () => {
    const easy = uploading(loop, `${base}/again/1`, contentOf("body", 50_000));
    easy.setopt("FOLLOWLOCATION", 1);
    easy.setopt("INFILESIZE_LARGE", 50_000);
    easy.setopt("SEEKFUNCTION", () => 1);
    expect(await transfer(loop, easy)).toBe(65);
    easy.cleanup();
  });
});

describe("TRAILERFUNCTION", () => {
  const { version } = loadLibcurl();
  /** There libcurl writes in front of a buffer when it sends in chunks after trailers. */
  const forgets = isBefore(version, "8.7.0");

  it("adds its lines after a chunked body, each time a handle is used; where libcurl can do it once, once", async () => {
    let easy = uploading(loop, `${base}/echo/1`, contentOf("body", 20_000));
    easy.setopt("HTTPHEADER", ["Expect:", "Trailer: X-Sum"]);
    easy.setopt("TRAILERFUNCTION", () => ["X-Sum: 42"]);
    for (let round = 0; round < 3; round++) {
      easy.setopt("READFUNCTION", once(Buffer.from("body")));
      expect(await transfer(loop, easy)).toBe(0);
      expect(server.seen[round]?.trailers).toEqual({ "x-sum": "42" });
      if (!forgets) continue;
      expect(() => loop.multi.addHandle(easy)).toThrow(expect.objectContaining({ code: "HANDLE_IN_USE" }));
      const copy = easy.duphandle();
      easy.cleanup();
      easy = copy as typeof easy;
    }
    easy.cleanup();
  });

  it("does not have the body sent again where libcurl would damage its memory", async () => {
    const easy = uploading(loop, `${base}/again/1`, contentOf("body", 20_000));
    easy.setopt("FOLLOWLOCATION", 1);
    easy.setopt("TRAILERFUNCTION", () => ["X-Sum: 42"]);
    expect(await transfer(loop, easy)).toBe(forgets ? 65 : 0);
    if (forgets) expect(easy.failure(65)).toMatchObject({ cause: { code: "OPTION_REFUSED" } });
    else expect(server.seen[1]?.trailers).toEqual({ "x-sum": "42" });
    easy.cleanup();
    const fields = uploading(loop, `${base}/again/1`, Buffer.of());
    fields.setopt("TRAILERFUNCTION", () => ["X-Sum: 42"]);
    fields.setopt("MIMEPOST", [{ name: "a", data: "b" }]);
    if (forgets)
      expect(() => loop.multi.addHandle(fields)).toThrow(expect.objectContaining({ code: "OPTION_REFUSED" }));
    fields.cleanup();
  });

  it("may not answer lines that would be something else", async () => {
    const easy = uploading(loop, `${base}/echo/1`, contentOf("body", 20_000));
    easy.setopt("TRAILERFUNCTION", () => ["X-Sum: 1\r\n\r\nGET / HTTP/1.1"]);
    expect(await transfer(loop, easy)).toBe(42);
    expect(easy.failure(42)).toMatchObject({ code: "CALLBACK_FAILED", cause: { code: "FORBIDDEN_CHARACTER" } });
    easy.cleanup();
  });
});

describe("what is observed", () => {
  it("XFERINFOFUNCTION is told bytes, and aborts with what is not 0", async () => {
    const easy = loop.easy(`${base}/echo/1`);
    let most = 0;
    easy.setopt("XFERINFOFUNCTION", (_dltotal, dlnow) => {
      most = Math.max(most, dlnow);
    });
    expect(await transfer(loop, easy)).toBe(0);
    expect(most).toBe(5);
    easy.setopt("XFERINFOFUNCTION", () => 1);
    expect(await transfer(loop, easy)).toBe(42);
    easy.setopt("XFERINFOFUNCTION", null);
    expect(await transfer(loop, easy)).toBe(0);
    easy.cleanup();
  });

  it("DEBUGFUNCTION hears the conversation, and nothing goes to stderr without it", async () => {
    const easy = loop.easy(`${base}/echo/1`);
    const told = new Map<number, string>();
    easy.setopt("DEBUGFUNCTION", (type, bytes) => {
      told.set(type, (told.get(type) ?? "") + Buffer.from(bytes).toString());
    });
    expect(await transfer(loop, easy)).toBe(0);
    expect(told.get(CURLINFO_HEADER_OUT)).toMatch(/^GET \/echo\/1 HTTP\/1\.1\r\n/);
    expect(told.get(CURLINFO_TEXT)).toMatch(/Connected to 127\.0\.0\.1/i);
    easy.setopt("DEBUGFUNCTION", null);
    told.clear();
    expect(await transfer(loop, easy)).toBe(0);
    expect(told.size).toBe(0);
    easy.cleanup();
  });

  it("PREREQFUNCTION is told both ends, SOCKOPTFUNCTION the socket before it connects", async () => {
    const easy = loop.easy(`${base}/echo/1`);
    const told: unknown[] = [];
    easy.setopt("SOCKOPTFUNCTION", (fd, purpose) => void told.push(fd > 2, purpose));
    easy.setopt("PREREQFUNCTION", (...ends) => void told.push(ends));
    expect(await transfer(loop, easy)).toBe(0);
    const port = server.port;
    expect(told).toEqual([true, 0, ["127.0.0.1", "127.0.0.1", port, easy.getinfo("LOCAL_PORT")]]);
    easy.setopt("PREREQFUNCTION", () => 1);
    expect(await transfer(loop, easy)).toBe(42);
    easy.cleanup();
  });

  it("RESOLVER_START_FUNCTION is asked before a name is resolved, and can refuse", async () => {
    const easy = loop.easy(base.replace("127.0.0.1", "localhost"));
    let asked = 0;
    easy.setopt("RESOLVER_START_FUNCTION", () => void asked++);
    await transfer(loop, easy);
    expect(asked).toBeGreaterThan(0);
    easy.setopt("FRESH_CONNECT", 1);
    easy.setopt("DNS_CACHE_TIMEOUT", 0);
    easy.setopt("RESOLVER_START_FUNCTION", () => 1);
    expect([6, 42]).toContain(await transfer(loop, easy)); // up to 8.0 it was 42
    easy.cleanup();
  });
});

describe("a handle that is not added", () => {
  it("throws out of the call during which a callback threw", () => {
    const easy = loop.easy(`${base}/echo/1`);
    const cause = new Error("in setopt");
    easy.setopt("COOKIEFILE", "");
    easy.setopt("DEBUGFUNCTION", () => {
      throw cause;
    });
    const codes = [
      () => easy.setopt("COOKIELIST", "Set-Cookie: a=b; domain=example.test; path=/"),
      () => easy.cleanup(),
    ].map((run) => {
      try {
        run();
        return "silent";
      } catch (error) {
        expect(error).toMatchObject({ code: "CALLBACK_FAILED", cause });
        return "thrown";
      }
    });
    console.log(`libcurl ${loop.multi.library.version}: setopt ${codes[0]}, cleanup ${codes[1]}`);
    expect(easy.id).toBe(0);
  });
});
