import { execFile } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

/** The browser of this machine: CHROMIUM names it, or it is in the path; undefined when there is none. Nothing installs one here. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const usual = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) =>
    folders.map((at) => join(at, name)),
  );
  return [process.env.CHROMIUM ?? "", ...usual].find((file) => file !== "" && executable(file));
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a page's script left in the text of the element "said". */
export async function said(chromium: string, script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "curlew-chromium-"));
  try {
    const page = join(folder, "page.html");
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><pre id="said"></pre><script>${script}</script>`);
    const dom = await dumpDom(chromium, pathToFileURL(page).href, join(folder, "profile"));
    return /<pre id="said">(.*?)<\/pre>/s.exec(dom)?.[1] ?? `the page was ${dom}`;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 }); // its processes may still be leaving
  }
}

/** Ten times what it takes on a busy machine. */
const LONGEST_MS = 50_000;

function dumpDom(chromium: string, page: string, profile: string): Promise<string> {
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];
  const args = [...options, `--user-data-dir=${profile}`, "--dump-dom", page];
  return new Promise((resolve, reject) => {
    execFile(chromium, args, { timeout: LONGEST_MS, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${chromium} failed: ${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}
