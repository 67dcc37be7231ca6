import type { EngineHazards } from "@curlew/core";

/** First and last version a fault is in, the version without it, the thread about it (curl's), and what it is. */
type Fault = readonly [from: string, to: string, fixedIn: string, reference: string, what: string];

/** What is known to be wrong with versions of libcurl when a loop drives them (P 3.H). */
const felt: readonly Fault[] = [
  ["7.81.0", "7.81.0", "7.82.0", "#8480", "curl_multi_assign is refused inside callbacks"],
  ["7.87.0", "7.87.0", "7.88.0", "#10146", "transfers can take minutes"],
  ["8.9.0", "8.9.0", "8.9.1", "#14280", "sockets are never given back: all of a CPU, crashes"],
  ["8.10.0", "8.11.0", "8.11.1", "#15154", "transfers can stall; crashes in clean-up"],
  ["8.11.1", "8.11.1", "8.12.0", "#15725", "the resolver closes a descriptor twice"],
  ["8.14.1", "8.15.0", "8.16.0", "#18017", "slow with hundreds of transfers queued for one host"],
  ["8.16.0", "8.16.0", "8.17.0", "#19334", "pausing an HTTP/2 download fails it"],
  ["8.20.0", "8.20.0", "8.21.0", "#21797", "clean-up takes seconds"],
  ["8.21.0", "8.21.0", "8.22.0", "#22272", "wakeups are swallowed; connections stay in CLOSE_WAIT"],
];

/** The same, for what the driver survives or few will meet: worth knowing, not worth a warning. */
const survived: readonly Fault[] = [
  ["7.88.1", "8.0.1", "8.1.0", "744dcf22", "HTTP/2 transfers wait for ever for what has come in already"],
  ["7.88.0", "7.88.1", "8.0.0", "#10634", "HTTP/2 with prior knowledge fails on a connection that is used again"],
  [
    "7.50.2",
    "8.0.1",
    "8.1.0",
    "744dcf22",
    "over HTTP/2 the end of an upload of unknown size loses or swaps bytes of other downloads",
  ],
  ["7.88.0", "8.1.2", "8.2.0", "a70d97c4", "connecting sockets are closed before they are removed"],
  ["8.13.0", "8.15.0", "8.16.0", "#17949", "descriptors are removed that were never announced"],
  ["8.20.0", "8.20.0", "8.21.0", "#21547", "a descriptor of the resolver stays readable for ever"],
];

/** One line for each fault of that version that users will feel. */
export function faultsOf(version: string): string[] {
  return linesOf(felt, version);
}

/** One line for each fault of that version that is dealt with. */
export function survivedFaultsOf(version: string): string[] {
  return linesOf(survived, version);
}

/** Those the driver must know of: a timeout call before its time loses the timer (P B4). */
export function engineHazards(version: string): EngineHazards {
  return {
    earlyTimeoutLosesTimer: within(version, "8.10.0", "8.11.0"),
    leavesInputUnread: within(version, "7.88.1", "8.0.1"),
  };
}

/**
 * Where a body of unknown size must not share an HTTP/2 connection. At its end libcurl reads what has come in, although the
 * rest of some other stream's DATA frame, which did not fit that stream's 16 KiB, still waits in the same memory: that rest
 * (a multiple of 9 bytes, as a frame's head has 9) is overwritten, or comes later than what followed it.
 */
export function mixesUpStreams(version: string): boolean {
  return within(version, "7.50.2", "8.0.1");
}

function linesOf(faults: readonly Fault[], version: string): string[] {
  return faults
    .filter(([from, to]) => within(version, from, to))
    .map(([, , fixedIn, reference, what]) => `${what}; fixed in ${fixedIn} (curl ${reference})`);
}

export function isBefore(version: string, other: string): boolean {
  return compare(version, other) < 0;
}

function within(version: string, from: string, to: string): boolean {
  return compare(version, from) >= 0 && compare(version, to) <= 0;
}

/** Three numbers each; what follows them ("-DEV") is ignored. */
function compare(a: string, b: string): number {
  const left = numbers(a);
  const right = numbers(b);
  const differs = [0, 1, 2].find((i) => left[i] !== right[i]) ?? 0;
  return (left[differs] ?? 0) - (right[differs] ?? 0);
}

function numbers(version: string): number[] {
  return (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
}
