import { parseArgs } from "node:util";
import { loops } from "../loops.js";
import { UsageError } from "./failure.js";
import { readNamed } from "./named-file.js";

/** A call of `curlew get`, understood. */
export interface GetOptions {
  readonly urls: readonly string[];
  /** Undefined: to stdout. */
  readonly folder: string | undefined;
  readonly parallel: number;
  readonly loop: string | undefined;
  readonly json: boolean;
  readonly continues: boolean;
  readonly silent: boolean;
  readonly showsErrors: boolean;
  readonly help: boolean;
  readonly request: RequestSettings;
}

/** What is said to servers, in curl's terms. */
export interface RequestSettings {
  readonly method: string | undefined;
  readonly headers: readonly string[];
  readonly data: readonly string[];
  readonly follows: boolean;
  readonly fails: boolean;
  readonly insecure: boolean;
  readonly caFile: string | undefined;
  readonly http2: boolean;
  readonly userAgent: string | undefined;
  readonly user: string | undefined;
  readonly maxTimeMs: number | undefined;
}

type Row = readonly [name: string, short: string, argument: string, help: string];

/** Every option has curl's name and meaning where curl has it; what is ours comes first. */
const TABLE: readonly Row[] = [
  ["output", "o", "DIR", "save each under its own name in this folder; without it, to stdout, one after another"],
  ["parallel", "", "N", "with -o: so many at once, 1 to 300; 8 when nothing is said"],
  ["continue", "", "", "with -o: go on where an interrupted call has left off"],
  ["json", "", "", "with -o: a JSON object for each URL on stdout, a line each, and nothing else there"],
  ["loop", "", "NAME", "the event loop: libuv or epoll"],
  [
    "header",
    "H",
    "LINE",
    'send this header: "Name: value"; "Name:" leaves it out, "Name;" sends it empty; @FILE has a line for each',
  ],
  ["request", "X", "METHOD", "say this word instead of GET or POST"],
  ["data", "d", "DATA", "POST this; @FILE sends a file without its line ends, @- stdin; several are joined by &"],
  ["location", "L", "", "follow redirects"],
  ["fail", "f", "", "an HTTP status of 400 or more is a failure (22); without it such an answer is saved like others"],
  ["cacert", "", "FILE", "trust the certificate authorities in this file"],
  ["insecure", "k", "", "do not verify who the server is"],
  ["http2", "", "", "speak HTTP/2 where the server does"],
  ["user-agent", "A", "NAME", "send this as User-Agent"],
  ["user", "u", "NAME:PASSWORD", "authenticate with these"],
  ["max-time", "m", "SECONDS", "give up on a URL after so long"],
  ["silent", "s", "", "say nothing on stderr"],
  ["show-error", "S", "", "with -s: say what failed all the same"],
  ["help", "h", "", "this text"],
];

export const GET_USAGE = `usage: curlew get URL... [options]

${TABLE.map(([name, short, argument, help]) => {
  const left = `${short ? `-${short}, ` : "    "}--${name}${argument ? ` ${argument}` : ""}`;
  return `  ${left.padEnd(28)}  ${help}`;
}).join("\n")}

exit codes: 0; curl's code of the first URL that failed (man curl); 2 for a call that is not understood; 23 for what cannot be
written; 130 and 143 after SIGINT and SIGTERM, which leave NAME.part for --continue
`;

const MOST_PARALLEL = 300;

/** @throws UsageError; Failure for a file of -H that cannot be read */
export function parseGet(args: readonly string[]): GetOptions {
  const { given, urls } = tokensOf(args);
  const all = (name: string): readonly string[] => given.get(name) ?? [];
  const last = (name: string): string | undefined => all(name).at(-1);
  const has = (name: string): boolean => given.has(name);
  const options: GetOptions = {
    urls,
    folder: last("output"),
    parallel: parallelOf(last("parallel")),
    loop: loopOf(last("loop")),
    json: has("json"),
    continues: has("continue"),
    silent: has("silent"),
    showsErrors: has("show-error"),
    help: has("help"),
    request: {
      method: methodOf(last("request")),
      headers: all("header").flatMap(headersOf),
      data: all("data"),
      follows: has("location"),
      fails: has("fail"),
      insecure: has("insecure"),
      caFile: last("cacert"),
      http2: has("http2"),
      userAgent: last("user-agent"),
      user: userOf(last("user")),
      maxTimeMs: maxTimeOf(last("max-time")),
    },
  };
  checkTogether(options);
  return options;
}

interface Given {
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly urls: readonly string[];
}

/** As curl reads them: an option's argument may begin with "-". Node's strict mode would refuse that. */
function tokensOf(args: readonly string[]): Given {
  const rows = new Map(TABLE.map((row) => [row[0], row]));
  const config = TABLE.map(([name, short, argument]) => {
    const type = argument ? ("string" as const) : ("boolean" as const);
    return [name, short ? { type, short } : { type }] as const;
  });
  const options = Object.fromEntries(config);
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const given = new Map<string, string[]>();
  const urls: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") urls.push(token.value);
    if (token.kind !== "option") continue;
    const row = rows.get(token.name);
    if (!row) throw new UsageError(`there is no option ${token.rawName}`);
    if (row[2] && token.value === undefined) throw new UsageError(`${token.rawName} takes an argument: ${row[2]}`);
    if (!row[2] && token.value !== undefined) throw new UsageError(`${token.rawName} takes no argument`);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ""]);
  }
  return { given, urls };
}

function checkTogether({ urls, folder, json, continues, request, help }: GetOptions): void {
  if (help) return;
  if (urls.length === 0) throw new UsageError("there is no URL to get");
  if (folder === "") throw new UsageError("-o takes the name of a folder, and this one is empty");
  if (json && folder === undefined) throw new UsageError("--json has stdout for itself: say with -o where bodies go");
  if (!continues) return;
  if (folder === undefined) throw new UsageError("--continue goes on with files: say with -o where they are");
  const why = whyOnlyWhole(request);
  if (why !== undefined) throw new UsageError(why);
}

/** Why what is asked for cannot be asked for in parts; undefined when it can. */
export function whyOnlyWhole({ data, method = "GET", headers }: RequestSettings): string | undefined {
  if (data.length > 0 || method !== "GET")
    return "--continue is for GET: what -d or -X ask for cannot be asked for in parts";
  if (headers.some((line) => /^(?:if-)?range\s*[:;]/i.test(line)))
    return "--continue sends Range by itself: leave out that -H";
  return undefined;
}

/** A line, or those of a file, as curl takes them. @throws Failure */
function headersOf(text: string): string[] {
  if (!text.startsWith("@")) return [text];
  const lines = readNamed("-H", text).toString().split(/\r?\n/);
  return lines.filter((line) => line.trim() !== "");
}

function parallelOf(text = "8"): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST_PARALLEL) return value;
  throw new UsageError(`--parallel takes a whole number from 1 to ${MOST_PARALLEL}, not ${text}`);
}

function loopOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const real = loops.filter(({ engine }) => engine === "libcurl").map((loop) => loop.name);
  if (real.includes(name)) return name;
  const simulated = loops.some((loop) => loop.name === name);
  const why = simulated ? `the loop ${name} is a simulation and has no network` : `there is no loop "${name}"`;
  throw new UsageError(`${why}; there are: ${real.join(", ")}`);
}

function maxTimeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Math.ceil(Number(text) * 1000);
  if (/^\d*\.?\d+$/.test(text) && ms < 2 ** 31) return ms; // 0: as long as it takes
  throw new UsageError(`--max-time takes seconds, not ${text}`);
}

/** Anything more would be sent as it is, in front of the path. */
function methodOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[!-~]+$/.test(text)) return text;
  throw new UsageError(`-X takes one word, not ${JSON.stringify(text)}`);
}

function userOf(text: string | undefined): string | undefined {
  if (text === undefined || text.includes(":")) return text;
  throw new UsageError("-u takes NAME:PASSWORD; nothing is asked for here");
}
