// Runs one bundled test file in the runtime it is started by: RUNTIME run-file.mjs FILE [NAME-PATTERN]
// The last line of its output is {"passed":N,"failed":N,"skipped":N}.
import { pathToFileURL } from "node:url";
import { startTests } from "./vitest.mjs";

const [file, pattern] = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };

globalThis.gc ??= () => globalThis.Bun?.gc(true);

// Half a second after its start Deno opens two descriptors for signals, whatever is done meanwhile; at once when somebody wants
// to hear of one. Tests that compare how many there are have them from the beginning.
const unheard = () => {};
if (globalThis.Deno) process.on("SIGWINCH", unheard).off("SIGWINCH", unheard);

function fullName(task) {
  const parent = task.suite ? fullName(task.suite) : "";
  return parent ? `${parent} > ${task.name}` : task.name;
}

function report(task) {
  const { state, errors = [], note, duration = 0 } = task.result ?? { state: task.mode };
  if (state === "pass") counts.passed++;
  else if (state === "fail") counts.failed++;
  else if (pattern === undefined) counts.skipped++;
  if (state === "fail")
    for (const error of errors)
      console.log(`FAILED ${fullName(task)}: ${error.stack ?? error.message}${error.diff ? `\n${error.diff}` : ""}`);
  else if (state !== "pass" && pattern === undefined)
    console.log(`skipped ${fullName(task)}: ${note ?? "no reason was given"}`);
  else if (state === "pass" && process.env.CURLEW_TEST_VERBOSE)
    console.log(`ok ${fullName(task)} ${duration.toFixed(0)} ms`);
}

function walk(task) {
  if (task.type === "test") return report(task);
  // A file that could not be loaded, or a hook that failed.
  for (const error of task.result?.errors ?? []) {
    counts.failed++;
    console.log(`FAILED ${task.name}: ${error.stack ?? error.message}${error.diff ? `\n${error.diff}` : ""}`);
  }
  for (const child of task.tasks) walk(child);
}

const LIMIT_MS = 60_000;
const config = {
  root: process.cwd(),
  name: "",
  setupFiles: [],
  passWithNoTests: false,
  allowOnly: false,
  testNamePattern: pattern === undefined ? undefined : new RegExp(pattern),
  includeTaskLocation: false,
  sequence: { shuffle: false, concurrent: false, seed: 0, hooks: "stack", setupFiles: "list" },
  maxConcurrency: 8, // of tests that say they may
  testTimeout: LIMIT_MS,
  hookTimeout: LIMIT_MS,
  retry: 0,
  chaiConfig: {},
  diffOptions: {},
  tags: [],
  tagsFilter: undefined,
};

// Nobody reads any more: the matrix was ended. Otherwise what is said of that would fail the same way, for ever.
process.stdout.on("error", () => process.exit(1));
process.on("uncaughtException", (error) => {
  counts.failed++;
  console.log(`FAILED uncaught: ${error?.stack ?? error}`);
});

const files = await startTests([file], { config, importFile: (path) => import(pathToFileURL(path).href) });
for (const task of files) walk(task);
if (counts.passed + counts.failed === 0) counts.failed = 1; // nothing ran: not a success
process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(counts.failed > 0 ? 1 : 0));
