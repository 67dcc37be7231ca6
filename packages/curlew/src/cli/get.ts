import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { createClient } from "../client.js";
import { Download, type Downloads } from "./download.js";
import { Failure, printable } from "./failure.js";
import { prepareFolder } from "./folder.js";
import { Interrupts } from "./interrupt.js";
import { fileNamesOf } from "./names.js";
import { type GetOptions, whyOnlyWhole } from "./options.js";
import { ErrorReport, LineReport, type Report, silentReport } from "./report.js";
import { requestMaker } from "./request.js";
import type { Result, Row } from "./row.js";
import { ToStdout, writeOut } from "./to-stdout.js";

/** One URL's way, to a file or to stdout. */
interface Job {
  readonly row: Row;
  run(): Promise<Result>;
}

/** `curlew get`: answers the exit code. @throws Failure, and what createClient throws: nothing was sent then */
export async function get(options: GetOptions, version: string): Promise<number> {
  const { request, folder, urls, parallel } = options;
  const makeRequest = requestMaker(request, `curlew/${version}`);
  if (folder !== undefined) await prepareFolder(folder);
  const atOnce = folder === undefined ? 1 : parallel;
  const client = createClient({
    ...(options.loop !== undefined && { loop: options.loop }),
    limits: { transfers: atOnce, transfersPerHost: atOnce },
  });
  const abort = new AbortController();
  setMaxListeners(0, abort.signal); // one for each transfer: Node takes more than ten for a leak
  // Without a folder there is nothing to put in order: the signal's own way is the quickest.
  const interrupts = folder === undefined ? undefined : new Interrupts((signal) => abort.abort(signal));
  const all: Downloads = {
    client,
    makeRequest,
    fails: request.fails,
    continues: options.continues,
    inParts: whyOnlyWhole(request) === undefined,
    signal: abort.signal,
  };
  const report = await reportFor(options);
  try {
    const results = await runAll(jobsOf(urls, folder, all), atOnce, report, options.json, abort);
    const { reason } = abort.signal;
    const unwritten = reason instanceof Failure ? reason : undefined;
    report.close(interrupts?.signal ? interruptedLine(interrupts.signal, results) : errorLine(unwritten));
    if (unwritten) return unwritten.exitCode;
    return interrupts?.exitCode ?? results.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0;
  } finally {
    interrupts?.stop();
    await client.close({ wait: false });
  }
}

/** Of stdout, where --json cannot be written; without a word when its reader has gone. */
function errorLine(failure: Failure | undefined): string | undefined {
  return failure?.message ? printable(`curlew: (${failure.exitCode}) ${failure.message}`) : undefined;
}

function jobsOf(urls: readonly string[], folder: string | undefined, all: Downloads): Job[] {
  if (folder === undefined) return urls.map((url) => new ToStdout(url, all));
  const names = fileNamesOf(urls);
  return urls.map((url, i) => new Download(url, join(folder, names[i] ?? ""), all));
}

/** So many at once; the results in the order of the jobs. */
async function runAll(
  jobs: readonly Job[],
  atOnce: number,
  report: Report,
  json: boolean,
  abort: AbortController,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = jobs.entries();
  const worker = async (): Promise<void> => {
    for (const [i, job] of waiting) {
      report.began(job.row);
      const result = await job.run();
      results[i] = result;
      report.ended(job.row, result);
      if (json) await writeOut(`${JSON.stringify(result)}\n`).catch((error) => abort.abort(error));
      // Nobody reads: no more is to be got for them.
      if (!json && result.message === "") return;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

async function reportFor(options: GetOptions): Promise<Report> {
  const { silent, showsErrors, json, folder, urls } = options;
  if (silent) return showsErrors ? new ErrorReport() : silentReport;
  if (json) return new ErrorReport();
  if (!canDraw(process.stderr) || (folder === undefined && process.stdout.isTTY)) return new LineReport();
  // Only here: who is no terminal need not have it.
  const { BarReport } = await import("./bars.js");
  return new BarReport(process.stderr, urls.length);
}

/** Some terminals say that they have no rows, or cannot move the cursor. */
function canDraw(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.rows > 0 && stream.columns > 0 && process.env.TERM !== "dumb";
}

function interruptedLine(signal: string, results: readonly Result[]): string {
  const done = results.filter(({ error }) => error === null).length;
  const parts = results.filter(({ part }) => part !== null).length;
  const kept = parts > 0 ? `; ${parts} ${parts === 1 ? "part is" : "parts are"} kept: --continue goes on` : "";
  return `curlew: interrupted by ${signal}: ${done} of ${results.length} saved${kept}`;
}
