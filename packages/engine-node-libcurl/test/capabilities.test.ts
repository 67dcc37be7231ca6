/** What the engine says of itself, shown. */
import { Worker } from "node:worker_threads";
import { type ClientTransfer, CurlewError, createClient, type Progress } from "@curlew/core";
import { contentOf, nodeLibcurlFolder, sha256 } from "@curlew/testkit";
import { raw } from "@curlew/testkit/in-tests";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Capability, capabilities, createNodeLibcurlEngine } from "../src/index.js";
import { runProgram } from "./run-program.js";
import { nodeLibcurl, skipWithout, turns, useClient, useServer } from "./support.js";

beforeEach(skipWithout);
const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;
const failure = (transfer: ClientTransfer) =>
  transfer.bytes().then(
    (bytes) => expect.fail(`it gave ${bytes.length} bytes`),
    (error) => error,
  );
const codeOf = async (curl: Record<string, unknown>) =>
  (await failure(useClient().request(url("echo"), { curl }))).code;

const shown: Record<Capability, () => Promise<void>> = {
  async pausing() {
    const transfer = useClient().request(url("bytes/3000000"), { highWaterBytes: 100_000 });
    await transfer.head;
    transfer.pause();
    await turns(20);
    transfer.resume();
    expect(sha256(await transfer.bytes())).toBe(sha256(contentOf("bytes", 3_000_000)));
  },
  async streamedBodies() {
    const asked = { count: 0 };
    async function* body() {
      for (; asked.count < 50; asked.count++) yield contentOf("upload", 10_000);
    }
    expect(await useClient().request(url("echo"), { method: "PUT", body: body() }).json()).toMatchObject({
      bytes: 500_000,
    });
    expect(asked.count).toBe(50);
  },
  async abort() {
    const signal = AbortSignal.timeout(20);
    expect(await failure(useClient().request(url("hang"), { signal }))).toMatchObject({ code: "ABORTED" });
  },
  async progress() {
    const told: Progress[] = [];
    const hooks = { progress: (progress: Progress) => void told.push(progress) };
    await useClient().request(url("bytes/1000000"), { hooks, progressIntervalMs: 1 }).bytes();
    expect(told.at(-1)).toMatchObject({ receivedBytes: 1_000_000, receivedTotalBytes: 1_000_000 });
  },
  async trailers() {
    const transfer = useClient().request(url("chunked/1000"));
    await transfer.bytes();
    expect((await transfer.trailers).get("x-checksum")).toBe(sha256(contentOf("bytes", 1000)));
  },
  async http2() {
    const { http2, caFile } = server.current;
    const transfer = useClient().request(`${http2}/bytes/1000`, { curl: { CAINFO: caFile } });
    expect(await transfer.infos).toMatchObject({ httpVersion: "2" });
  },
  async chooseLoop() {
    const loop = { name: "none", attach: () => expect.fail("it was attached") };
    const engine = createNodeLibcurlEngine({ nodeLibcurl: nodeLibcurl() });
    const client = createClient({ engine, loop } as never);
    expect((await client.request(url("bytes/10")).bytes()).length).toBe(10);
    await client.close();
  },
  async chooseLibcurl() {
    process.env.CURLEW_LIBCURL = "/nowhere/libcurl.so";
    onTestFinished(() => void delete process.env.CURLEW_LIBCURL);
    expect((await useClient().request(url("bytes/10")).bytes()).length).toBe(10);
  },
  async observe() {
    expect(() => useClient().observe({})).toThrow(expect.objectContaining({ code: "NOT_OBSERVABLE" }));
  },
  async workers() {
    const code = `require("worker_threads").parentPort.postMessage((() => {
      try { return typeof require(${JSON.stringify(nodeLibcurlFolder)}); } catch (error) { return error.message; }
    })())`;
    nodeLibcurl(); // as in any process that has it
    const said = await new Promise((resolve) => new Worker(code, { eval: true }).on("message", resolve));
    expect(said).toMatch(/self-register/);
  },
  async letGoWhileResolving() {
    const { abortedMs, lagMs, closedMs, requests } = JSON.parse((await runProgram("resolving", 500)).stdout);
    console.log(`aborted after ${abortedMs} ms, the loop lagged ${lagMs} ms, closed after ${closedMs} ms`);
    expect(abortedMs).toBeLessThan(250);
    expect(lagMs).toBeLessThan(250);
    expect(closedMs).toBeGreaterThan(250);
    expect(requests).toBe(0);
  },
  async bytesBeforeReset() {
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc";
    const port = await raw((socket) => socket.once("data", () => socket.write(answer, () => socket.resetAndDestroy())));
    const error = await failure(useClient().request(`http://127.0.0.1:${port}/`));
    expect(error).toMatchObject({ code: "TRANSFER_FAILED", curlCode: 55 });
  },
  async errorTexts() {
    const error = await failure(useClient().request("http://127.0.0.1:1/"));
    expect(error).toBeInstanceOf(CurlewError);
    expect(error.message).toBe(nodeLibcurl().Easy.strError(7));
  },
  async wideNumbers() {
    expect(await codeOf({ TIMEOUT_MS: 2 ** 31 })).toBe("OUT_OF_RANGE");
    const curl = { MAXFILESIZE_LARGE: 2 ** 40 };
    expect((await useClient().request(url("bytes/10"), { curl }).bytes()).length).toBe(10);
  },
  async mime() {
    expect(await codeOf({ MIMEPOST: [{ name: "a", data: "1" }] })).toBe("UNKNOWN_OPTION");
    const form = new FormData();
    form.set("a", "1");
    const told = [{ body: form }, { curl: { HTTPPOST: [{ name: "a", contents: "1" }] } }].map((options) =>
      useClient().request(url("echo"), options).json(),
    );
    for (const { headers } of (await Promise.all(told)) as { headers: Record<string, string> }[])
      expect(headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
  },
  async otherFunctions() {
    expect(await codeOf({ CHUNK_BGN_FUNCTION: () => 0 })).toBe("OPTION_REFUSED");
    const types = new Set<number>();
    const curl = { DEBUGFUNCTION: (type: number) => void types.add(type) };
    await useClient().request(url("bytes/10"), { curl }).bytes();
    expect([...types].sort()).toEqual([0, 1, 2, 3]);
  },
};

describe("the engine's capabilities", () => {
  for (const [name, value] of Object.entries(capabilities))
    it(`${name}: ${value === true ? "yes" : value}`, shown[name as Capability]);
});
