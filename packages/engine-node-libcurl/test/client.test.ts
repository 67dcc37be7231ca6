/** The client over node-libcurl. */
import { contentOf } from "@curlew/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { skipWithout, useClient, useServer } from "./support.js";

beforeEach(skipWithout);
const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;

describe("a request", () => {
  it("has a head, a body and infos", async () => {
    const transfer = useClient().request(url("bytes/100000"));
    const head = await transfer.head;
    expect(head).toMatchObject({ status: 200, ok: true, httpVersion: "1.1", reason: "OK", previous: [] });
    expect(contentOf("bytes", 100_000).equals(await transfer.bytes())).toBe(true);
    const infos = await transfer.infos;
    expect(infos).toMatchObject({ url: url("bytes/100000"), status: 200, httpVersion: "1.1", redirects: 0 });
  });
});
