/** Callbacks of protocols: FTP by pattern, HSTS, SSH. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dropbearMissing, startDropbear, startServer, type TestServer } from "@curlew/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { CURLKHSTAT_FINE, CURLKHSTAT_REJECT, type Easy, type FileInfo, type HstsEntry } from "../src/index.js";
import { HandLoop } from "./hand-loop.js";

let loop: HandLoop;
beforeEach(() => {
  loop = new HandLoop();
  const { multi } = loop;
  onTestFinished(() => multi.cleanup());
});

async function transfer(easy: Easy): Promise<number> {
  const before = loop.done.length;
  loop.multi.addHandle(easy);
  await loop.until(before + 1);
  return loop.done[before]?.result ?? -1;
}

describe("WILDCARDMATCH", () => {
  // In a process of its own: 7.88.1 waits for the last answer of each file in a call.
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  const matching = (): Easy & { text(): string } => {
    const easy = loop.easy(`${server.ftp}/*.txt`);
    easy.setopt("WILDCARDMATCH", 1);
    return easy;
  };

  it("tells CHUNK_BGN_FUNCTION about each file, which may skip it", async () => {
    const easy = matching();
    const files: [FileInfo, number][] = [];
    let ends = 0;
    easy.setopt("CHUNK_BGN_FUNCTION", (file, remaining) => {
      files.push([file, remaining]);
      return file.filename === "a.txt" ? 2 : 0;
    });
    easy.setopt("CHUNK_END_FUNCTION", () => void ends++);
    expect(await transfer(easy)).toBe(0);
    expect(easy.text()).toBe("two");
    expect(files.map(([{ filename }, remaining]) => [filename, remaining])).toEqual([
      ["a.txt", 2],
      ["b.txt", 1],
    ]);
    expect(files[1]?.[0]).toMatchObject({
      filetype: 0,
      size: 3,
      perm: 0o644,
      hardlinks: 1,
      user: "ann",
      group: "staff",
    });
    expect(ends).toBe(2);
    easy.cleanup();
  });

  it("asks FNMATCH_FUNCTION instead of matching by itself", async () => {
    const easy = matching();
    const asked: string[] = [];
    easy.setopt("FNMATCH_FUNCTION", (pattern, name) => {
      asked.push(`${pattern} ${name}`);
      return name === "c.bin" ? 0 : 1;
    });
    expect(await transfer(easy)).toBe(0);
    expect(easy.text()).toBe("three");
    expect(asked).toEqual(["*.txt a.txt", "*.txt b.txt", "*.txt c.bin"]);
    easy.cleanup();
  });

  for (const option of ["CHUNK_BGN_FUNCTION", "CHUNK_END_FUNCTION", "FNMATCH_FUNCTION"] as const)
    it(`a throw of ${option} aborts the transfer, and is the cause`, async () => {
      const cause = new Error(option);
      const easy = matching();
      easy.setopt(option, () => {
        throw cause;
      });
      const result = await transfer(easy);
      console.log(`libcurl ${loop.multi.library.version}: a throw of ${option} comes to ${result}`);
      expect(result).not.toBe(0);
      expect(easy.failure(result)).toMatchObject({ code: "CALLBACK_FAILED", cause });
      easy.cleanup();
    });
});

describe("HSTS", () => {
  const withHsts = (): Easy => {
    const easy = loop.easy("http://secure.test/");
    easy.setopt("HSTS_CTRL", 1);
    easy.setopt("RESOLVE", ["secure.test:443:127.0.0.1", "secure.test:80:127.0.0.1"]);
    easy.setopt("CONNECT_TO", ["secure.test:443:127.0.0.1:1", "secure.test:80:127.0.0.1:1"]);
    return easy;
  };

  it("HSTSREADFUNCTION fills the list, HSTSWRITEFUNCTION gets it back at the end", async () => {
    const easy = withHsts();
    const entries: HstsEntry[] = [
      { name: "secure.test", includeSubDomains: true, expire: "20991231 10:00:00" },
      { name: "other.test" },
    ];
    const written: unknown[] = [];
    easy.setopt("HSTSREADFUNCTION", () => entries.shift() ?? null);
    easy.setopt("HSTSWRITEFUNCTION", (entry, index) => void written.push(entry, index));
    await transfer(easy); // nobody listens at port 1; the scheme tells what was read
    expect(easy.getinfo("EFFECTIVE_URL")).toBe("https://secure.test/");
    easy.cleanup();
    expect(written).toEqual([
      { name: "secure.test", includeSubDomains: true, expire: "20991231 10:00:00" },
      { index: 0, total: 2 },
      { name: "other.test", includeSubDomains: false, expire: expect.any(String) },
      { index: 1, total: 2 },
    ]);
  });

  it("an entry that is none, or a throw, aborts the transfer", async () => {
    for (const read of [() => ({ name: 5 }), () => ({ name: "a.test", expire: "tomorrow" }), () => undefined]) {
      const easy = withHsts();
      easy.setopt("HSTSREADFUNCTION", read as unknown as () => null);
      const result = await transfer(easy);
      expect(easy.failure(result)).toMatchObject({ code: "CALLBACK_FAILED", cause: { code: "WRONG_TYPE" } });
      easy.cleanup();
    }
  });

  it("what HSTSWRITEFUNCTION throws comes out of cleanup, and the handle is gone", async () => {
    const easy = withHsts();
    const cause = new Error("disk full");
    const entries: HstsEntry[] = [{ name: "secure.test" }];
    easy.setopt("HSTSREADFUNCTION", () => entries.pop() ?? null);
    await transfer(easy);
    const told: string[] = [];
    easy.setopt("HSTSWRITEFUNCTION", () => {
      for (const run of [() => easy.setopt("URL", "x"), () => loop.multi.addHandle(easy)])
        try {
          run();
        } catch (error) {
          told.push((error as { code: string }).code);
        }
      easy.cleanup();
      throw cause;
    });
    expect(() => easy.cleanup()).toThrow(expect.objectContaining({ code: "CALLBACK_FAILED", cause }));
    expect(told).toEqual(["HANDLE_CLOSED", "HANDLE_CLOSED"]);
    expect(easy.id).toBe(0);
  });
});

describe("SSH", () => {
  const missing = dropbearMissing();
  let url = "";
  let folder = "";

  beforeAll(async () => {
    if (missing) return;
    folder = mkdtempSync(join(tmpdir(), "curlew-ssh-"));
    const server = await startDropbear();
    url = `sftp://nobody:nothing@127.0.0.1:${server.port}/`;
    return async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    };
  });

  it("SSH_HOSTKEYFUNCTION judges the server's key", async (context) => {
    if (missing) return context.skip(missing);
    if (!loop.multi.library.options.has("SSH_HOSTKEYFUNCTION")) return context.skip("this libcurl has none");
    for (const [answer, codes] of [
      [1, [60]],
      [0, [67, 9, 79, 2]], // the key is right, the password is not
    ] as const) {
      const easy = loop.easy(url);
      const told: unknown[] = [];
      easy.setopt("SSH_HOSTKEYFUNCTION", (keytype, key) => {
        told.push(keytype, key.length > 50);
        return answer;
      });
      const result = await transfer(easy);
      expect(told).toEqual([4, true]);
      expect(codes).toContain(result);
      easy.cleanup();
    }
  });

  it("SSH_KEYFUNCTION is told the known key and the found one", async (context) => {
    if (missing) return context.skip(missing);
    for (const [answer, code] of [
      [CURLKHSTAT_REJECT, 60],
      [CURLKHSTAT_FINE, 67],
    ] as const) {
      const easy = loop.easy(url);
      const told: unknown[] = [];
      easy.setopt("SSH_KNOWNHOSTS", join(folder, "known_hosts"));
      easy.setopt("SSH_KEYFUNCTION", (known, found, match) => {
        told.push(known, found.keytype, found.key.length > 50, match);
        return answer;
      });
      expect([code, await transfer(easy)]).toEqual([code, code]);
      expect(told).toEqual([undefined, 4, true, 2]);
      easy.cleanup();
    }
  });

  for (const option of ["SSH_HOSTKEYFUNCTION", "SSH_KEYFUNCTION"] as const)
    it(`a throw of ${option} refuses the server, and is the cause`, async (context) => {
      if (missing) return context.skip(missing);
      if (!loop.multi.library.options.has(option)) return context.skip("this libcurl has none");
      const cause = new Error(option);
      const easy = loop.easy(url);
      easy.setopt("SSH_KNOWNHOSTS", option === "SSH_KEYFUNCTION" ? join(folder, "known_hosts") : null);
      easy.setopt(option, () => {
        throw cause;
      });
      const result = await transfer(easy);
      expect(result).toBe(60);
      expect(easy.failure(60)).toMatchObject({ code: "CALLBACK_FAILED", cause });
      easy.cleanup();
    });
});
