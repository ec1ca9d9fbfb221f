import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseModel, flagsForGuide } from '../../../../main/commands/choose-model.js';
import { addPromptFlags, type RunFlags } from '../../../../main/commands/run-options.js';
import { addWorldFlags, type WorldFlags } from '../../../../main/commands/world-options.js';
import { guideAnswerTokens, guideModelPath, guideSliceFolder } from '../../../../main/guide-model.js';
import { goldenModel } from '../../../golden/golden-model.js';

let home = '';
let said = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hearth-choose-'));
  said = '';
  vi.stubEnv('HEARTH_HOME', home);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

function addModel(name: string): string {
  const path = join(home, 'models', name);
  cpSync(goldenModel('llama-gqa').path, path, { recursive: true });
  return path;
}

test('where no model is, the guide answers, and that is said', async () => {
  expect(await chooseModel(undefined)).toEqual({ path: guideModelPath(), isGuide: true });
  expect(said).toMatch(/^The guide answers.*\n$/);
});

test('the one model that is here answers, and its name is said', async () => {
  const path = addModel('small');
  expect(await chooseModel(undefined)).toEqual({ path, isGuide: false });
  expect(said).toMatch(/^small answers.*\n$/);
});

test('of several models one has to be named', async () => {
  addModel('first');
  const second = addModel('second');
  await expect(chooseModel(undefined)).rejects.toMatchObject({ code: 'NO_MODEL', message: expect.stringContaining('first, second') });
  expect(await chooseModel('second')).toEqual({ path: second, isGuide: false });
  expect(said).toBe('');
});

function parsed(...words: string[]): RunFlags & WorldFlags {
  const command = addWorldFlags(addPromptFlags(new Command('run'))).parse(words, { from: 'user' });
  return flagsForGuide(command.opts(), command);
}

test('the guide chats, greedily and to the end of its answer, and keeps its slices where it may write', () => {
  expect(parsed()).toMatchObject({ chat: true, temperature: 0, length: guideAnswerTokens, saveDir: guideSliceFolder() });
});

test('what a person asks for comes before what suits the guide', () => {
  const flags = parsed('--temperature', '0.5', '--length', '5', '--save-dir', 'here');
  expect(flags).toMatchObject({ chat: true, temperature: 0.5, length: 5, saveDir: 'here' });
});
