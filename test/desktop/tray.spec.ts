import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, expect, test, type ElectronApplication } from '@playwright/test';
import { TrayHost } from './tray-host.js';

const root = join(import.meta.dirname, '../..');
test.skip(process.platform !== 'linux', 'the tray is read over D-Bus, which Linux has');
test.skip(spawnSync('dbus-daemon', ['--version']).error !== undefined, 'dbus-daemon is not installed (Debian: dbus)');

let host: TrayHost;
let profile: string;
let app: ElectronApplication;

test.beforeEach(async () => {
  host = await TrayHost.start();
  profile = await mkdtemp(join(tmpdir(), 'hearth-tray-'));
  app = await _electron.launch({
    args: [root, `--user-data-dir=${profile}`, '--hidden', '--alone', '--lang=en'], cwd: root,
    env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: host.address, LANGUAGE: 'en', HEARTH_HOME: join(profile, 'hearth') },
  });
  await expect.poll(() => host.items.length).toBe(1);
});

test.afterEach(async () => {
  await app.close();
  host.stop();
  await rm(profile, { recursive: true, force: true });
});

const labels = async (): Promise<string[]> => (await host.menu()).map(({ label }) => label).filter((label) => label !== '');

test('the tray shows an icon, says how the laptop stands, and offers what a person may want', async () => {
  await expect.poll(() => host.toolTip()).toBe('Hearth: Ready to help');
  expect(await host.icon()).toMatchObject({ visible: true });
  expect(await labels()).toEqual(['Ready to help', 'Open Hearth', 'Pause sharing', 'Memory to share', 'Quit Hearth']);
});

test('a click on the icon, and one on Open, shows the window', async () => {
  expect(app.windows()).toHaveLength(0);
  await host.click('Open Hearth');
  await expect.poll(() => app.windows().length).toBe(1);
  await app.windows()[0]!.close();
  await expect.poll(() => app.windows().length).toBe(0);
  await host.activate();
  await expect.poll(() => app.windows().length).toBe(1);
});

test('pausing and the memory to share are kept, and the tray says that nothing is shared', async () => {
  await host.click('Pause sharing');
  await expect.poll(() => host.toolTip()).toBe('Hearth: Sharing is paused');
  await expect.poll(async () => (await host.menu()).find(({ label }) => label === 'Pause sharing')?.checked).toBe(true);
  const offers = (await host.menu()).find(({ label }) => label === 'Memory to share')!.children;
  expect(offers.at(-1)).toMatchObject({ label: 'No limit', checked: true });
  await host.click(offers[1]!.label);
  // The file is there once the first change has been written.
  const kept = (): Promise<unknown> => readFile(join(profile, 'settings.json'), 'utf8').then((text) => JSON.parse(text) as unknown, () => null);
  await expect.poll(kept).toMatchObject({
    sharing: { paused: true, memoryBytes: expect.any(Number) as unknown },
  });
});

test('quitting from the tray ends the app and its engine', async () => {
  const pids = await app.evaluate(({ app: electron }) => electron.getAppMetrics().map((metric) => metric.pid));
  expect(pids.length).toBeGreaterThan(1);
  const ended = new Promise((resolve) => app.process().once('exit', resolve));
  await host.click('Quit Hearth');
  expect(await ended).toBe(0);
  const alive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  await expect.poll(() => pids.filter(alive)).toEqual([]);
});
