import { createLogUpdate } from "log-update";
import { printable } from "./failure.js";
import { lineOf, type Report } from "./report.js";
import type { Result, Row } from "./row.js";
import { formatBytes, formatMs } from "./units.js";

const INTERVAL_MS = 100;
/** How many ms of the past count for a rate. */
const WINDOW_MS = 3000;
const BAR_WIDTH = 20;
const MOST_BARS = 20;

interface Shown {
  /** Bytes received until then, the oldest first. */
  readonly samples: { readonly atMs: number; readonly bytes: number }[];
}

/** On a terminal: a bar for each URL under way, and above them a line for each that has ended. */
export class BarReport implements Report {
  readonly #log: ReturnType<typeof createLogUpdate>;
  readonly #stream: NodeJS.WriteStream;
  readonly #shown = new Map<Row, Shown>();
  readonly #count: number;
  readonly #timer: NodeJS.Timeout;
  #ended = 0;

  constructor(stream: NodeJS.WriteStream, count: number) {
    this.#stream = stream;
    this.#count = count;
    this.#log = createLogUpdate(stream);
    this.#timer = setInterval(() => this.#draw(), INTERVAL_MS);
  }

  began(row: Row): void {
    this.#shown.set(row, { samples: [] });
    this.#draw();
  }

  ended(row: Row, result: Result): void {
    this.#draw(); // as it was at the end
    this.#shown.delete(row);
    this.#ended++;
    const line = lineOf(result);
    if (line === undefined) return;
    this.#log.clear();
    this.#stream.write(`${line}\n`);
    this.#draw();
  }

  close(lastLine: string | undefined): void {
    clearInterval(this.#timer);
    this.#log.clear();
    this.#log.done();
    if (lastLine !== undefined) this.#stream.write(`${lastLine}\n`);
  }

  #draw(): void {
    const nowMs = performance.now();
    // The last column is left free: terminals differ in what happens after it.
    const width = this.#stream.columns - 1;
    const most = Math.max(1, Math.min(MOST_BARS, this.#stream.rows - 3));
    const lines = [...this.#shown].map(([row, shown]) => barOf(row, rateOf(row, shown, nowMs), width));
    const rest = lines.length > most ? [`and ${lines.length - most} more`] : [];
    const sum = this.#count > 1 ? [`${this.#ended} of ${this.#count}`] : [];
    this.#log([...lines.slice(0, most), ...rest, ...sum].join("\n"));
  }
}

/** Bytes a second, of late. */
function rateOf(row: Row, { samples }: Shown, nowMs: number): number {
  const bytes = row.bytes - row.continuedFrom;
  samples.push({ atMs: nowMs, bytes });
  while (samples.length > 2 && nowMs - (samples[0]?.atMs ?? nowMs) > WINDOW_MS) samples.shift();
  const [oldest] = samples;
  const passedMs = nowMs - (oldest?.atMs ?? nowMs);
  return passedMs > 0 ? ((bytes - (oldest?.bytes ?? 0)) * 1000) / passedMs : 0;
}

/** "name  [####......]  42%  1.2 MiB  3.4 MiB/s  5 s left", the name cut to what room there is. */
export function barOf({ label, bytes, totalBytes }: Row, bytesPerSecond: number, width: number): string {
  const moved = `${formatBytes(bytes).padStart(10)}  ${`${formatBytes(Math.round(bytesPerSecond))}/s`.padStart(12)}`;
  const figures = totalBytes === undefined ? moved : `${meter(bytes, totalBytes)}  ${moved}  ${left()}`;
  const room = Math.max(8, width - figures.length - 2);
  const name = printable(label);
  return `${(name.length > room ? `${name.slice(0, room - 1)}…` : name).padEnd(room)}  ${figures}`;

  function left(): string {
    const rest = (totalBytes ?? 0) - bytes;
    return (bytesPerSecond > 0 ? `${formatMs((rest * 1000) / bytesPerSecond)} left` : "").padEnd(14);
  }
}

function meter(bytes: number, totalBytes: number): string {
  const part = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 1;
  const full = Math.round(part * BAR_WIDTH);
  return `[${"#".repeat(full)}${".".repeat(BAR_WIDTH - full)}] ${String(Math.floor(part * 100)).padStart(3)}%`;
}
