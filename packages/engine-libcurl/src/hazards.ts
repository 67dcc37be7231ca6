import type { EngineHazards } from "@curlew/core";

interface Hazard {
  /** First and last version it is in; no last: still there when this was written. */
  readonly from: string;
  readonly to?: string;
  readonly what: string;
  readonly fixedIn?: string;
  readonly reference: string;
}

/** What is known to be wrong with versions of libcurl when they are driven by a loop (P 3.H). The references are curl's. */
const known: readonly Hazard[] = [
  {
    from: "7.81.0",
    to: "7.81.0",
    what: "curl_multi_assign is refused inside callbacks",
    fixedIn: "7.82.0",
    reference: "#8480",
  },
  { from: "7.87.0", to: "7.87.0", what: "transfers can take minutes", fixedIn: "7.88.0", reference: "#10146" },
  {
    from: "8.9.0",
    to: "8.9.0",
    what: "sockets are never given back: all of a CPU, crashes",
    fixedIn: "8.9.1",
    reference: "#14280",
  },
  {
    from: "8.10.0",
    to: "8.11.0",
    what: "a timeout call before its time loses the timer; crash in clean-up",
    fixedIn: "8.11.1",
    reference: "#15154",
  },
  {
    from: "8.11.1",
    to: "8.11.1",
    what: "the resolver closes a descriptor twice",
    fixedIn: "8.12.0",
    reference: "#15725",
  },
  {
    from: "8.13.0",
    to: "8.15.0",
    what: "descriptors are removed that were never announced (tolerated here)",
    fixedIn: "8.16.0",
    reference: "#17949",
  },
  {
    from: "8.14.1",
    to: "8.15.0",
    what: "slow with many transfers queued for one host",
    fixedIn: "8.16.0",
    reference: "#18017",
  },
  { from: "8.16.0", to: "8.16.0", what: "pausing an HTTP/2 download fails it", fixedIn: "8.17.0", reference: "#19334" },
  {
    from: "8.20.0",
    to: "8.20.0",
    what: "a descriptor of the resolver stays readable for ever; clean-up takes seconds",
    fixedIn: "8.21.0",
    reference: "#21547",
  },
  {
    from: "8.21.0",
    to: "8.21.0",
    what: "wakeups are swallowed; connections stay in CLOSE_WAIT",
    fixedIn: "8.22.0",
    reference: "#22272",
  },
];

/** One line for each fault of that version. */
export function hazardsOf(version: string): string[] {
  return known
    .filter(({ from, to }) => compare(version, from) >= 0 && (to === undefined || compare(version, to) <= 0))
    .map(({ what, fixedIn, reference }) => `${what}${fixedIn ? `; fixed in ${fixedIn}` : ""} (curl ${reference})`);
}

/** Those the driver must know of. */
export function engineHazards(version: string): EngineHazards {
  return { earlyTimeoutLosesTimer: compare(version, "8.10.0") >= 0 && compare(version, "8.11.0") <= 0 };
}

/** Three numbers each; what follows them ("-DEV") is ignored. */
function compare(a: string, b: string): number {
  const left = numbers(a);
  const right = numbers(b);
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

function numbers(version: string): number[] {
  return (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
}
