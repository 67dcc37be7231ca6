/** What the documentation shows is run as it stands. Built files: run the build. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { contentOf, nodeLibcurlFolder, nodeLibcurlMissing } from "@curlew/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { useServer } from "./support.js";

const server = useServer();
const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** The code blocks of a page, by language. */
function blocks(page: string, language: string): string[] {
  return [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, code]) => code ?? "",
  );
}

/** Runs a program from a folder in which the packages can be found. */
function run(code: string, args: string[]): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
  const folder = mkdtempSync(join(root, "packages/curlew/.docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "example.mjs"), code);
  const child = spawn(process.execPath, ["--disable-warning=CURLEW_LIBCURL", join(folder, "example.mjs"), ...args]);
  const out: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (data) => out.push(data));
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  return new Promise((done) => child.on("close", (exit) => done({ code: exit, stdout: Buffer.concat(out), stderr })));
}

describe("README.md", () => {
  const programs = blocks("README.md", "js");

  it("has its first running code before line 30", () => {
    const line =
      read("README.md")
        .split("\n")
        .findIndex((text) => text.startsWith("```js")) + 1;
    expect(line).toBeGreaterThan(0);
    expect(line).toBeLessThan(30);
    expect(programs.length).toBe(2);
  });

  for (const [i, program] of programs.entries())
    it(`program ${i + 1} runs as it stands`, async () => {
      const { code, stdout, stderr } = await run(program, [`${server.current.http}/bytes/20000`]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("status 200") });
      expect(stdout.equals(contentOf("bytes", 20_000))).toBe(true);
    });

  it("says what went wrong when the URL is", async () => {
    const { stderr } = await run(programs[0] ?? "", ["http://127.0.0.1:1/"]);
    expect(stderr).toMatch(/^TRANSFER_FAILED .*127\.0\.0\.1 port 1/);
  });
});

const packages = [
  "core",
  "engine-libcurl",
  "adapter-libuv",
  "adapter-epoll",
  "adapter-epoll-sim",
  "conformance",
  "curlew",
].map((name) => `packages/${name}/README.md`);

describe.each(packages)("%s", (page) => {
  it("shows what runs", async () => {
    const [program = ""] = blocks(page, "js");
    expect(program).not.toBe("");
    const { code, stderr } = await run(program, [`${server.current.http}/bytes/2000`]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/status 200|libcurl wants to be called in 0 ms|the timer fired/);
  });
});

const docs = ["errors", "contract", "from-node-libcurl", "recipes", "writing-an-adapter"].map(
  (name) => `docs/${name}.md`,
);

describe("docs/recipes.md", () => {
  const programs = blocks("docs/recipes.md", "js");
  const outputs = blocks("docs/recipes.md", "text");
  const titles = [...read("docs/recipes.md").matchAll(/^## (.+)$/gm)].map(([, title]) => title ?? "");

  it("has one program and one output for each recipe", () => {
    expect([programs.length, outputs.length]).toEqual([titles.length, titles.length]);
  });

  for (const [i, title] of titles.entries())
    it(`"${title}" prints what it says`, async () => {
      const { code, stdout, stderr } = await run(programs[i] ?? "", [server.current.http]);
      expect({ code, stderr, stdout: stdout.toString() }).toEqual({ code: 0, stderr: "", stdout: outputs[i] });
    });
});

describe("links between the pages", () => {
  for (const page of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/runtimes.md", ...docs, ...packages])
    it(`of ${page} lead somewhere`, () => {
      const targets = [...read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? "");
      const local = targets.filter((target) => !target.includes("://"));
      expect(local.filter((target) => !existsSync(resolve(root, dirname(page), target)))).toEqual([]);
    });
});

describe("curlew get, as it is shown", () => {
  for (const page of ["README.md", "packages/curlew/README.md"])
    it(`in ${page} does what it says`, () => {
      const [shown = ""] = blocks(page, "sh").filter((block) => block.includes("curlew get"));
      const folder = mkdtempSync(join(tmpdir(), "curlew-docs-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const cli = join(root, "packages/curlew/dist/cli.js");
      const curlew = `set -e; curlew() { "${process.execPath}" "${cli}" "$@"; }\n`;
      const code = shown.replaceAll("https://example.com/", `${server.current.http}/echo/`);
      const { status, stdout } = spawnSync("bash", ["-c", curlew + code], { cwd: folder, encoding: "utf8" });
      expect(status).toBe(0);
      expect(readdirSync(join(folder, "downloads"))).toEqual(["a.zip", "b.zip"]);
      if (page !== "README.md") expect(stdout).toContain('"method":"POST"');
    });

  it("costs who imports curlew nothing: what it stands on is loaded by itself alone", async () => {
    const hook = `import { writeSync } from "node:fs";
      export async function resolve(name, context, next) {
        const found = await next(name, context);
        writeSync(1, found.url + "\\n");
        return found;
      }`;
    const program = `import { register } from "node:module";
      register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));
      await import("curlew");`;
    const { code, stdout } = await run(program, []);
    const loaded = stdout.toString();
    expect(code).toBe(0);
    expect(loaded).toContain("/dist/index.js"); // the hook hears of what is loaded
    expect(loaded).not.toMatch(/log-update|cli\.js/);
  });
});

describe("curlew doctor", () => {
  const cli = join(root, "packages/curlew/dist/cli.js");
  const curlew = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--disable-warning=CURLEW_LIBCURL", cli, ...args], {
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };

  it("tells libcurl, runtime and loops, for people and as JSON", () => {
    const told = curlew("doctor");
    expect(told).toMatchObject({ status: 0, stderr: "" });
    for (const word of [
      "runtime",
      `node ${process.versions.node}`,
      "libcurl",
      "TLS",
      "protocols",
      "loop libuv",
      "works",
    ])
      expect(told.stdout).toContain(word);
    const json = JSON.parse(curlew("doctor", "--json").stdout);
    expect(json).toMatchObject({
      runtime: `node ${process.versions.node}`,
      libcurl: { version: expect.any(String), path: expect.stringContaining("libcurl"), faults: expect.any(Array) },
      loops: [
        { name: "libuv", engine: "libcurl", works: true },
        { name: "epoll", engine: "libcurl", works: true },
        { name: "epoll-sim", engine: "model", works: true },
      ],
    });
  });

  it("tells of the node-libcurl that is installed, or why there is none", (context) => {
    const { beside } = JSON.parse(curlew("doctor", "--json").stdout);
    expect(beside).toContainEqual({
      name: "node-libcurl",
      package: "engine-node-libcurl",
      works: false,
      why: expect.stringMatching(/^node-libcurl is not installed/),
    });
    const missing = nodeLibcurlMissing();
    if (missing !== undefined) context.skip(missing);
    process.env.NODE_PATH = dirname(nodeLibcurlFolder); // as if it were installed
    onTestFinished(() => void delete process.env.NODE_PATH);
    expect(curlew("doctor").stdout).toMatch(/^node-libcurl +4\.0\.0, on libcurl \d+\.\d+\.\d+$/m);
  });

  it("says what is missing, and answers 1", () => {
    const { status, stdout } = curlew("doctor", "--libcurl", "/nowhere/libcurl.so");
    expect(status).toBe(1);
    expect(stdout).toContain("no such file");
  });

  it("answers 2 to what it does not understand, with its usage", () => {
    for (const args of [[], ["frobnicate"], ["doctor", "--nonsense"], ["doctor", "twice"]]) {
      const { status, stderr } = curlew(...args);
      expect({ args, status }).toEqual({ args, status: 2 });
      expect(stderr).toContain("usage: curlew");
    }
    expect(curlew("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("usage: curlew") });
    expect(curlew("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
