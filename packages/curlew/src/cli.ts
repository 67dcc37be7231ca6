#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { EXIT, failureOf, printable, UsageError } from "./cli/failure.js";
import { get } from "./cli/get.js";
import { GET_USAGE, parseGet } from "./cli/options.js";
import { diagnose, formatDiagnosis, healthy } from "./doctor.js";

const USAGE = `usage: curlew get URL... [options]
       curlew doctor [--libcurl FILE] [--json]

  get       downloads, many at once; curlew get --help has its options
  doctor    which libcurl was found, what it can do, and which event loops work here

  --libcurl FILE   doctor: look at this library instead of the one CURLEW_LIBCURL names, or the system's
  --json           doctor: one JSON object instead of a table
  --version        the version of Curlew
`;

/** Answers the exit code. */
async function main(args: string[]): Promise<number> {
  if (args[0] !== "get") return doctor(args);
  // Whoever reads them may go away; what is written says so by itself.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const options = parseGet(args.slice(1));
  return options.help ? say(GET_USAGE) : get(options, ownVersion());
}

/** Answers the exit code: 0, 1 when something does not work here, 2 for a call that is not understood. */
function doctor(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      libcurl: { type: "string" },
      version: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.version) return say(ownVersion());
  if (values.help) return say(USAGE);
  if (positionals.length !== 1 || positionals[0] !== "doctor") return fail(USAGE);
  const diagnosis = diagnose(values.libcurl);
  say(values.json ? JSON.stringify(diagnosis) : formatDiagnosis(diagnosis));
  return healthy(diagnosis) ? 0 : 1;
}

function say(text: string): number {
  process.stdout.write(`${text.trimEnd()}\n`);
  return 0;
}

function fail(text: string): number {
  process.stderr.write(`${text.trimEnd()}\n`);
  return EXIT.usage;
}

function ownVersion(): string {
  const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return own.version;
}

const args = process.argv.slice(2);
try {
  process.exitCode = await main(args);
} catch (error) {
  if (error instanceof UsageError)
    process.exitCode = fail(`curlew get: ${error.message}\ncurlew get --help tells more`);
  else if (args[0] === "get") {
    const { exitCode, message } = failureOf(error);
    fail(printable(`curlew: (${exitCode}) ${message}`));
    process.exitCode = exitCode;
  } else process.exitCode = fail(`curlew: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
}
