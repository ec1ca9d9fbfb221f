import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hearthVersion } from '../../../engine/report/version.js';

test('the version that the program tells is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(hearthVersion).toBe(version);
});
