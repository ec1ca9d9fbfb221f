import { defineConfig } from '@playwright/test';

/** Pictures of every page, for people to look at: `npm run screenshots`. */
export default defineConfig({
  testDir: 'test/desktop/screenshots', testMatch: '*.shots.ts', timeout: 300_000, workers: 1, reporter: [['list']], outputDir: 'test-results',
});
