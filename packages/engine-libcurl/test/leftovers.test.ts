/**
 * A handle whose transfer was paused, and ended so, on an HTTP/2 connection that others go on using. Up to 8.6 libcurl keeps
 * what came in for it, and gives it to the handle's next transfer when that is unpaused: here about a million bytes in front
 * of an answer of ten.
 */
import { CURLPAUSE_RECV } from "@curlew/core";
import { startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { isBefore } from "../src/hazards.js";
import { CURL_WRITEFUNC_PAUSE, type Easy, loadLibcurl } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

const library = loadLibcurl();
const keepsThem = isBefore(library.version, "8.7.0");
let server: TestServer;
let loop: HandLoop;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  loop = new HandLoop(library);
});

function start(path: string): Easy {
  const easy = loop.easy(`${server.http2}${path}`);
  easy.setopt("HTTP_VERSION", 3);
  easy.setopt("CAINFO", server.caFile);
  easy.setopt("PIPEWAIT", 1);
  onTestFinished(() => {
    loop.multi.cleanup();
    easy.cleanup();
  });
  return easy;
}

/** A handle that has paused itself, beside others that are busy on the same connection. */
async function pausedInCompany(timeoutMs = 0): Promise<Easy> {
  const others = [1, 2, 3].map(() => start("/bytes/10000000"));
  loop.multi.addHandle(others[0] as Easy);
  await loop.while(() => others[0]?.getinfo("SIZE_DOWNLOAD_T") === 0);
  for (const other of others.slice(1)) loop.multi.addHandle(other);
  const easy = start("/bytes/4000000");
  let calls = 0;
  easy.setopt("TIMEOUT_MS", timeoutMs);
  easy.setopt("WRITEFUNCTION", () => (++calls > 3 ? CURL_WRITEFUNC_PAUSE : undefined));
  loop.multi.addHandle(easy);
  await loop.while(() => !easy.paused);
  expect(easy.getinfo("NUM_CONNECTS")).toBe(0);
  return easy;
}

/** The body of a small answer, of which the first piece pauses; pieces that come before it are told, too. */
async function smallAnswer(easy: Easy): Promise<string> {
  const pieces: Uint8Array[] = [];
  let calls = 0;
  easy.setopt("URL", `${server.http2}/status/200`);
  easy.setopt("WRITEFUNCTION", (bytes) => {
    if (calls++ === 0) return CURL_WRITEFUNC_PAUSE;
    pieces.push(bytes);
    return bytes.length;
  });
  loop.multi.addHandle(easy);
  await loop.while(() => !easy.paused);
  easy.pause(0);
  await loop.while(() => !loop.done.some((message) => message.easy === easy));
  const body = Buffer.concat(pieces);
  console.log(`libcurl ${library.version}: ${body.length} bytes`);
  return body.length < 100 ? body.toString() : `${body.length} bytes`;
}

it("removed while it is paused, it has nothing of that transfer in its next one", async () => {
  const easy = await pausedInCompany();
  loop.multi.removeHandle(easy);
  expect(await smallAnswer(easy)).toBe("status 200");
});

it("neither when its multi was cleaned up", async () => {
  const easy = await pausedInCompany();
  loop.multi.cleanup();
  loop = new HandLoop(library);
  expect(await smallAnswer(easy)).toBe("status 200");
});

it("ended by its timeout while it is paused, it is not used again where it would be; a copy is", async () => {
  const easy = await pausedInCompany(1000);
  await loop.while(() => !loop.done.some((message) => message.easy === easy));
  expect(loop.done.pop()).toMatchObject({ easy, result: 28 });
  easy.setopt("TIMEOUT_MS", 0);
  if (keepsThem) expect(() => loop.multi.addHandle(easy)).toThrow(expect.objectContaining({ code: "HANDLE_IN_USE" }));
  const copy = easy.duphandle();
  expect(await smallAnswer(copy)).toBe("status 200");
  loop.multi.cleanup();
  copy.cleanup();
  easy.reset(); // libcurl's own forgets nothing of it
  if (keepsThem)
    expect(() => new HandLoop(library).multi.addHandle(easy)).toThrow(
      expect.objectContaining({ code: "HANDLE_IN_USE" }),
    );
});

it("is not said to be paused by a `pause` that came too late", async () => {
  const easy = start("/bytes/5");
  loop.multi.addHandle(easy);
  const { removeHandle } = loop.multi;
  loop.multi.removeHandle = () => {};
  await loop.until(1);
  easy.pause(CURLPAUSE_RECV);
  expect(easy.paused).toBe(false);
  removeHandle.call(loop.multi, easy);
});
