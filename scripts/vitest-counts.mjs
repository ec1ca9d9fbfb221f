import { writeFileSync } from 'node:fs';

/**
 * Vitest reporter: writes how many tests passed and failed, and which were skipped for what reason, to the file that
 * HEARTH_TEST_COUNTS names. A file that could not be loaded, and an error outside of any test, count as failed.
 */
export default class CountsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) this.#count(counts, test);
    }
    const file = process.env.HEARTH_TEST_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }

  #count(counts, test) {
    const { state, note } = test.result();
    if (state === 'passed') counts.passed++;
    else if (state === 'failed') counts.failed++;
    else counts.skipped.push({ name: `${test.module.relativeModuleId} > ${test.fullName}`, reason: note ?? null });
  }
}
