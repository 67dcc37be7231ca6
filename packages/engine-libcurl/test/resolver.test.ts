/** Names that are being resolved: ending their transfers in any way must not wait for the answer (C29, C 5.11). */
import { execFileSync } from "node:child_process";
import { CURL_SOCKET_TIMEOUT } from "@curlew/core";
import { neverResolved, node, resolvedAfter, slowResolver, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { findLibcurl } from "../src/find-libcurl.js";
import { Easy, type Libcurl, loadLibcurl } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

/** Who waits for this resolver waits that long: a call that never returned could not fail its test. */
const LATE_MS = 10_000;
/** A liveness bound: each of the calls below takes about a millisecond. */
const BOUND_MS = 1000;

let library: Libcurl;
let server: TestServer;
let loop: HandLoop;

beforeAll(async () => {
  library = loadLibcurl(slowResolver(findLibcurl(undefined)));
  server = await startServer();
});
afterAll(() => server.stop());

beforeEach(() => {
  loop = new HandLoop(library);
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

/** How long a call held up everybody else. */
function lagMs(what: string, run: () => void): number {
  const start = performance.now();
  run();
  const ms = performance.now() - start;
  console.log(`libcurl ${library.version}: ${what} held the loop for ${ms.toFixed(1)} ms`);
  return ms;
}

function resolving(count: number): Easy[] {
  const easies = Array.from({ length: count }, () => new Easy(library));
  for (const easy of easies) {
    easy.setopt("URL", `http://${resolvedAfter(LATE_MS)}/`);
    loop.multi.addHandle(easy);
  }
  expect(loop.multi.socketAction(CURL_SOCKET_TIMEOUT, 0)).toBe(count);
  return easies;
}

const cleanUp = (easies: readonly Easy[]): void => {
  for (const easy of easies) easy.cleanup();
};

describe("a name that is resolved late", () => {
  it("is waited for by its own transfer only", async () => {
    const slow = loop.easy(`${server.http.replace("127.0.0.1", resolvedAfter(300))}/bytes/5`);
    const quick = loop.easy(`${server.http}/bytes/6`);
    for (const easy of [slow, quick]) loop.multi.addHandle(easy);
    await loop.until(2);
    expect(loop.done.map(({ easy }) => easy)).toEqual([quick, slow]);
    expect(slow.text()).toHaveLength(5);
    expect(slow.getinfo("NAMELOOKUP_TIME_T")).toBeGreaterThan(290_000);
    cleanUp([slow, quick]);
  });
});

describe("a name that is being resolved", () => {
  it("does not hold up removeHandle", () => {
    const easies = resolving(20);
    const ms = lagMs("20 x removeHandle", () => {
      for (const easy of easies) loop.multi.removeHandle(easy);
    });
    expect(ms).toBeLessThan(BOUND_MS);
    cleanUp(easies);
  });

  it("does not hold up the timeout of its transfer", async () => {
    const easy = loop.easy(`http://${resolvedAfter(LATE_MS)}/`);
    easy.setopt("TIMEOUT_MS", 100);
    loop.multi.addHandle(easy);
    let worst = 0;
    await loop.while(() => {
      const start = performance.now();
      loop.turn();
      worst = Math.max(worst, performance.now() - start);
      return loop.done.length < 1;
    });
    console.log(`libcurl ${library.version}: the slowest turn took ${worst.toFixed(1)} ms`);
    expect(loop.done[0]?.result).toBe(28);
    expect(easy.getinfo("NAMELOOKUP_TIME_T")).toBe(0);
    expect(worst).toBeLessThan(BOUND_MS);
    easy.cleanup();
  });

  it("does not hold up the clean-up of the multi, or of the easies after it", () => {
    const easies = resolving(20);
    expect(lagMs("multi.cleanup with 20 added", () => loop.multi.cleanup())).toBeLessThan(BOUND_MS);
    expect(lagMs("20 x easy.cleanup", () => cleanUp(easies))).toBeLessThan(BOUND_MS);
  });

  it("does not hold up the easies' clean-up after removal, or a second use", async () => {
    const easies = resolving(1);
    const [easy] = easies as [Easy];
    loop.multi.removeHandle(easy);
    easy.setopt("URL", `${server.http}/bytes/5`);
    loop.multi.addHandle(easy);
    await loop.until(1);
    expect(loop.done[0]?.result).toBe(0);
    expect(lagMs("easy.cleanup", () => cleanUp(easies))).toBeLessThan(BOUND_MS);
  });

  it("for ever does not keep the process, and is no hindrance at its end", () => {
    const program = `
      import { Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";
      const library = loadLibcurl(process.argv[1]);
      const multi = new Multi(library);
      const easy = new Easy(library);
      easy.setopt("URL", "http://${neverResolved}/");
      multi.addHandle(easy);
      console.log(multi.socketAction(-1, 0));`;
    const args = ["--input-type=module", "-e", program, library.path];
    const said = execFileSync(node, args, { cwd: new URL("..", import.meta.url), encoding: "utf8", timeout: 20_000 });
    expect(said).toBe("1\n");
  });
});
