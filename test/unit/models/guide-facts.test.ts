import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { memberPort } from '../../../engine/cluster/member-port.js';
import { makePairingCode } from '../../../engine/cluster/pairing-code.js';
import { PairingLock } from '../../../engine/cluster/pairing-lock.js';
import { pairingPort } from '../../../engine/cluster/pairing-session.js';
import { defaultSampling, validateSampling, type Sampling } from '../../../engine/generate/sampling.js';
import { hearthVersion } from '../../../engine/report/version.js';
import { registerRun } from '../../../main/commands/run.js';
import { registerServe } from '../../../main/commands/serve.js';
import { windowChoice, type WorldFlags } from '../../../main/commands/world-options.js';
import { defaultSampling as appSampling } from '../../../renderer/settings/default-choices.js';
import { guideAnswers, guideFacts as facts } from '../../eval/guide-questions.js';

const program = new Command();
registerRun(program);
registerServe(program);

function option(command: string, flag: string) {
  const found = program.commands.find((one) => one.name() === command)?.options.find((one) => one.long === flag);
  if (found === undefined) throw new Error(`hearth ${command} has no ${flag}`);
  return found;
}

const preset = (command: string, flag: string): string => String(option(command, flag).defaultValue);

/** Whether a flag of `hearth run` takes a value; its parser refuses what is out of range. */
function takes(flag: string, value: string): boolean {
  const { parseArg } = option('run', flag);
  try {
    parseArg?.(value, undefined as never);
    return parseArg !== undefined;
  } catch {
    return false;
  }
}

function allows(change: Partial<Sampling>): boolean {
  try {
    validateSampling({ ...defaultSampling, ...change });
    return true;
  } catch {
    return false;
  }
}

/** A number that only its own module knows, e.g. `5 * 60_000`. */
function privateNumber(file: string, name: string): number {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  const [, product = ''] = new RegExp(`const ${name} = ([0-9_ *]+);`).exec(text) ?? [];
  if (product === '') throw new Error(`${file} has no ${name}`);
  return product.split('*').reduce((value, factor) => value * Number(factor.replaceAll('_', '').trim()), 1);
}

const numberWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const inWords = (value: number): string => numberWords[value] ?? String(value);
const number = (name: string): number => Number(facts[name]);

test('the defaults of sampling are those of the app', () => {
  expect(number('temperature_default')).toBe(defaultSampling.temperature);
  expect(number('top_k_default')).toBe(defaultSampling.topK);
  expect(number('top_p_default')).toBe(defaultSampling.topP);
  expect(number('min_p_default')).toBe(defaultSampling.minP);
  expect(number('repetition_default')).toBe(defaultSampling.repetitionPenalty);
  expect(number('seed_default')).toBe(defaultSampling.seed);
  expect(facts['length_default']).toBe(preset('run', '--length'));
});

test('hearth run has the same defaults', () => {
  const flags = { '--temperature': 'temperature', '--k': 'top_k', '--p': 'top_p', '--min-p': 'min_p', '--seed': 'seed' };
  for (const [flag, fact] of Object.entries(flags)) expect(preset('run', flag), flag).toBe(facts[`${fact}_default`]);
  expect(preset('run', '--repetition-penalty')).toBe(facts['repetition_default']);
});

test('the app has the defaults told of it', () => {
  expect(number('app_temperature')).toBe(appSampling.temperature);
  expect(number('app_top_k')).toBe(appSampling.topK);
  expect(number('top_p_default')).toBe(appSampling.topP);
  expect(number('app_min_p')).toBe(appSampling.minP);
  expect(number('app_repetition')).toBe(appSampling.repetitionPenalty);
  expect(number('app_length')).toBe(appSampling.maxTokens);
});

test('the ranges of sampling are those of the app', () => {
  const edges: [keyof Sampling, number, boolean][] = [
    ['temperature', number('temperature_greedy'), true],
    ['temperature', number('temperature_least'), true],
    ['temperature', number('temperature_least') * 0.99, false],
    ['temperature', number('temperature_most'), true],
    ['temperature', number('temperature_most') * 1.01, false],
    ['topP', number('top_p_off'), true],
    ['topP', number('top_p_off') + 0.01, false],
    ['topP', 0, false],
    ['minP', 0, true],
    ['minP', number('min_p_most'), true],
    ['minP', number('min_p_most') + 0.01, false],
    ['repetitionPenalty', number('repetition_most'), true],
    ['repetitionPenalty', number('repetition_most') + 0.01, false],
    ['repetitionPenalty', 0, false],
    ['topK', 0, true],
    ['topK', -1, false],
    ['seed', 0, true],
    ['seed', number('seed_most'), true],
    ['seed', number('seed_most') + 1, false],
  ];
  for (const [name, value, fits] of edges) expect(allows({ [name]: value }), `${name} ${value}`).toBe(fits);
  expect(takes('--length', facts['length_least'] ?? '')).toBe(true);
  expect(takes('--length', String(number('length_least') - 1))).toBe(false);
});

test('the window, the world and the folder of slices are those of hearth run', () => {
  const flags = { worldSize: 2 } as WorldFlags;
  expect(windowChoice(flags)).toEqual({ kind: 'window', blocks: number('memory_window_default') });
  expect(windowChoice({ ...flags, worldSize: 1 })).toEqual({ kind: 'off' });
  expect(takes('--memory-window', facts['memory_window_least'] ?? '')).toBe(true);
  expect(takes('--memory-window', String(number('memory_window_least') - 1))).toBe(false);
  expect(takes('--world-size', facts['world_size_most'] ?? '')).toBe(true);
  expect(takes('--world-size', String(number('world_size_most') + 1))).toBe(false);
  expect(facts['save_dir']).toBe(preset('run', '--save-dir'));
  expect(facts['join_timeout_seconds']).toBe(preset('run', '--join-timeout'));
});

test('the ports are those that are listened on', () => {
  expect(facts['master_port']).toBe(preset('run', '--master-port'));
  expect(number('master_port_next')).toBe(number('master_port') + 1);
  expect(facts['file_port']).toBe(preset('run', '--file-port'));
  expect(number('home_port')).toBe(memberPort);
  expect(number('pairing_port')).toBe(pairingPort);
  expect(facts['api_port']).toBe(preset('serve', '--port'));
});

test('the limits of the API are those of hearth serve', () => {
  expect(facts['api_queue']).toBe(preset('serve', '--max-queue'));
  expect(facts['api_context']).toBe(preset('serve', '--context-length'));
  expect(facts['api_body']).toBe(`${Number(preset('serve', '--max-body')) / 2 ** 20} MiB`);
});

test('pairing and its lock are as told', () => {
  expect(facts['pairing_code_length']).toBe(inWords(makePairingCode().replace('-', '').length));
  expect(facts['pairing_open_minutes']).toBe(inWords(privateNumber('engine/cluster/pairing-door.ts', 'openMs') / 60_000));
  let now = 0;
  const lock = new PairingLock(() => now);
  let tries = 0;
  try {
    for (; tries < 100; tries++) lock.begin();
  } catch {
    expect(facts['pairing_tries']).toBe(inWords(tries));
  }
  now = number('pairing_lock_seconds') * 1000 - 1;
  expect(() => lock.check()).toThrow();
  now += 1;
  expect(() => lock.check()).not.toThrow();
});

test('a silent laptop is noticed within the time told', () => {
  const file = 'engine/cluster/membership.ts';
  const seconds = (privateNumber(file, 'beatMs') + privateNumber(file, 'silenceMs')) / 1000;
  expect(facts['loss_seconds']).toBe(inWords(seconds));
});

test('version, licence and Node are those of the package', () => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { license, engines } = JSON.parse(text) as { license: string; engines: { node: string } };
  expect(facts['version']).toBe(hearthVersion);
  expect(facts['licence']).toBe(license);
  expect(`>=${facts['node_least'] ?? ''}`).toBe(engines.node);
});

test('every fact is given in some answer, and none is left open', () => {
  const text = [...guideAnswers().values()].join('\n');
  for (const [name, value] of Object.entries(facts)) expect(text, name).toContain(value);
  expect(text).not.toMatch(/\{\w+\}/);
});
