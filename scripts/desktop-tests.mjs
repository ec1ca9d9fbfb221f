/**
 * Builds the app and drives its real window: on Linux in the runtime of `electron-runtime.mjs`, under a display of its own where there is
 * none; elsewhere in the Electron that `npx install-electron` fetched. Further arguments go to Playwright.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (error !== undefined) throw error;
  return status ?? 1;
}

function runtimeFolder() {
  const found = spawnSync(process.execPath, [join(root, 'scripts/electron-runtime.mjs')], {
    cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (found.status !== 0) throw new Error('The Electron runtime for the desktop tests could not be fetched (see above).');
  return found.stdout.trim().split('\n').at(-1);
}

const built = run(process.execPath, [join(root, 'scripts/build-desktop.mjs')]);
if (built !== 0) process.exit(built);
const linux = process.platform === 'linux';
const env = linux ? { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: runtimeFolder() } : process.env;
const playwright = ['npx', 'playwright', 'test', ...process.argv.slice(2)];
const [command, ...args] = linux && process.env.DISPLAY === undefined ? ['xvfb-run', '-a', ...playwright] : playwright;
process.exit(run(command, args, env));
