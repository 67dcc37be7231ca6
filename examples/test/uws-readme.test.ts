/** The program that the README of adapter-uws shows, run as it stands. Built files: run the build. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { contentOf, node, startServer, uwsFolder, uwsMissing } from "@curlew/testkit";
import { expect, it, onTestFinished } from "vitest";

const page = fileURLToPath(new URL("../../packages/adapter-uws/README.md", import.meta.url));
const text = readFileSync(page, "utf8");

it("the README's program runs", async (context) => {
  const missing = uwsMissing();
  if (missing !== undefined) return context.skip(missing);
  const upstream = await startServer();
  const folder = mkdtempSync(fileURLToPath(new URL("../.docs-", import.meta.url)));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(uwsFolder() ?? "", join(folder, "node_modules/uWebSockets.js"));
  const [, program = ""] = /^```js\n(.*?)^```$/ms.exec(text) ?? [];
  writeFileSync(join(folder, "example.mjs"), program);
  const command = ["--disable-warning=CURLEW_LIBCURL", join(folder, "example.mjs"), upstream.http];
  const child = spawn(node, command, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(async () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
    await upstream.stop();
  });
  const heard = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  const [url] = await once(createInterface({ input: child.stdout }), "line");
  const answer = await fetch(`${url}/bytes/20000`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(contentOf("bytes", 20_000))).toBe(true);
  expect((await heard.next()).value).toBe("done 200 undefined");
  const echo = await fetch(`${url}/echo`, { method: "PUT", body: "hello" });
  expect(await echo.json()).toMatchObject({ method: "PUT", bytes: 5 });
});

it("the README's links lead somewhere", () => {
  const targets = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? "");
  expect(targets.length).toBeGreaterThan(2);
  expect(targets.filter((target) => !existsSync(resolve(dirname(page), target)))).toEqual([]);
});
