import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultSettings, type AppSettings } from '../../../main/bridge-shapes/settings.js';
import { SettingsFile } from '../../../main/settings-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-settings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('Settings are kept over a restart, and whoever listens hears of them', async () => {
  const told: AppSettings[] = [];
  const path = join(folder, 'new', 'settings.json');
  const file = new SettingsFile(path, (settings) => told.push(settings));
  expect(file.settings).toEqual(defaultSettings);
  await Promise.all([file.change({ theme: 'dark' }), file.change({ language: 'de', theme: undefined })]);
  expect(told.at(-1)).toMatchObject({ theme: 'dark', language: 'de' });
  expect(new SettingsFile(path, () => undefined).settings).toEqual({ ...defaultSettings, theme: 'dark', language: 'de' });
});

test('A setting that is not understood has its default, and the others are kept', async () => {
  const path = join(folder, 'settings.json');
  await writeFile(path, JSON.stringify({ theme: 'neon', language: 'de', later: true }));
  expect(new SettingsFile(path, () => undefined).settings).toEqual({ ...defaultSettings, language: 'de' });
});

test.each(['', '{', '[]', 'null', '\u0000\u0000'])('A settings file of %j is as good as none', async (content) => {
  const path = join(folder, 'settings.json');
  await writeFile(path, content);
  const file = new SettingsFile(path, () => undefined);
  expect(file.settings).toEqual(defaultSettings);
  await file.change({ theme: 'light' });
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ theme: 'light' });
});
