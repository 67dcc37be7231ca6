/** The client over real libcurl: what people do with it, and what servers do to it. */
import { contentOf, sha256 } from "@curlew/testkit";
import { raw } from "@curlew/testkit/in-tests";
import { describe, expect, it } from "vitest";
import { useClient, useServer } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;

describe("a request", () => {
  it("has a head, a body and infos", async () => {
    const transfer = useClient().request(url("bytes/100000"));
    const head = await transfer.head;
    expect(head).toMatchObject({ status: 200, ok: true, httpVersion: "1.1", reason: "OK", previous: [] });
    expect(head.headers.get("Content-Length")).toBe("100000");
    expect(head.headers.get("content-type")).toBeNull();
    expect(contentOf("bytes", 100_000).equals(await transfer.bytes())).toBe(true);
    const infos = await transfer.infos;
    expect(infos).toMatchObject({ url: url("bytes/100000"), status: 200, httpVersion: "1.1", redirects: 0 });
    expect(infos.connection).toMatchObject({ opened: 1, remoteAddress: "127.0.0.1" });
    expect(infos.sizes.receivedBodyBytes).toBe(100_000);
    expect(infos.timings.totalMs).toBeGreaterThan(0);
  });

  it("is read by chunks", async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of useClient().request(url("bytes/3000000")).body) chunks.push(chunk);
    expect(sha256(Buffer.concat(chunks))).toBe(sha256(contentOf("bytes", 3_000_000)));
  });

  it("follows redirects, and keeps the heads on the way", async () => {
    const transfer = useClient().request(url("redirect/3"));
    const { status, previous } = await transfer.head;
    expect({ status, previous: previous.map((head) => head.status) }).toEqual({
      status: 200,
      previous: [302, 302, 302],
    });
    expect(await transfer.text()).toBe("arrived");
  });

  it("sends bodies of every kind", async () => {
    const client = useClient();
    const big = contentOf("upload", 2_000_000);
    async function* pieces() {
      for (let at = 0; at < big.length; at += 70_000) yield big.subarray(at, at + 70_000);
    }
    const told = async (body: never, headers = {}) =>
      (await client.request(url("echo"), { body, headers }).json()) as {
        method: string;
        bytes: number;
        sha256: string;
        headers: Record<string, string>;
      };
    expect(await told(pieces() as never)).toMatchObject({ method: "POST", bytes: big.length, sha256: sha256(big) });
    expect(await told(new Blob([big], { type: "image/x" }) as never)).toMatchObject({
      sha256: sha256(big),
      headers: { "content-type": "image/x", "content-length": String(big.length) },
    });
    expect(await told("héllo" as never)).toMatchObject({
      sha256: sha256(Buffer.from("héllo")),
      headers: { "content-type": "text/plain;charset=UTF-8" },
    });
    expect(await told(new URLSearchParams({ a: "1 2" }) as never)).toMatchObject({ bytes: 5 });
    const form = new FormData();
    form.set("a", "1");
    form.set("file", new File([big], "x.bin"));
    expect((await told(form as never)).headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect((await told(undefined as never)).method).toBe("GET");
  });

  it("aborts", async () => {
    const controller = new AbortController();
    const port = await raw((socket) => void socket.once("data", () => controller.abort(new Error("enough"))));
    const transfer = useClient().request(`http://127.0.0.1:${port}/`, { signal: controller.signal });
    await expect(transfer.head).rejects.toMatchObject({
      code: "ABORTED",
      phase: "waiting",
      cause: { message: "enough" },
    });
  });
});
