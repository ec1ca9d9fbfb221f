import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { guideModelPath } from '../../../main/guide-model.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hearth-guide-path-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function putGuide(...parents: string[]): string {
  const guide = join(folder, ...parents, 'models', 'guide');
  mkdirSync(guide, { recursive: true });
  writeFileSync(join(guide, 'config.json'), '{}');
  return guide;
}

test('the guide is found from the sources', () => {
  expect(guideModelPath()).toBe(resolve('models/guide'));
});

test('the guide is found from dist and from a bundle', () => {
  const guide = putGuide('package');
  expect(guideModelPath(undefined, join(folder, 'package', 'dist', 'main'))).toBe(guide);
  expect(guideModelPath(undefined, join(folder, 'package', 'out', 'desktop', 'main'))).toBe(guide);
});

test('an installed app has the guide among its resources', () => {
  const guide = putGuide('app', 'resources');
  expect(guideModelPath(join(folder, 'app', 'resources'), join(folder, 'app'))).toBe(guide);
});

test('resources without a guide, as a bare desktop runtime has them, do not hide the one of the package', () => {
  const guide = putGuide('package');
  expect(guideModelPath(join(folder, 'nothing'), join(folder, 'package', 'dist', 'main'))).toBe(guide);
});

test('an installation without the guide says what to do', () => {
  expect(() => guideModelPath(undefined, folder)).toThrow(/--model-path/);
});
