/** Disks that are full, closed to us, or slow. */
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { open } from "node:fs/promises";
import { contentOf } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { Download } from "../src/cli/download.js";
import { parseGet } from "../src/cli/options.js";
import { requestMaker } from "../src/cli/request.js";
import { contents, get, getCommand, linesOf, sizeOf, useFolder } from "./get-support.js";
import { useClient, useServer } from "./support.js";

const server = useServer();
const url = (path: string) => `${server.current.http}/${path}`;

/** By a shell, for what only a shell can say. */
function inShell(before: string, args: readonly string[], after = "") {
  const [command, all] = getCommand(args);
  const line = [command, ...all].map((arg) => `'${arg}'`).join(" ");
  return spawnSync("bash", ["-c", `${before} ${line} ${after}`], { encoding: "utf8" });
}

describe("a full disk", () => {
  it("keeps what it could take; with room again --continue ends it", (context) => {
    const folder = useFolder();
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=512k", "curlew-test", folder.path]);
    if (mounted.status !== 0) return context.skip("a tmpfs cannot be mounted here (it wants root)");
    onTestFinished(() => void spawnSync("umount", [folder.path]));
    const big = url("ranged/1000000/big?plan=full");
    const first = inShell("", ["-o", folder.path, "--parallel", "1", url("bytes/1000"), big]);
    expect(first.status).toBe(23);
    expect(first.stderr).toMatch(/curlew: \(23\) .*ENOSPC.*big\.part is kept/);
    expect(sizeOf(folder.at("big"))).toBe(-1);
    expect(contents(folder.at("1000")).equals(contentOf("bytes", 1000))).toBe(true);
    const kept = contents(folder.at("big.part"));
    expect(kept.length).toBeGreaterThan(100_000);
    expect(contentOf("bytes", 1_000_000).subarray(0, kept.length).equals(kept)).toBe(true);
    expect(spawnSync("mount", ["-o", "remount,size=4m", folder.path]).status).toBe(0);
    expect(inShell("", ["-o", folder.path, "--continue", big]).status).toBe(0);
    expect(contents(folder.at("big")).equals(contentOf("bytes", 1_000_000))).toBe(true);
  });

  it("a file that may not grow: 23, and its part is right as far as it goes", () => {
    const folder = useFolder();
    const { status, stderr } = inShell("ulimit -f 256;", ["-o", folder.path, url("bytes/1000000"), url("bytes/5")]);
    expect(status).toBe(23);
    expect(stderr).toContain("EFBIG");
    expect(folder.list()).toEqual(["1000000.part", "1000000.part.json", "5"]);
    expect(contents(folder.at("1000000.part")).equals(contentOf("bytes", 1_000_000).subarray(0, 262_144))).toBe(true);
  });

  it("behind stdout: 23, and why", () => {
    const { status, stderr } = inShell("", [url("bytes/1000000")], "> /dev/full");
    expect(status).toBe(23);
    expect(stderr).toMatch(/^curlew: \(23\) .*stdout cannot be written: .*ENOSPC/);
    const folder = useFolder();
    const json = inShell("", ["--json", "-o", folder.path, url("bytes/1")], "> /dev/full");
    expect(json.status).toBe(23);
    expect(json.stderr).toMatch(/^curlew: \(23\) stdout cannot be written: .*ENOSPC[^\n]*\n$/);
  });
});

describe("no permission", () => {
  it("to make a file: 23", async () => {
    const { code, stderr } = await get("-o", "/proc", url("ranged/1/new"));
    expect(code).toBe(23);
    expect(stderr).toContain("/proc/new.part");
  });

  it("to make a folder where there can be none: 23, in the end", async () => {
    const { code, stderr } = await get("-o", "/proc/none/below", url("hang"));
    expect({ code, stderr }).toEqual({ code: 23, stderr: expect.stringMatching(/^curlew: \(23\) .*ENOENT[^\n]*\n$/) });
  });

  it("for the folder: 23 at once", async (context) => {
    if (process.getuid?.() === 0) return context.skip("root may write everywhere");
    const folder = useFolder();
    chmodSync(folder.path, 0o555);
    expect((await get("-o", folder.path, url("hang"))).code).toBe(23);
  });
});

describe("a slow disk", () => {
  it("pauses the socket: what waits for it stays below the high-water mark, and not a byte is lost", async () => {
    const folder = useFolder();
    const size = 50_000_000;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await slowWrites(gate);
    const client = useClient();
    const maker = requestMaker(parseGet(["-o", "x", "url"]).request, "test");
    let received = 0;
    const makeRequest: typeof maker = (extra, signal) => ({
      ...maker(extra, signal),
      hooks: {
        progress: ({ receivedBytes }) => {
          received = receivedBytes;
        },
      },
      progressIntervalMs: 1,
    });
    const { signal } = new AbortController();
    const all = { client, makeRequest, fails: false, continues: false, inParts: true, signal };
    const slow = new Download(url(`bytes/${size}`), folder.at("slow"), all).run();
    // Meanwhile as much again comes to a reader that is not slow.
    expect((await client.request(url(`bytes/${size}`)).discard()).sizes.receivedBodyBytes).toBe(size);
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(5_000_000);
    open();
    expect((await slow).error).toBeNull();
    expect(contents(folder.at("slow")).equals(contentOf("bytes", size))).toBe(true);
  });

  /** Every write of a file waits for that. */
  async function slowWrites(until: Promise<void>): Promise<void> {
    const probe = await open("/dev/null");
    const prototype = Object.getPrototypeOf(probe);
    await probe.close();
    const { write } = prototype;
    prototype.write = async function (...args: unknown[]) {
      await until;
      return write.apply(this, args);
    };
    onTestFinished(() => {
      prototype.write = write;
    });
  }
});

it("--json: when nobody reads it, nothing more is got, and the exit code is 23", () => {
  const folder = useFolder();
  const many = Array.from({ length: 30 }, (_, i) => url(`delay/${i * 20}`));
  const { stdout, stderr } = inShell(
    "(",
    ["--json", "--parallel", "1", "-o", folder.path, ...many],
    '; echo "code $?" >&2) | head -n 1',
  );
  expect(linesOf({ code: 0, signal: null, stdout: Buffer.from(stdout), stderr }).length).toBe(1);
  expect(stderr).toBe("code 23\n");
  expect(folder.list().length).toBeLessThan(30);
});
