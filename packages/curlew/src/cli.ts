#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { diagnose, formatDiagnosis, healthy } from "./doctor.js";

const USAGE = `usage: curlew doctor [--libcurl FILE] [--json]

  doctor    which libcurl was found, what it can do, and which event loops work here

  --libcurl FILE   look at this library instead of the one CURLEW_LIBCURL names, or the system's
  --json           one JSON object instead of a table
  --version        the version of Curlew
`;

/** Answers the exit code: 0, 1 when something does not work here, 2 for a call that is not understood. */
function main(args: string[]): number {
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
  return 2;
}

function ownVersion(): string {
  const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return own.version;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.exitCode = fail(`curlew: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
}
