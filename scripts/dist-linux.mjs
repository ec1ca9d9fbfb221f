/**
 * `npm run dist:linux`: a folder, a tar.gz and a .deb of the desktop app in release/, without network beyond npm and Debian. The Electron in
 * them is HEARTH_ELECTRON_DIST (with HEARTH_ELECTRON_VERSION) where set, else that of the desktop tests, which is old: packages for people
 * are made by the workflow .github/workflows/packages.yml, from the same electron-builder.yml. Needs tar, gzip and dpkg-deb.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDeb } from './linux-deb.mjs';

const root = join(import.meta.dirname, '..');
const run = (file, args, env = {}) =>
  execFileSync(file, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });

function electron() {
  const { HEARTH_ELECTRON_DIST: dist, HEARTH_ELECTRON_VERSION: version } = process.env;
  if (dist !== undefined && version !== undefined) return { dist, version };
  const found = run(process.execPath, [join(root, 'scripts/electron-runtime.mjs')]).trim().split('\n').at(-1);
  return { dist: found, version: found.replace(/^.*electron-/, '') };
}

const { dist, version } = electron();
run(process.execPath, [join(root, 'scripts/build-desktop.mjs')]);
const offline = [`-c.electronDist=${dist}`, `-c.electronVersion=${version}`];
const builder = join(root, 'node_modules/electron-builder/cli.js');
process.stdout.write(run(process.execPath, [builder, '--linux', 'dir', '--publish', 'never', ...offline]));
// electron-builder packs these two with programs that it downloads; those of the system do as well.
const release = join(root, 'release');
const { version: appVersion } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const name = `hearth-${appVersion}-linux-${process.arch}`;
// What Electron starts without an app; in the tests' runtime it is their loader.
rmSync(join(release, 'linux-unpacked/resources/default_app.asar'), { force: true });
const owner = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name'];
run('tar', ['-C', release, ...owner, `--transform=s,^linux-unpacked,${name},`, '-czf', join(release, `${name}.tar.gz`), 'linux-unpacked']);
console.log(join(release, `${name}.tar.gz`));
console.log(makeDeb(join(release, 'linux-unpacked'), release));
