/** What `curlew get` leaves of a download that did not end, and how it goes on with it: byte for byte. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { contentOf, sha256 } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { PartFile } from "../src/cli/part-file.js";
import { contents, type Ended, get, type Line, linesOf, sizeOf, startGet, useFolder } from "./get-support.js";
import { until, useServer } from "./support.js";

const server = useServer();
const SIZE = 600_000;
const SOME = 250_000;
let count = 0;
/** A URL of its own for each test: the server counts its visits. */
const ranged = (query: string) => `${server.current.http}/ranged/${SIZE}/file-${count++}?${query}`;
const nameOf = (url: string) => new URL(url).pathname.split("/").at(-1) ?? "";
const whole = (name = "bytes") => contentOf(name, SIZE);

async function getJson(folder: { path: string }, url: string, ...args: string[]): Promise<Ended & { line: Line }> {
  const ended = await get("-o", folder.path, "--json", ...args, url);
  const [line] = linesOf(ended);
  if (!line) throw new Error(`no line: ${ended.stderr}`);
  return { ...ended, line };
}

/** Cuts the first answer off, then continues. */
async function cutAndContinue(query: string) {
  const folder = useFolder();
  const url = ranged(query);
  const first = await getJson(folder, url);
  expect(first).toMatchObject({ code: 18, line: { error: "TRANSFER_FAILED", file: null, bytes: SOME } });
  expect(folder.list()).not.toContain(nameOf(url));
  expect(contents(folder.at(`${nameOf(url)}.part`)).equals(whole().subarray(0, SOME))).toBe(true);
  const second = await getJson(folder, url, "--continue");
  return { folder, url, path: folder.at(nameOf(url)), second, line: second.line };
}

describe("--continue", () => {
  for (const validators of ["etag", "date", "weak", "none"])
    it(`gets the rest, where the server gives ${validators}`, async () => {
      const { folder, url, path, line } = await cutAndContinue(`plan=cut:${SOME},full&validators=${validators}`);
      expect(line).toMatchObject({ error: null, status: 206, continuedFrom: SOME, bytes: SIZE });
      expect(contents(path).equals(whole())).toBe(true);
      expect(folder.list()).toEqual([nameOf(url)]);
    });

  it("any number of times", async () => {
    const folder = useFolder();
    const url = ranged("plan=cut:100000,cut:100001,cut:1,cut:0,full");
    for (const bytes of [100_000, 200_001, 200_002, 200_002])
      expect((await getJson(folder, url, "--continue")).line).toMatchObject({ curlCode: 18, bytes });
    expect((await getJson(folder, url, "--continue")).line).toMatchObject({ error: null, continuedFrom: 200_002 });
    expect(contents(folder.at(nameOf(url))).equals(whole())).toBe(true);
  });

  const anew: [why: string, query: string, content: string][] = [
    ["a server that ignores the range", "plan=cut:250000,ignore", "bytes"],
    ["a file that has changed since", "plan=cut:250000,other", "other"],
    ["one that has changed, by its date", "plan=cut:250000,other&validators=date", "other"],
    ["one that has changed, by a server deaf to If-Range", "plan=cut:250000,deaf", "other"],
    ["the same by its date", "plan=cut:250000,deaf&validators=date", "other"],
    ["a range that was not asked for", "plan=cut:250000,lie,full", "bytes"],
    ["a server that says 416 for no reason", "plan=cut:250000,416,full", "bytes"],
    ["a range without its total, of what had none before", "plan=cut:250000,totalless,full&chunked=1", "bytes"],
    ["416 of something that is as long by now as the part", `plan=cut:250000,shrunk,full&chunked=1`, "bytes"],
    ["neither validator nor size", "plan=cut:250000,full&validators=none&chunked=1", "bytes"],
  ];
  for (const [why, query, content] of anew)
    it(`begins anew: ${why}`, async () => {
      const { folder, url, path, line } = await cutAndContinue(query);
      expect(line).toMatchObject({ error: null, continuedFrom: 0, bytes: SIZE });
      expect(contents(path).equals(whole(content))).toBe(true);
      expect(folder.list()).toEqual([nameOf(url)]);
    });

  it("begins anew with a part of another URL, one without its state, one whose state is no JSON, and an empty one", async () => {
    const folder = useFolder();
    const url = ranged("");
    const part = folder.at(`${nameOf(url)}.part`);
    for (const state of [
      JSON.stringify({ urlSha256: sha256(Buffer.from("http://other/")), totalBytes: SIZE }),
      undefined,
      "{",
      "null",
      "[]",
    ]) {
      writeFileSync(part, "wrong".repeat(1000));
      if (state !== undefined) writeFileSync(`${part}.json`, state);
      expect((await getJson(folder, url, "--continue")).line).toMatchObject({ error: null, continuedFrom: 0 });
      expect(contents(folder.at(nameOf(url))).equals(whole())).toBe(true);
      expect(folder.list()).toEqual([nameOf(url)]);
    }
  });

  it("an answer that is an error leaves the part as it is, and the exit code is 22 though nobody said -f", async () => {
    const { folder, path, second, line } = await cutAndContinue(`plan=cut:${SOME},503,full`);
    expect(second.code).toBe(22);
    expect(line).toMatchObject({ status: 503, error: "HTTP_RETURNED_ERROR", part: `${path}.part` });
    expect(contents(`${path}.part`).equals(whole().subarray(0, SOME))).toBe(true);
    const third = await getJson(folder, line.url, "--continue");
    expect(third.line).toMatchObject({ error: null, continuedFrom: SOME });
    expect(contents(path).equals(whole())).toBe(true);
  });

  it("less of a range than there is: 18, and the next call goes on from there", async () => {
    const { folder, path, second, line } = await cutAndContinue(`plan=cut:${SOME},short:1000,full`);
    expect(second.code).toBe(18);
    expect(line).toMatchObject({ error: "PARTIAL_FILE", bytes: SOME + 1000 });
    expect((await getJson(folder, line.url, "--continue")).line).toMatchObject({ continuedFrom: SOME + 1000 });
    expect(contents(path).equals(whole())).toBe(true);
  });

  it("a part that is whole already is only given its name", async () => {
    const folder = useFolder();
    const url = ranged(`plan=hold:${SIZE}`);
    const { child, ended } = startGet(["-o", folder.path, url]);
    const part = folder.at(`${nameOf(url)}.part`);
    await until(() => sizeOf(part) > 0);
    child.kill("SIGKILL");
    await ended;
    // As after a crash between the last byte and the name.
    writeFileSync(part, whole());
    const { line } = await getJson(folder, url, "--continue");
    expect(line).toMatchObject({ status: 416, error: null, continuedFrom: SIZE });
    expect(folder.list()).toEqual([nameOf(url)]);
  });

  it("a file that is there is asked about by its size, and got again when that is another", async () => {
    const folder = useFolder();
    const url = ranged("");
    await getJson(folder, url);
    const path = folder.at(nameOf(url));
    expect((await getJson(folder, url, "--continue")).line).toMatchObject({ status: 416, error: null, bytes: SIZE });
    writeFileSync(path, "short");
    expect((await getJson(folder, url, "--continue")).line).toMatchObject({ status: 200, continuedFrom: 0 });
    expect(contents(path).equals(whole())).toBe(true);
    const ignoring = ranged("plan=ignore");
    await getJson(folder, ignoring);
    expect((await getJson(folder, ignoring, "--continue")).line).toMatchObject({ error: null, continuedFrom: SIZE });
  });

  it("a part that is a link to somewhere else is not written through", async () => {
    const folder = useFolder();
    const url = ranged("");
    const victim = folder.at("victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, folder.at(`${nameOf(url)}.part`));
    writeFileSync(
      folder.at(`${nameOf(url)}.part.json`),
      JSON.stringify({ urlSha256: sha256(Buffer.from(url)), totalBytes: 9 }),
    );
    expect((await getJson(folder, url, "--continue")).line.error).toBeNull();
    expect(contents(victim).toString()).toBe("mine");
    expect(contents(folder.at(nameOf(url))).equals(whole())).toBe(true);
  });

  for (const args of [["-d", "x"], ["-XPUT"], ["-H", "Range: bytes=0-"]])
    it(`never with a part of what ${args.join(" ")} asked for`, async () => {
      const folder = useFolder();
      const url = ranged(`plan=cut:${SOME},full&validators=none`);
      await getJson(folder, url, ...args);
      expect(folder.list()).toEqual([`${nameOf(url)}.part`]);
      expect((await getJson(folder, url, "--continue")).line).toMatchObject({ error: null, continuedFrom: 0 });
      expect(contents(folder.at(nameOf(url))).equals(whole())).toBe(true);
    });

  it("without it the part is begun anew", async () => {
    const folder = useFolder();
    const url = ranged(`plan=cut:${SOME},full`);
    await getJson(folder, url);
    expect((await getJson(folder, url)).line).toMatchObject({ status: 200, continuedFrom: 0, error: null });
    expect(contents(folder.at(nameOf(url))).equals(whole())).toBe(true);
  });
});

describe("two programs with the same name", () => {
  it("the first is done when the second has made a part of its own: that one is not taken for whole", async () => {
    const folder = useFolder();
    const [first, second] = [new PartFile(folder.at("x")), new PartFile(folder.at("x"))];
    await first.create(undefined);
    await first.write(Buffer.from("first, whole"));
    await second.create(undefined);
    await second.write(Buffer.from("second, ha"));
    await expect(first.finish()).rejects.toMatchObject({ code: "WRITE_ERROR", exitCode: 23 });
    expect(folder.list()).toEqual(["x.part"]);
    await second.write(Buffer.from("lf of it"));
    await second.finish();
    await first.leave();
    expect(contents(folder.at("x")).toString()).toBe("second, half of it");
  });

  it("the one whose part was taken away fails; what has the final name is whole", async () => {
    const folder = useFolder();
    const url = ranged("plan=hold:100000,full");
    const slow = startGet(["-o", folder.path, "-m", "5", url]);
    await until(() => sizeOf(folder.at(`${nameOf(url)}.part`)) === 100_000);
    expect((await getJson(folder, url)).code).toBe(0);
    expect(contents(folder.at(nameOf(url))).equals(whole())).toBe(true);
    expect((await slow.ended).code).toBe(28);
    expect(contents(folder.at(nameOf(url))).equals(whole())).toBe(true);
  });

  it("many at once, any of them: the file is whole at every moment it is there", { timeout: 120_000 }, async () => {
    const folder = useFolder();
    mkdirSync(folder.at("d"));
    const url = ranged("");
    const path = folder.at(`d/${nameOf(url)}`);
    const all = Promise.all(Array.from({ length: 6 }, () => get("-o", folder.at("d"), "--continue", url)));
    let looked = 0;
    let over = false;
    void all.then(() => {
      over = true;
    });
    await until(() => {
      if (sizeOf(path) >= 0 && ++looked && !contents(path).equals(whole())) throw new Error("half a file");
      return over;
    });
    const codes = (await all).map(({ code }) => code);
    console.log(`six at once ended with ${codes.join(", ")}; the file was looked at ${looked} times`);
    expect(codes).toContain(0);
    expect(codes.filter((code) => code !== 0 && code !== 23)).toEqual([]);
    expect(contents(path).equals(whole())).toBe(true);
  });
});
