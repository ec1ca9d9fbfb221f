import { writeFileSync } from 'node:fs';

/** Playwright reporter: the same counts as `vitest-counts.mjs`, to the same kind of file. */
export default class CountsReporter {
  #suite;
  #errors = 0;

  onBegin(_config, suite) {
    this.#suite = suite;
  }

  onError() {
    this.#errors++;
  }

  onEnd() {
    const counts = { passed: 0, failed: this.#errors, skipped: [] };
    for (const test of this.#suite?.allTests() ?? []) {
      const outcome = test.outcome();
      const reason = test.annotations.find((annotation) => annotation.type === 'skip')?.description ?? null;
      if (outcome === 'skipped') counts.skipped.push({ name: test.titlePath().filter(Boolean).join(' > '), reason });
      else if (outcome === 'unexpected') counts.failed++;
      else counts.passed++;
    }
    const file = process.env.HEARTH_TEST_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }

  printsToStdio() {
    return false;
  }
}
