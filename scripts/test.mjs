// Runs the tests: node scripts/test.mjs [what vitest takes]. `npm test -- --project core` runs those of one package.
import { spawn } from "node:child_process";

const args = ["run", "--reporter=default", "--reporter=./scripts/reporter.mjs", ...process.argv.slice(2)];
const vitest = spawn("node_modules/.bin/vitest", args, { stdio: "inherit" });
vitest.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
