import { printable } from "./failure.js";
import type { Result, Row } from "./row.js";
import { formatBytes, formatMs } from "./units.js";

/** Who tells people, or programs, how it goes. */
export interface Report {
  began(row: Row): void;
  ended(row: Row, result: Result): void;
  /** Nothing more comes but this, when it is not undefined. */
  close(lastLine: string | undefined): void;
}

/** On stderr, a line each. */
export class LineReport implements Report {
  began(): void {}

  ended(_row: Row, result: Result): void {
    const line = lineOf(result);
    if (line !== undefined) process.stderr.write(`${line}\n`);
  }

  close(lastLine: string | undefined): void {
    if (lastLine !== undefined) process.stderr.write(`${lastLine}\n`);
  }
}

/** As LineReport, only what failed. */
export class ErrorReport extends LineReport {
  override ended(row: Row, result: Result): void {
    if (result.error !== null) super.ended(row, result);
  }
}

export const silentReport: Report = { began() {}, ended() {}, close() {} };

/** What is said of a URL at its end; undefined: nothing, as of one that was interrupted, which the last line counts. */
export function lineOf(result: Result): string | undefined {
  const { url, file, status, bytes, continuedFrom, tookMs, error, message, part, exitCode } = result;
  if (error === null) {
    if (file === null) return undefined;
    const before = continuedFrom > 0 ? `, ${formatBytes(continuedFrom)} of them were there` : "";
    const hint = status >= 300 && status < 400 ? " (-L follows redirects)" : "";
    return printable(`${file}: ${status}, ${formatBytes(bytes)} in ${formatMs(tookMs)}${before}${hint}`);
  }
  if (error === "ABORTED" || message === "") return undefined;
  const kept = part === null ? "" : `; ${part} is kept`;
  return printable(`curlew: (${exitCode}) ${withoutPassword(url)}: ${message}${kept}`);
}

function withoutPassword(url: string): string {
  return url.replace(/(\/\/[^/?#@:]*):[^/?#]*@/, "$1:***@");
}
