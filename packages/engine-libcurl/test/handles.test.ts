/** Easy handles of a raw multi: paused, reused, dropped, and those of libcurl's own. */
import { CURL_SOCKET_TIMEOUT, MisuseError, MultiError } from "@curlew/core";
import { startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { native } from "../src/binding.js";
import { CURL_WRITEFUNC_PAUSE, Easy, loadLibcurl, Multi, Share } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

let server: TestServer;
let loop: HandLoop;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  loop = new HandLoop();
  return () => loop.multi.cleanup();
});

describe("pausing", () => {
  it("by the write callback's answer gives the bytes again after unpause (C15, C 11.1)", async () => {
    const easy = loop.easy(`${server.http}/bytes/40000`);
    const got: Uint8Array[] = [];
    let refused = 0;
    easy.setopt("WRITEFUNCTION", (bytes) => {
      if (refused++ % 2 === 0) return CURL_WRITEFUNC_PAUSE;
      got.push(bytes);
      return bytes.length;
    });
    loop.multi.addHandle(easy);
    await loop.while(() => {
      if (easy.paused) easy.pause(0);
      return loop.done.length < 1;
    });
    expect(Buffer.concat(got)).toHaveLength(40_000);
    expect(refused).toBeGreaterThan(2);
    easy.cleanup();
  });

  it("is told by `paused`, and deregisters the socket (C 11.2)", async () => {
    const easy = loop.easy(`${server.http}/bytes/4000000`);
    loop.multi.addHandle(easy);
    await loop.while(() => easy.text() === "");
    expect(easy.paused).toBe(false);
    easy.pause(1);
    expect(easy.paused).toBe(true);
    await loop.while(() => loop.wanted.size > 0);
    easy.pause(0);
    expect(easy.paused).toBe(false);
    await loop.until(1);
    easy.cleanup();
  });

  it("of a handle that is not under way does nothing (C16, C 11.9)", () => {
    const easy = loop.easy(`${server.http}/bytes/5`);
    easy.pause(5);
    expect(easy.paused).toBe(false);
    expect(() => easy.pause(64)).toThrow(MisuseError);
    easy.cleanup();
  });
});

describe("handles", () => {
  it("of a multi that is cleaned up are free again (C26)", async () => {
    const easy = loop.easy(`${server.http}/hang`);
    loop.multi.addHandle(easy);
    loop.turn();
    loop.multi.cleanup();
    loop.multi.cleanup();
    expect(() => loop.multi.addHandle(easy)).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
    const again = new HandLoop();
    easy.setopt("URL", `${server.http}/bytes/5`);
    again.multi.addHandle(easy);
    await again.until(1);
    expect(again.done[0]?.result).toBe(0);
    again.multi.cleanup();
    easy.cleanup();
  });

  it("cannot be in two multis, in one twice, or removed from where they are not", () => {
    const other = new Multi(loop.multi.library);
    const easy = loop.easy(`${server.http}/hang`);
    loop.multi.addHandle(easy);
    expect(() => other.addHandle(easy)).toThrow(expect.objectContaining({ code: "HANDLE_IN_USE" }));
    expect(() => other.removeHandle(easy)).toThrow(expect.objectContaining({ code: "HANDLE_IN_USE" }));
    expect(() => loop.multi.addHandle(easy)).toThrow(MultiError); // libcurl's own answer, 7
    loop.multi.removeHandle(easy);
    other.cleanup();
    easy.cleanup();
    expect(() => loop.multi.addHandle(easy)).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
    expect(() => easy.setopt("URL", "x")).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
    expect(() => easy.getinfo("RESPONSE_CODE")).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
  });

  it("are made of a library and added as what they are: nothing else is taken for one", () => {
    const { multi } = loop;
    const { library } = multi;
    const wrong = expect.objectContaining({ code: "WRONG_TYPE" });
    for (const value of [undefined, null, 5, "x", {}, { index: 99 }, { index: 0, version: "9" }, multi] as never[]) {
      expect(() => new Multi(value)).toThrow(wrong);
      expect(() => new Easy(value)).toThrow(wrong);
      expect(() => new Share(value)).toThrow(wrong);
      expect(() => multi.addHandle(value)).toThrow(wrong);
      expect(() => multi.removeHandle(value)).toThrow(wrong);
    }
    for (const value of [library, { id: 1, library }] as never[]) expect(() => multi.addHandle(value)).toThrow(wrong);
  });

  it("can be used for one transfer after the other, and reset in between", async () => {
    const easy = loop.easy(`${server.http}/echo`);
    easy.setopt("POSTFIELDS", "one\0two");
    loop.multi.addHandle(easy);
    await loop.until(1);
    expect(JSON.parse(easy.text())).toMatchObject({ method: "POST", bytes: 7 });
    easy.reset();
    easy.setopt("URL", `${server.http}/echo`);
    const body: Uint8Array[] = [];
    easy.setopt("WRITEFUNCTION", (bytes) => void body.push(bytes));
    loop.multi.addHandle(easy);
    await loop.until(2);
    expect(JSON.parse(Buffer.concat(body).toString())).toMatchObject({ method: "GET", bytes: 0 });
    easy.cleanup();
  });

  it("that were dropped are freed by the collector, with their descriptors", async () => {
    const before = native().live();
    (() => {
      for (let i = 0; i < 50; i++) {
        const multi = new Multi(loadLibcurl());
        const easy = new Easy(loadLibcurl());
        easy.setopt("URL", "http://127.0.0.1:1/");
        multi.addHandle(easy);
      }
    })();
    expect(native().live().easies).toBe(before.easies + 50);
    const collect = globalThis.gc as () => void;
    const more = () => native().live().easies > before.easies || native().live().multis > before.multis;
    for (let i = 0; i < 50 && more(); i++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(native().live()).toEqual(before);
  });
});

describe("handles of libcurl's own", () => {
  it("reach the socket callback as undefined, and count as running: DoH probes (C20, C 2.10, 5.9)", async () => {
    const easy = loop.easy("http://name-behind-doh.test/");
    easy.setopt("DOH_URL", `${server.https}/hang`);
    easy.setopt("DOH_SSL_VERIFYPEER", 0);
    easy.setopt("DOH_SSL_VERIFYHOST", 0);
    easy.setopt("TIMEOUT_MS", 300);
    loop.multi.addHandle(easy);
    let running = 0;
    await loop.while(() => {
      running = Math.max(running, loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0));
      return loop.done.length < 1;
    });
    const internal = loop.socketCalls.filter((call) => call.easy === undefined).length;
    console.log(
      `libcurl ${loop.multi.library.version}: ${internal} callbacks for handles of its own, ${running} running`,
    );
    expect(internal).toBeGreaterThan(0);
    expect(running).toBeGreaterThan(1); // one is ours
    expect(loop.done[0]?.easy).toBe(easy);
    easy.cleanup();
  });
});

describe("two multis", () => {
  it("whose callbacks drive each other do not mind (C41, C 10.5)", async () => {
    const other = new HandLoop();
    const easies = [loop.easy(`${server.http}/bytes/5`), other.easy(`${server.http}/bytes/6`)] as const;
    let nested = 0;
    const drive = (target: Multi) => () => {
      if (nested > 0) return;
      nested++;
      target.socketAction(CURL_SOCKET_TIMEOUT, 0);
      nested--;
    };
    loop.onSocket = drive(other.multi);
    other.onSocket = drive(loop.multi);
    loop.multi.addHandle(easies[0]);
    other.multi.addHandle(easies[1]);
    await loop.while(() => {
      other.turn();
      return loop.done.length + other.done.length < 2;
    });
    expect(easies.map((easy) => easy.text().length)).toEqual([5, 6]);
    other.multi.cleanup();
    for (const easy of easies) easy.cleanup();
  });
});
