/** `npm run test:package`: makes the packages of this system and drives what is in them. Further arguments go to Playwright. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
if (process.platform !== 'linux') throw new Error('Packages that need no network are those of Linux.');

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (error !== undefined) throw error;
  return status ?? 1;
}

const begin = performance.now();
const made = run(process.execPath, [join(root, 'scripts/dist-linux.mjs')]);
console.log(`Packages: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
if (made !== 0) process.exit(made);
const playwright = ['npx', 'playwright', 'test', 'package', ...process.argv.slice(2)];
const [command, ...args] = process.env.DISPLAY === undefined ? ['xvfb-run', '-a', ...playwright] : playwright;
process.exit(run(command, args, { ...process.env, HEARTH_TEST_PACKAGE: '1' }));
