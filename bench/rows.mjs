/** What was measured, as rows: one for each case and client. */
import { medianOf } from "./measure.mjs";
import { pairedRatio, quartiles, round } from "./statistics.mjs";

/** The peer that `ratioToUndici` means. */
const UNDICI = "undici-7";

export function rowsOf(entries) {
  return entries.map((entry) => {
    const { theCase, contender, skipped } = entry;
    const who = { case: theCase.name, client: contender.name, runtime: contender.runtime };
    if (skipped || entry.rounds.length === 0) return { ...who, skipped: skipped ?? "nothing was measured" };
    const ratios = ratiosOf(entry, entries);
    return {
      ...who,
      reqPerSec: round(medianOf(entry.rounds, "reqPerSec"), 4),
      cpuUsPerReq: round(medianOf(entry.rounds, "cpuUsPerReq"), 4),
      p50Ms: round(medianOf(entry.rates, "p50Ms")),
      p99Ms: round(medianOf(entry.rates, "p99Ms")),
      rssMiB: round(entry.peakMiB),
      ratioToC: ratios.c ?? null,
      ratioToUndici: ratios[UNDICI] ?? null,
      // Beyond what was asked for: how far one may trust the above, and what else can be read from it.
      cpuUsQuartiles: quartiles(entry.rounds.map(({ cpuUsPerReq }) => cpuUsPerReq)).map((us) => round(us, 4)),
      serverUsPerReq: round(medianOf(entry.rounds, "serverUsPerReq"), 4),
      failed: entry.rounds.reduce((sum, { failed }) => sum + failed, 0),
      ...failureOf(entry),
      ratios,
    };
  });
}

/** CPU of a request by each other one, divided by ours. On other runtimes a name means the client of that runtime, or of Node. */
function ratiosOf(us, entries) {
  const ratios = {};
  const cpu = ({ rounds }) => rounds.map(({ cpuUsPerReq }) => cpuUsPerReq);
  for (const peer of entries) {
    if (peer === us || peer.skipped || peer.rounds.length === 0) continue;
    const ratio = round(pairedRatio(cpu(peer), cpu(us)));
    if (peer.theCase === us.theCase) {
      if (peer.contender.runtime === us.contender.runtime || !(peer.contender.name in ratios))
        ratios[peer.contender.name] = ratio;
    } else if (peer.contender.name === us.contender.name) ratios[peer.theCase.name] = ratio;
  }
  return ratios;
}

function failureOf({ rounds }) {
  const failure = rounds.find((one) => one.failure)?.failure;
  return failure ? { failure } : {};
}

export function table(rows) {
  const columns = [
    "client",
    "runtime",
    "reqPerSec",
    "cpuUsPerReq",
    "p50Ms",
    "p99Ms",
    "rssMiB",
    "ratioToC",
    "ratioToUndici",
    "serverUsPerReq",
  ];
  const lines = rows.map((row) =>
    row.skipped
      ? `  ${row.client.padEnd(18)}${row.runtime.padEnd(15)} skipped: ${row.skipped}`
      : `  ${columns.map((name, i) => String(row[name] ?? "-").padEnd(i === 0 ? 18 : 15)).join("")}`,
  );
  return [rows[0]?.case, `  ${columns.map((name, i) => name.padEnd(i === 0 ? 18 : 15)).join("")}`, ...lines].join("\n");
}
