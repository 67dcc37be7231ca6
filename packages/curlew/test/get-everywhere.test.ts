/** `curlew get` on every loop and every runtime: what depends on them. */
import { contentOf } from "@curlew/testkit";
import { expect, it } from "vitest";
import { contents, get, linesOf, sizeOf, startGet, useFolder } from "./get-support.js";
import { until, useServer } from "./support.js";

const server = useServer();

it("curlew get saves, tells, and fails as it should", async () => {
  const { http, http2, caFile } = server.current;
  const folder = useFolder();
  const urls = [`${http}/bytes/1000000`, `${http2}/bytes/70000`, "http://127.0.0.1:1/", `${http}/reset/90000`];
  const ended = await get("-o", folder.path, "--json", "--cacert", caFile, ...urls);
  expect(ended.code).toBe(7);
  const errors = Object.fromEntries(linesOf(ended).map(({ url, curlCode }) => [url, curlCode]));
  expect(urls.map((url) => errors[url])).toEqual([0, 0, 7, 18]);
  for (const size of [1_000_000, 70_000])
    expect(contents(folder.at(String(size))).equals(contentOf("bytes", size))).toBe(true);
  expect((await get(`${http}/bytes/200000`)).stdout.equals(contentOf("bytes", 200_000))).toBe(true);
});

it("curlew get is interrupted, and goes on", async () => {
  const folder = useFolder();
  const url = `${server.current.http}/ranged/300000/file?plan=hold:123456,full`;
  const { child, ended } = startGet(["-o", folder.path, url]);
  await until(() => sizeOf(folder.at("file.part")) === 123_456);
  process.kill(child.pid ?? 0, "SIGINT"); // Deno's child.kill() tells of that signal whatever the child exits with
  expect(await ended).toMatchObject({ code: 130, stderr: expect.stringContaining("1 part is kept") });
  const [line] = linesOf(await get("-o", folder.path, "--json", "--continue", url));
  expect(line).toMatchObject({ error: null, continuedFrom: 123_456 });
  expect(contents(folder.at("file")).equals(contentOf("bytes", 300_000))).toBe(true);
  expect(folder.list()).toEqual(["file"]);
});

it("curlew get ends without a word when nobody reads any more", async () => {
  const { child, ended } = startGet([`${server.current.http}/bytes/50000000`]);
  child.stdout?.once("data", () => child.stdout?.destroy());
  expect(await ended).toMatchObject({ code: 23, stderr: "" });
});
