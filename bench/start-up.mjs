/** From the start of a process to the first body: nobody is warm here. */
import { contendersOf } from "./contenders.mjs";
import { targetOf } from "./measure.mjs";

export async function measureStartUp(theCase, server, options) {
  const entries = contendersOf(theCase, options).map((contender) => ({
    theCase,
    contender,
    rounds: [],
    rates: [],
    peakMiB: 0,
  }));
  for (let round = 0; round < options.rounds; round++)
    for (const entry of entries) if (!entry.skipped) await once(entry, targetOf(theCase, server));
  return entries;
}

async function once(entry, target) {
  const beganMs = performance.now();
  let process;
  try {
    process = entry.contender.open(target);
    entry.skipped = await process.unavailable();
    if (entry.skipped) return;
    const { cpuUs, requests, failure } = await process.ask("first");
    const wallMs = performance.now() - beganMs;
    if (requests !== 1) entry.skipped = `it did not work: ${failure}`;
    entry.rounds.push({ cpuUsPerReq: cpuUs, reqPerSec: null, failed: 0 });
    entry.rates.push({ p50Ms: wallMs, p99Ms: wallMs });
    entry.peakMiB = Math.max(entry.peakMiB, process.peakMiB());
  } catch (error) {
    entry.skipped = error.message;
  } finally {
    await process?.stop();
  }
}
