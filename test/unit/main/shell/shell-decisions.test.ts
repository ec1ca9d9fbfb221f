import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { saying } from '../../../../engine/saying.js';
import { defaultSettings } from '../../../../main/bridge-shapes/settings.js';
import { atRest } from '../../../../main/engine-messages.js';
import { checkedLink } from '../../../../main/shell/open-link.js';
import { lidClosed, macLid } from '../../../../main/shell/lid.js';
import { decideSharing, mustStayAwake } from '../../../../main/shell/sharing-policy.js';
import { trayMenu } from '../../../../main/shell/tray-menu.js';
import { trayState } from '../../../../main/shell/tray-state.js';
import { shellLanguage, shellWords } from '../../../../main/shell/tray-words.js';

const rules = defaultSettings.sharing;
const onDesk = { onBattery: false, lidClosed: false };

describe('A laptop shares', () => {
  test('on a desk, and where the system tells neither of power nor of a lid', () => {
    expect(decideSharing(rules, onDesk)).toEqual({ shares: true, reason: null, memoryBytes: null });
    expect(decideSharing(rules, { onBattery: null, lidClosed: null }).shares).toBe(true);
  });

  test.each([
    [{ onBattery: true, lidClosed: false }, 'battery'],
    [{ onBattery: false, lidClosed: true }, 'lid'],
    [{ onBattery: true, lidClosed: true }, 'lid'],
  ] as const)('not when %j, unless its person allowed that', (laptop, reason) => {
    expect(decideSharing(rules, laptop)).toMatchObject({ shares: false, reason });
    expect(decideSharing({ ...rules, onBattery: true, lidClosed: true }, laptop).shares).toBe(true);
  });

  test('never while its person paused it', () => {
    expect(decideSharing({ ...rules, paused: true, onBattery: true, lidClosed: true }, onDesk)).toMatchObject({
      shares: false, reason: 'paused',
    });
  });
});

test('A laptop stays awake while it computes or leads, and may sleep otherwise', () => {
  const shares = decideSharing(rules, onDesk);
  const paused = decideSharing({ ...rules, paused: true }, onDesk);
  expect(mustStayAwake(shares, { leads: false, working: false })).toBe(false);
  expect(mustStayAwake(shares, { leads: true, working: false })).toBe(true);
  expect(mustStayAwake(paused, { leads: true, working: false })).toBe(false);
  expect(mustStayAwake(paused, { leads: false, working: true })).toBe(true);
});

test('The tray shows trouble before work and work before rank', () => {
  const ready = { state: 'ready' } as const;
  expect(trayState(ready, atRest)).toBe('idle');
  expect(trayState(ready, { ...atRest, leads: true })).toBe('master');
  expect(trayState(ready, { leads: true, working: true, trouble: null })).toBe('working');
  expect(trayState(ready, { leads: true, working: true, trouble: 'No network.' })).toBe('trouble');
  expect(trayState({ state: 'down', why: saying('ENGINE_KEEPS_STOPPING', 'It keeps stopping.', {}) }, atRest)).toBe('trouble');
});

test('The menu marks the memory that is shared, and its items do what they say', () => {
  const changes: unknown[] = [];
  const actions = { open: () => changes.push('open'), changeRules: (change: unknown) => void changes.push(change), quit: () => changes.push('quit') };
  const view = { state: 'idle', rules: { ...rules, memoryBytes: 4 * 2 ** 30 }, sharing: decideSharing(rules, onDesk), totalBytes: 8 * 2 ** 30 } as const;
  const menu = trayMenu(view, shellWords.de, actions);
  const offers = menu.flatMap((item) => (Array.isArray(item.submenu) ? item.submenu : []));
  expect(offers.map(({ label, checked }) => [label, checked])).toEqual([
    ['2,0 GB (25 %)', false], ['4,0 GB (50 %)', true], ['6,0 GB (75 %)', false], ['Keine Grenze', false],
  ]);
  for (const item of [...menu, ...offers]) (item.click as (() => void) | undefined)?.();
  expect(changes).toEqual([
    'open', { paused: true }, 'quit',
    { memoryBytes: 2 * 2 ** 30 }, { memoryBytes: 4 * 2 ** 30 }, { memoryBytes: 6 * 2 ** 30 }, { memoryBytes: null },
  ]);
});

test('The shell speaks the chosen language, else the system’s where it has it', () => {
  expect(shellLanguage('de', 'en-GB')).toBe('de');
  expect(shellLanguage('system', 'de-AT')).toBe('de');
  expect(shellLanguage('system', 'fr-FR')).toBe('en');
});

test('A lid is read where the system shows one, and unknown elsewhere', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-lid-'));
  try {
    expect(await lidClosed('linux', folder)).toBeNull();
    await mkdir(join(folder, 'LID0'));
    for (const [word, closed] of [['open', false], ['closed', true]] as const) {
      await writeFile(join(folder, 'LID0', 'state'), `state:      ${word}\n`);
      expect(await lidClosed('linux', folder)).toBe(closed);
    }
    expect(await lidClosed('linux', join(folder, 'none'))).toBeNull();
    expect(await lidClosed('win32')).toBeNull();
  } finally {
    await rm(folder, { recursive: true });
  }
  expect(macLid('  | "AppleClamshellState" = Yes\n')).toBe(true);
  expect(macLid('  | "AppleClamshellState" = No\n')).toBe(false);
  expect(macLid('')).toBeNull();
});

test('Links lead to https addresses only, shown as the browser reads them', () => {
  expect(checkedLink('https://example.org/a?b#c')).toBe('https://example.org/a?b#c');
  expect(checkedLink('https://ехаmple.org/')).toMatch(/^https:\/\/xn--/);
  for (const link of ['http://example.org', 'file:///etc/passwd', 'javascript:alert(1)', 'https://bank.example@evil.example/', 'mailto:a@b', 'no', '']) {
    expect(() => checkedLink(link), link).toThrow('https addresses only');
  }
});
