// Beside vitest's own reporter: says why each skipped test was skipped, and ends with the line CI reads.
export default class Totals {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      // A file that could not even be loaded has no tests to count.
      if (module.state() === "failed" && module.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state in count) count[state]++;
        if (state === "skipped") console.log(`skipped: ${test.fullName}: ${note ?? "no reason was given"}`);
      }
    }
    count.failed += unhandledErrors.length;
    if (count.passed === 0 && count.failed === 0) count.failed = 1; // nothing ran: not a success
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    if (count.failed > 0) process.exitCode = 1;
  }
}
