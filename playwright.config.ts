import { defineConfig } from '@playwright/test';

/** The desktop tests: one real window at a time. `npm run test:desktop` builds the app and finds the runtime first. */
export default defineConfig({
  testDir: 'test/desktop',
  timeout: 120_000,
  workers: 1,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list']],
  outputDir: 'test-results',
});
