/** What the front door does by itself on the runtime at hand, as users have it: built, without a word about loops. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { programCommand, runtimeName } from "@curlew/testkit";
import { describe, expect, it } from "vitest";
import { createTransfers, diagnose, loops } from "../src/index.js";
import { openLoop } from "../src/loops.js";
import { run, useServer } from "./support.js";

const server = useServer();

describe("the loop", () => {
  it("is libuv's on Node and epoll elsewhere, when nobody says", () => {
    expect(openLoop().name).toBe(runtimeName === "node" ? "libuv" : "epoll");
  });

  it("is epoll everywhere when that is said", async () => {
    expect(openLoop("epoll").name).toBe("epoll");
    const transfers = createTransfers({ loop: "epoll" });
    expect((await run(transfers, { url: `${server.current.http}/bytes/1000` })).error).toBeUndefined();
    await transfers.close();
  });

  it("of another name is refused with those there are, and one that cannot be had with why", () => {
    expect(() => openLoop("sisyphus")).toThrow(/there are: libuv, epoll/);
    for (const { name, unavailable } of loops)
      if (unavailable() !== undefined) expect(() => openLoop(name)).toThrow(unavailable());
  });
});

describe("curlew doctor", () => {
  it("runs under this runtime, and says that epoll works", () => {
    const [command, args] = programCommand(fileURLToPath(new URL("../dist/cli.js", import.meta.url)), [
      "doctor",
      "--json",
    ]);
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const told = JSON.parse(stdout);
    expect(told.runtime).toBe(diagnose().runtime);
    expect(told.loops).toContainEqual({ name: "epoll", engine: "libcurl", works: true });
  });
});

describe("importing it", () => {
  it.runIf(runtimeName === "node")("loads no HTTP of Node's, which is 10 MiB of a process that has libcurl's", () => {
    const program =
      'await import("curlew"); console.log(process.moduleLoadList.filter((name) => /\\bhttps?$/.test(name)).join())';
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      encoding: "utf8",
    });
    expect({ stdout, stderr }).toEqual({ stdout: "\n", stderr: "" });
  });
});

describe("the native parts", () => {
  for (const [folder, name] of [
    ["adapter-epoll", "epoll"],
    ["engine-libcurl", "engine"],
  ])
    it(`of ${folder} want no uv_ symbol of whoever loads them (P 47)`, () => {
      const file = `../../${folder}/build/${process.platform}-${process.arch}/${name}.node`;
      const { stdout, status } = spawnSync(
        "nm",
        ["-D", "--undefined-only", fileURLToPath(new URL(file, import.meta.url))],
        {
          encoding: "utf8",
        },
      );
      expect(status).toBe(0);
      expect(stdout).toContain("napi_");
      expect(stdout.split("\n").filter((line) => /\buv_/.test(line))).toEqual([]);
    });
});
