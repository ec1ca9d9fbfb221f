import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, expect, test, type ElectronApplication } from '@playwright/test';
import { enginePids } from './launch-app.js';

const root = join(import.meta.dirname, '../..');
const electron = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? '', 'electron');
let profile: string;

test.beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'hearth-shell-'));
});
test.afterEach(async () => rm(profile, { recursive: true, force: true }));

/** Whatever is asked of the app stays in its profile. */
const environment = () => ({ ...process.env, HEARTH_HOME: join(profile, 'hearth') }) as Record<string, string>;

const launch = (...flags: string[]): Promise<ElectronApplication> =>
  _electron.launch({ args: [root, `--user-data-dir=${profile}`, '--alone', ...flags], cwd: root, env: environment() });

/** Starts the app once more, as a person does who clicks its icon again; resolves with its exit code. */
function startAgain(): Promise<number | null> {
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root, `--user-data-dir=${profile}`, '--alone'];
  const second = spawn(electron, args, { cwd: root, stdio: 'ignore', env: environment() });
  return new Promise((resolve, reject) => second.once('exit', resolve).once('error', reject));
}

const visibleWindows = (app: ElectronApplication): Promise<number> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().filter((window) => window.isVisible() && !window.isMinimized()).length);

test('a second start ends at once and brings the first one’s window back', async () => {
  test.skip(process.env['ELECTRON_OVERRIDE_DIST_PATH'] === undefined, 'the runtime’s folder is not known');
  const app = await launch();
  await app.firstWindow();
  const pids = await enginePids(app);
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.hide());
  expect(await visibleWindows(app)).toBe(0);
  expect(await startAgain()).toBe(0);
  await expect.poll(() => visibleWindows(app)).toBe(1);
  expect(await enginePids(app)).toEqual(pids);
  await app.close();
});

test('closing the window keeps the engine, and the next start opens a window again', async () => {
  test.skip(process.env['ELECTRON_OVERRIDE_DIST_PATH'] === undefined, 'the runtime’s folder is not known');
  const app = await launch('--hidden');
  await expect.poll(() => enginePids(app)).toHaveLength(1);
  expect(app.windows()).toHaveLength(0);
  const pids = await enginePids(app);
  expect(await startAgain()).toBe(0);
  await expect.poll(() => visibleWindows(app)).toBe(1);
  await expect.poll(() => app.windows().length).toBe(1);
  await app.windows()[0]!.close();
  await expect.poll(() => visibleWindows(app)).toBe(0);
  expect(await enginePids(app)).toEqual(pids);
  await app.close();
});

test('quitting lets the engine end by itself, with exit code 0 for both', async () => {
  const app = await launch();
  await app.firstWindow();
  const ended = new Promise((resolve) => app.process().once('exit', resolve));
  const heard = app.evaluate(({ app: running }) => new Promise<unknown>((resolve) => {
    running.on('child-process-gone', (_event, details) => details.name === 'Hearth engine' && resolve(details.exitCode));
    running.quit();
  })).catch(() => 'gone with the app');
  expect([0, 'gone with the app']).toContain(await heard);
  expect(await ended).toBe(0);
});

test('the page reaches nothing beyond its own origin, whatever asks', async () => {
  const app = await launch();
  await app.firstWindow();
  const fetched = await app.evaluate(async ({ net, session }) => {
    const ask = (url: string): Promise<string> => new Promise((resolve) => {
      const request = net.request({ url, session: session.defaultSession });
      request.on('response', (response) => resolve(String(response.statusCode)));
      request.on('error', (error) => resolve(error.message));
      request.end();
    });
    return [await ask('http://127.0.0.1:9/'), await ask('https://example.invalid/')];
  });
  expect(fetched).toEqual(['net::ERR_BLOCKED_BY_CLIENT', 'net::ERR_BLOCKED_BY_CLIENT']);
  await app.close();
});
