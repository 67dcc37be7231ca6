/** Runs cases: everybody's process is started and warmed up, then they work in turns, a slice each, round by round. */
import { contendersOf } from "./contenders.mjs";
import { cpuUsOf, startSilent } from "./servers.mjs";
import { median } from "./statistics.mjs";

/** @returns for each contender of each case its rounds, or why it was skipped */
export async function measure(group, server, options) {
  const entries = group.flatMap((theCase) =>
    contendersOf(theCase, options).map((contender) => ({
      theCase,
      contender,
      target: targetOf(theCase, server),
      rounds: [],
      rates: [],
    })),
  );
  try {
    for (const entry of entries) await begin(entry, options);
    for (let round = 0; round < options.rounds && inTime(options, round); round++)
      for (const entry of entries) if (!entry.skipped) await slice(entry, server);
    for (let round = 0; round < options.rateRounds && inTime(options); round++)
      for (const entry of entries) if (!entry.skipped && entry.theCase.perSec) await rate(entry, options);
    for (const entry of entries) entry.peakMiB = entry.skipped ? null : entry.process.peakMiB();
    return entries;
  } finally {
    for (const { process, silent } of entries) await Promise.all([process?.stop(), silent?.stop()]);
  }
}

export function targetOf({ bytes, sentBytes, tls, http, atOnce, fresh, stream }, { url, tlsUrl, caFile }) {
  const path = sentBytes && tlsUrl ? "put" : bytes;
  const secure = tls || http === 2;
  return {
    url: `${tls ? tlsUrl : url}/${path}`,
    method: sentBytes ? "PUT" : undefined,
    caFile: secure ? caFile : undefined,
    expectedBytes: bytes,
    sentBytes,
    http,
    atOnce,
    fresh,
    stream,
  };
}

async function begin(entry, options) {
  try {
    entry.process = entry.contender.open(entry.target);
    entry.skipped = await entry.process.unavailable();
    if (entry.skipped) return;
    if (entry.theCase.idle) await idle(entry);
    await warmUp(entry, options);
  } catch (error) {
    entry.skipped = error.message;
  }
}

/** The first round is always run. */
function inTime({ deadlineMs }, round = 1) {
  return round === 0 || performance.now() < deadlineMs;
}

/** Until it has used that much CPU; what a request costs at the end says how many make a slice. */
async function warmUp(entry, { warmupMs, sliceMs, deadlineMs }) {
  // Half of the time is for the rounds.
  const untilMs = (performance.now() + deadlineMs) / 2;
  const { atOnce } = entry.theCase;
  let usedUs = 0;
  entry.sliceCount = atOnce;
  do {
    const { requests, cpuUs, failure } = await entry.process.ask(`run ${entry.sliceCount}`);
    if (requests === 0) throw new Error(`it did not work: ${failure}`);
    usedUs += cpuUs;
    entry.sliceCount = Math.max(atOnce, Math.round((sliceMs * 1000 * requests) / cpuUs));
  } while (usedUs < warmupMs * 1000 && performance.now() < untilMs);
}

/** Transfers that never end, until the server has seen all of them. */
async function idle(entry) {
  entry.silent = await startSilent();
  const { idle: wanted } = entry.theCase;
  await entry.process.ask(`idle ${entry.silent.url} ${wanted}`);
  for (let tries = 0; (await entry.silent.count()) < wanted; tries++) {
    if (tries === 300) throw new Error(`only ${await entry.silent.count()} of ${wanted} idle transfers could be begun`);
    await entry.process.ask("run 20");
  }
}

async function slice(entry, { pid }) {
  const before = cpuUsOf(pid);
  const done = await attempt(entry, `run ${entry.sliceCount}`);
  if (!done) return;
  const { requests, cpuUs, wallMs, failed, failure } = done;
  entry.rounds.push({
    cpuUsPerReq: cpuUs / requests,
    reqPerSec: (requests * 1000) / wallMs,
    serverUsPerReq: (cpuUsOf(pid) - before) / requests,
    failed,
    failure,
  });
}

async function rate(entry, { sliceMs }) {
  const done = await attempt(entry, `rate ${entry.theCase.perSec} ${sliceMs * 2}`);
  if (done) entry.rates.push(done);
}

async function attempt(entry, command) {
  try {
    return await entry.process.ask(command);
  } catch (error) {
    entry.skipped = error.message;
    return undefined;
  }
}

export function medianOf(rounds, key) {
  return median(rounds.map((round) => round[key]));
}
