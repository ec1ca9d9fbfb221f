import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire } from '@electron/fuses';
import { _electron, expect, test } from '@playwright/test';
import { enginePids } from './launch-app.js';

/** `npm run test:package` makes the packages in release/ and then runs this. */
const release = join(import.meta.dirname, '../../release');
let work: string;
let unpacked: string;

test.beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'hearth-package-'));
  const archive = readdirSync(release).find((name) => name.endsWith('.tar.gz'));
  execFileSync('tar', ['-xzf', join(release, archive ?? 'hearth.tar.gz'), '-C', work]);
  unpacked = join(work, readdirSync(work)[0]!);
});
test.afterAll(() => rmSync(work, { recursive: true, force: true }));

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

test('the package that ships has its fuses set', async () => {
  const wire = await getCurrentFuseWire(join(unpacked, 'hearth'));
  // The wire has one character for each fuse.
  const isOn = (fuse: FuseV1Options): boolean => ({ '0': false, '1': true })[String.fromCharCode(wire[fuse] ?? 0) as '0' | '1'];
  expect({
    runAsNode: isOn(FuseV1Options.RunAsNode),
    cookieEncryption: isOn(FuseV1Options.EnableCookieEncryption),
    nodeOptions: isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
    inspect: isOn(FuseV1Options.EnableNodeCliInspectArguments),
    asarIntegrity: isOn(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
    onlyAsar: isOn(FuseV1Options.OnlyLoadAppFromAsar),
  }).toEqual({
    runAsNode: false, cookieEncryption: true, nodeOptions: false, inspect: false, asarIntegrity: true, onlyAsar: true,
  });
});

test('the archive holds the app and nothing of the sources, and the addon lies beside it', () => {
  const resources = readdirSync(join(unpacked, 'resources'));
  expect(resources).toEqual(expect.arrayContaining(['app.asar', 'native-kernels']));
  expect(resources).not.toContain('default_app.asar');
  expect(readdirSync(join(unpacked, 'resources/native-kernels/build/Release'))).toEqual(['kernels.node']);
});

test('the .deb holds the same app, an entry for the menu, and says what it needs', () => {
  const deb = join(release, readdirSync(release).find((name) => name.endsWith('.deb')) ?? 'hearth.deb');
  const fields = execFileSync('dpkg-deb', ['--field', deb, 'Package', 'Depends', 'Version'], { encoding: 'utf8' });
  expect(fields).toContain('Package: hearth');
  expect(fields).toMatch(/Depends: .*libgtk-3-0/);
  const folder = join(work, 'deb');
  execFileSync('dpkg-deb', ['-x', deb, folder]);
  for (const file of ['hearth', 'resources/app.asar', 'resources/native-kernels/build/Release/kernels.node']) {
    expect(sha256(join(folder, 'opt/Hearth', file)), file).toBe(sha256(join(unpacked, file)));
  }
  expect(readFileSync(join(folder, 'usr/share/applications/hearth.desktop'), 'utf8')).toContain('Exec=/opt/Hearth/hearth');
});

test('the unpacked app opens its window, and its engine gets ready with the addon of the package', async () => {
  const binary = join(unpacked, 'hearth');
  // A test driver needs the debugger; nothing else is opened.
  await flipFuses(binary, { version: FuseVersion.V1, [FuseV1Options.EnableNodeCliInspectArguments]: true, [FuseV1Options.OnlyLoadAppFromAsar]: false });
  const env = { ...process.env, HEARTH_HOME: join(work, 'hearth') } as Record<string, string>;
  const app = await _electron.launch({ executablePath: binary, args: [`--user-data-dir=${join(work, 'profile')}`, '--alone'], cwd: work, env });
  try {
    const page = await app.firstWindow();
    expect(page.url()).toBe('hearth://window/');
    await page.getByRole('textbox').first().waitFor();
    expect(await app.evaluate(({ app: electron }) => [electron.isPackaged, electron.getAppPath()])).toEqual([
      true, join(unpacked, 'resources', 'app.asar'),
    ]);
    await expect.poll(() => enginePids(app)).toHaveLength(1);
    const [engine] = await enginePids(app);
    const addon = join(unpacked, 'resources/native-kernels/build/Release/kernels.node');
    await expect.poll(() => readFileSync(`/proc/${String(engine)}/maps`, 'utf8')).toContain(addon);
    const state = () => page.evaluate(() =>
      (globalThis as unknown as { hearth: { call(n: string, p: unknown): Promise<unknown> } }).hearth.call('engineState', null));
    await expect.poll(state).toEqual({ ok: true, reply: { state: 'ready' } });
  } finally {
    await app.close();
  }
});
