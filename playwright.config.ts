import { defineConfig } from '@playwright/test';

/** The desktop tests: one real window at a time. `npm run test:desktop` builds the app and finds the runtime first. */
export default defineConfig({
  testDir: 'test/desktop',
  // Packages take a minute to make: `npm run test:package` does, and runs what reads them.
  testIgnore: process.env['HEARTH_TEST_PACKAGE'] === undefined ? '**/package.spec.ts' : [],
  timeout: 120_000,
  workers: 1,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list']],
  outputDir: 'test-results',
});
