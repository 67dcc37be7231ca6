/** `curlew get` as people call it: built, in a process of its own, against real servers. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { contentOf, sha256 } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { contents, get, linesOf, startGet, useFolder } from "./get-support.js";
import { useServer } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;
const bytes = (count: number) => contentOf("bytes", count);
/** Nothing listens there. */
const REFUSED = "http://127.0.0.1:1/refused";

describe("without -o", () => {
  it("writes the body to stdout, and nothing to stderr", async () => {
    const { code, stdout, stderr } = await get(url("bytes/3000000"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(sha256(stdout)).toBe(sha256(bytes(3_000_000)));
  });

  it("writes several one after another, in their order, and goes on after one that failed", async () => {
    const { code, stdout, stderr } = await get(url("delay/50"), REFUSED, url("status/418"));
    expect({ code, out: stdout.toString() }).toEqual({ code: 7, out: "latestatus 418" });
    expect(stderr).toMatch(/^curlew: \(7\) http:\/\/127\.0\.0\.1:1\/refused: .*connect.*\n$/);
  });

  it("ends without a word when nobody reads any more", async () => {
    const { child, ended } = startGet([url("bytes/50000000"), url("bytes/50000000")]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 23, stderr: "" });
  });
});

describe("with -o", () => {
  it("saves a hundred at once, every byte, and leaves nothing else", { timeout: 120_000 }, async () => {
    const folder = useFolder();
    const sizes = Array.from({ length: 100 }, (_, i) => i * i * 97);
    const { code, stderr } = await get("-o", folder.path, "--parallel", "100", ...sizes.map((n) => url(`bytes/${n}`)));
    expect(code).toBe(0);
    expect(stderr.trim().split("\n").length).toBe(100);
    expect(folder.list()).toEqual(sizes.map(String).sort());
    for (const size of sizes) expect(contents(folder.at(String(size))).equals(bytes(size))).toBe(true);
  });

  it("numbers what has the same name, in the order of the URLs", async () => {
    const folder = useFolder();
    const { code } = await get("-o", folder.path, url("delay/60"), url("bytes/60"), url("echo/60"));
    expect(code).toBe(0);
    expect(folder.list()).toEqual(["60", "60.1", "60.2"]);
    expect(contents(folder.at("60")).toString()).toBe("late");
    expect(contents(folder.at("60.1")).equals(bytes(60))).toBe(true);
  });

  it("one that fails harms no other, and its reason is told", async () => {
    const folder = useFolder();
    const reset = url("reset/200000");
    const { code, stderr } = await get("-o", folder.path, url("bytes/10"), reset, REFUSED, url("bytes/20"));
    expect(code).toBe(18); // the first of the URLs that failed
    expect(stderr).toContain(`curlew: (18) ${reset}: `);
    expect(stderr).toContain(`${folder.at("200000.part")} is kept`);
    expect(stderr).toContain(`curlew: (7) ${REFUSED}: `);
    expect(folder.list()).toEqual(["10", "20", "200000.part", "200000.part.json"]);
  });

  it("makes the folder, and replaces a file that was there", async () => {
    const folder = useFolder();
    const deep = folder.at("a/b");
    expect((await get("-o", deep, url("bytes/1000"))).code).toBe(0);
    writeFileSync(`${deep}/1000`, "older");
    expect((await get("-o", deep, url("bytes/1000"))).code).toBe(0);
    expect(contents(`${deep}/1000`).equals(bytes(1000))).toBe(true);
  });

  it("--json: an object for each URL on stdout, and nothing else there", async () => {
    const folder = useFolder();
    const ended = await get("-o", folder.path, "--json", url("bytes/1000"), REFUSED, url("status/404"));
    const lines = linesOf(ended);
    const of = (one: string) => lines.find((line) => line.url === one);
    expect(lines.length).toBe(3);
    expect(of(url("bytes/1000"))).toMatchObject({
      file: folder.at("1000"),
      part: null,
      status: 200,
      httpVersion: "1.1",
      bytes: 1000,
      error: null,
      curlCode: 0,
      message: null,
    });
    expect(of(REFUSED)).toMatchObject({ file: null, status: 0, bytes: 0, error: "TRANSFER_FAILED", curlCode: 7 });
    expect(of(url("status/404"))).toMatchObject({ file: folder.at("404"), status: 404, error: null });
    expect(ended).toMatchObject({ code: 7, stderr: expect.stringMatching(/^curlew: \(7\) [^\n]*\n$/) });
  });
});

describe("exit codes", () => {
  const cases: [what: string, code: number, args: () => string[]][] = [
    ["an unsupported protocol", 1, () => ["ftp://127.0.0.1/x"]],
    ["no URL", 2, () => []],
    ["an unknown option", 2, () => ["--nonsense", url("bytes/1")]],
    ["an option without its argument", 2, () => [url("bytes/1"), "--parallel"]],
    ["--parallel 0", 2, () => ["--parallel", "0", url("bytes/1")]],
    ["-X of two words", 2, () => ["-X", "GET /elsewhere", url("bytes/1")]],
    ["--json without -o", 2, () => ["--json", url("bytes/1")]],
    ["--continue without -o", 2, () => ["--continue", url("bytes/1")]],
    ["--continue with -d", 2, () => ["--continue", "-o", "/nowhere", "-d", "x", url("bytes/1")]],
    ["a loop without a network", 2, () => ["--loop", "epoll-sim", url("bytes/1")]],
    ["a header that is none", 2, () => ["-H", "no colon in here", url("bytes/1")]],
    ["a header with a line end", 2, () => ["-H", "A: b\r\nC: d", url("bytes/1")]],
    ["a URL that is none", 3, () => ["http://127.0.0.1:99999/"]],
    ["a host without an address", 6, () => ["http://does-not-exist.invalid/"]],
    ["nobody listens", 7, () => [REFUSED]],
    ["half an answer", 18, () => [url("reset/100000")]],
    ["a status with -f", 22, () => ["-f", url("status/404")]],
    ["a file of -H that is not there", 26, () => ["-H", "@/nowhere/at/all", url("echo")]],
    [
      "--continue with a Range in a file of -H",
      2,
      () => ["--continue", "-o", "/nowhere", "-H", rangeFile(), url("bytes/1")],
    ],
    ["a file of -d that is not there", 26, () => ["-d", "@/nowhere/at/all", url("echo")]],
    ["too slow for --max-time", 28, () => ["-m", "0.2", url("hang")]],
    ["a certificate of nobody we trust", 60, () => [`${server.current.https}/bytes/1`]],
    ["redirects without an end", 47, () => ["-L", url("redirect/60")]],
    ["--cacert of a file that is not there", 77, () => ["--cacert", "/nowhere.pem", `${server.current.https}/bytes/1`]],
  ];
  for (const [what, wanted, args] of cases)
    it(`${wanted}: ${what}`, async () => {
      const { code, stderr } = await get(...args());
      expect(code).toBe(wanted);
      if (wanted > 0) expect(stderr).toMatch(/^curlew/);
    });

  function rangeFile(): string {
    const path = useFolder().at("headers");
    writeFileSync(path, "Range: bytes=1-\n");
    return `@${path}`;
  }

  it("a password in a URL is not shown", async () => {
    const { stderr } = await get("http://me:s3cret@127.0.0.1:1/");
    expect(stderr).toContain("http://me:***@127.0.0.1:1/");
    expect(stderr).not.toContain("s3cret");
  });

  it("the same URL with -s says nothing, with -sS what failed", async () => {
    expect(await get("-s", REFUSED)).toMatchObject({ code: 7, stderr: "" });
    expect(await get("-sS", REFUSED)).toMatchObject({ code: 7, stderr: expect.stringContaining("curlew: (7)") });
  });
});

describe("what is sent", () => {
  const { error: noCurl } = spawnSync("curl", ["--version"]);
  /** A body like others, and a header. */
  const STDIN = "X-From: stdin\n";
  const file = useFile("two\r\nlines\0\n");
  const headers = useFile("X-One: 1\r\n\nX-Empty;\nAccept:\nX-Last: é");
  const cases: string[][] = [
    [],
    ["-d", "a=1", "-d", "b=2"],
    ["-d", ""],
    ["-d", "", "-d", "x"],
    ["-d", "-starts-with-a-dash"],
    ["-d@FILE"],
    ["-d", "x", "-d", "@FILE"],
    ["-d", "@-"],
    ["-d", "{}", "-H", "Content-Type: application/json"],
    ["-X", "DELETE"],
    ["-XPATCH", "-d", "x"],
    ["-X", "GET", "-d", "x"],
    ["-H", "X-One: 1", "-H", "X-Empty;", "-H", "Accept:", "-H", "Host: elsewhere.example"],
    ["-A", "me/1.0"],
    ["-H", "@HEADERS"],
    ["-H", "@-", "-H", "X-Last: 1"],
    ["-u", "name:pass:word"],
    ["-k", "-L", "-f"],
  ];
  for (const args of cases)
    it(`is what curl sends: ${args.join(" ") || "nothing said"}`, async (context) => {
      if (noCurl) return context.skip("the program curl is not installed here");
      const all = [...args.map((arg) => arg.replace("FILE", file()).replace("HEADERS", headers())), url("echo")];
      const theirs = spawnSync("curl", ["-s", ...all], { input: STDIN, encoding: "utf8" }).stdout;
      const ours = (await startGet(all, STDIN).ended).stdout.toString();
      expect(comparable(ours)).toEqual(comparable(theirs));
    });

  /** The names that each of them gives itself apart, and Accept, which only the program curl adds. */
  function comparable(text: string): unknown {
    const { headers, ...rest } = JSON.parse(text);
    if (/^cur/.test(headers["user-agent"])) delete headers["user-agent"];
    if (headers.accept === "*/*") delete headers.accept;
    return { ...rest, headers };
  }

  function useFile(content: string): () => string {
    return () => {
      const path = useFolder().at("data");
      writeFileSync(path, content);
      return path;
    };
  }
});

describe("redirects and HTTP/2", () => {
  it("follows with -L only, and says so", async () => {
    expect((await get(url("redirect/2"))).stdout.toString()).toBe("elsewhere");
    expect((await get("-L", url("redirect/2"))).stdout.toString()).toBe("arrived");
    const folder = useFolder();
    expect((await get("-o", folder.path, url("redirect/2"))).stderr).toContain("302, 9 B");
    expect(folder.list()).toEqual(["2"]);
  });

  it("--http2 and --cacert, many on one connection", async () => {
    const folder = useFolder();
    const urls = [1, 2, 3, 4, 5].map((n) => `${server.current.http2}/bytes/${n}00000`);
    const ended = await get("--json", "--http2", "--cacert", server.current.caFile, "-o", folder.path, ...urls);
    expect(linesOf(ended).map(({ httpVersion, status }) => `${httpVersion} ${status}`)).toEqual(Array(5).fill("2 200"));
    for (const n of [1, 2, 3, 4, 5]) expect(contents(folder.at(`${n}00000`)).equals(bytes(n * 100_000))).toBe(true);
  });

  it("--http2 without TLS: an upgrade that is accepted is not the answer", async () => {
    const frame = (type: number, flags: number, stream: number, payload: string) =>
      Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream, ...Buffer.from(payload, "latin1")]);
    const upgraded = createServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
        // SETTINGS; HEADERS with ":status: 200" of HPACK's static table; DATA and the end of the stream.
        socket.write(Buffer.concat([frame(4, 0, 0, ""), frame(1, 4, 1, "\x88"), frame(0, 1, 1, "hello")]));
      });
      socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => upgraded.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void upgraded.close());
    const folder = useFolder();
    const { port } = upgraded.address() as AddressInfo;
    const ended = await get("--http2", "--json", "-o", folder.path, `http://127.0.0.1:${port}/hello`);
    expect(linesOf(ended)).toMatchObject([{ status: 200, httpVersion: "2", error: null }]);
    expect(contents(folder.at("hello")).toString()).toBe("hello");
  });

  it("-k does not ask who the server is", async () => {
    expect((await get("-k", `${server.current.https}/bytes/5`)).stdout.equals(bytes(5))).toBe(true);
  });
});

describe("a folder that is in the way", () => {
  it("the output folder is a file: 23, and nothing was sent", async () => {
    const folder = useFolder();
    writeFileSync(folder.at("file"), "mine");
    for (const path of ["file", "file/below"]) {
      const { code, stderr } = await get("-o", folder.at(path), url("hang"));
      expect(code).toBe(23);
      expect(stderr).toMatch(/^curlew: \(23\) .*cannot be written/);
    }
    expect(contents(folder.at("file")).toString()).toBe("mine");
  });

  it("a folder has the final name: that URL fails, the others do not", async () => {
    const folder = useFolder();
    mkdirSync(folder.at("10"));
    const { code, stderr } = await get("-o", folder.path, url("bytes/10"), url("bytes/20"));
    expect(code).toBe(23);
    expect(stderr).toContain("is a folder");
    expect(folder.list()).toEqual(["10", "20"]);
  });
});
