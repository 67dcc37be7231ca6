import { log, progress as progressBar } from "@clack/prompts";
import type { FileEntry } from "@curlew/testkit";
import type { Progress, Row } from "./row.js";

export interface Report {
  begin(title: string, count: number): Progress & { end(): void };
}

/** A bar for each row on a terminal. stdout stays free for the table, or for JSON. */
const onTerminal: Report = {
  begin(title, count) {
    const bar = progressBar({ max: count, output: process.stderr });
    bar.start(title);
    return {
      advance: (row) => bar.advance(1, `${title}: ${row.transfers} of ${count} files, ${mebibytes(row.bytes)} MiB`),
      failed: (file, reason) => log.error(complaint(title, file, reason), { output: process.stderr }),
      end: () => bar.stop(title),
    };
  },
};

/** A line for each row elsewhere. */
const onPaper: Report = {
  begin(title, count) {
    process.stderr.write(`${title}: ${count} files\n`);
    return {
      advance() {},
      failed: (file, reason) => void process.stderr.write(`${complaint(title, file, reason)}\n`),
      end() {},
    };
  },
};

export const report = process.stderr.isTTY ? onTerminal : onPaper;

function complaint(title: string, file: FileEntry, reason: string): string {
  return `${title}: ${file.name} (${file.bytes} bytes) failed: ${reason}`;
}

export function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}

/** The closing table. */
export function table(rows: readonly Row[]): string {
  const head = [
    "loop",
    "engine",
    "protocol",
    "files",
    "failed",
    "verified",
    "MiB",
    "ms",
    "socket cb",
    "timer cb",
    "actions",
  ];
  const lines = rows.map((row) =>
    [
      row.loop,
      row.engine,
      row.protocol,
      row.transfers,
      row.failed,
      row.verified,
      mebibytes(row.bytes),
      row.ms,
      row.socketCallbacks,
      row.timerCallbacks,
      row.socketActions,
    ].map(String),
  );
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const format = (line: readonly string[]) =>
    line.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [head, ...lines].map(format).join("\n");
}
