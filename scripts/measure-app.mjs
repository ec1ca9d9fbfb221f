/**
 * `npm run measure:app`: how soon the window can be used, what the idle app takes, and how big the packages in release/ are (made by
 * `npm run dist:linux`). Linux; run `npm run build:desktop` first. Medians of five starts, of the app as it is built here.
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { _electron } from '@playwright/test';

const root = join(import.meta.dirname, '..');
const rounds = 5;
const settleMs = 3_000;

// Without a display, the same again in one.
if (process.env.DISPLAY === undefined) {
  process.exit(spawnSync('xvfb-run', ['-a', process.execPath, import.meta.filename ?? process.argv[1]], { stdio: 'inherit' }).status ?? 1);
}
process.env.ELECTRON_OVERRIDE_DIST_PATH ??= execFileSync(process.execPath, [join(root, 'scripts/electron-runtime.mjs')], { encoding: 'utf8' })
  .trim().split('\n').at(-1);

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/** Proportional set size: what is shared between processes is counted once over all of them. */
function pssBytes(pid) {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

async function start(flags, use) {
  const profile = mkdtempSync(join(tmpdir(), 'hearth-measure-'));
  // The usual window, not the first run's.
  writeFileSync(join(profile, 'settings.json'), JSON.stringify({ welcomed: true }));
  const begin = performance.now();
  const app = await _electron.launch({
    args: [root, `--user-data-dir=${profile}`, '--alone', ...flags], cwd: root, env: { ...process.env, HEARTH_HOME: join(profile, 'hearth') },
  });
  try {
    return await use(app, begin);
  } finally {
    await app.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Milliseconds from the start of the process until a person can type; the test driver's own connection is part of it. */
const startToWindow = () => start([], async (app, begin) => {
  const page = await app.firstWindow();
  await page.getByRole('textbox').first().waitFor();
  return performance.now() - begin;
});

const memory = (flags) => start(flags, async (app) => {
  if (!flags.includes('--hidden')) await (await app.firstWindow()).getByRole('textbox').first().waitFor();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const processes = await app.evaluate(({ app: electron }) => electron.getAppMetrics().map(({ pid, name, type }) => ({ pid, name: name ?? type })));
  return processes.map(({ pid, name }) => ({ name, bytes: pssBytes(pid) }));
});

function tell(title, processes) {
  const parts = processes.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ');
  console.log(`${title}: ${megabytes(processes.reduce((sum, { bytes }) => sum + bytes, 0))} (${parts})`);
}

console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${process.platform} ${process.arch}`);
const times = [];
for (let round = 0; round < rounds; round++) times.push(await startToWindow());
console.log(`Start to a window that can be typed in: ${median(times).toFixed(0)} ms (median of ${rounds}: ${times.map((ms) => ms.toFixed(0)).join(', ')})`);
tell('Idle in the tray, without a window', await memory(['--hidden']));
tell('Idle with its window', await memory([]));
const release = join(root, 'release');
for (const name of existsSync(release) ? readdirSync(release).filter((file) => /\.(tar\.gz|deb)$/.test(file)) : []) {
  console.log(`${name}: ${megabytes(statSync(join(release, name)).size)}`);
}
