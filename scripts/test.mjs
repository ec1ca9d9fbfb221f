/**
 * `npm test`: everything that `.ci/run` checks, part by part, each with its own output. A failed part does not keep the
 * next from running, except the build, which all later ones need. Ends with one line that counts everything.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const counted = ['--reporter=default', `--reporter=${join(root, 'scripts/vitest-counts.mjs')}`];

/**
 * Stages come one after the other; the lanes of a stage run at the same time, and the parts of a lane in order. Where
 * several run, only the first lane's output is shown as it comes; another's when its part has ended. `script` is one of
 * package.json, with `args`, so that each part can be run alone; a part with `counts` tells its tests, any other counts as one.
 * Nobody's machine is kept longer than `minutes` by a part that hangs.
 */
const played = [`--reporter=list,${join(root, 'scripts/playwright-counts.mjs')}`];
const homeModelTest = 'test/integration/home-model.test.ts';
const stages = [
  [
    [
      { name: 'typecheck', script: 'typecheck', minutes: 5 },
      { name: 'build', script: 'build', minutes: 5, essential: true },
      { name: 'broken kernels for the mutant tests', script: 'build:mutants', minutes: 10 },
      { name: 'SmolLM2 in the model cache', script: 'model:smollm2', minutes: 5, optional: true },
      { name: 'unit tests', script: 'test:unit', minutes: 15, counts: counted },
    ],
    [{ name: 'lint', script: 'lint', minutes: 8 }],
  ],
  // Both mostly wait: for processes that start, for nodes that must be missed, for the API's soak to end. They take about as long.
  [
    [{ name: 'integration tests', script: 'test:integration', args: ['--exclude', homeModelTest], minutes: 20, counts: counted }],
    [
      { name: 'cluster tests', script: 'test:cluster', minutes: 12, counts: counted },
      { name: 'API tests', script: 'test:api', minutes: 10, counts: counted },
      { name: 'integration tests of a home', script: 'test:integration', args: [homeModelTest], minutes: 10, counts: counted },
      { name: 'packages of the desktop app', script: 'test:package', minutes: 10, counts: played },
    ],
  ],
  [[{ name: 'desktop tests', script: 'test:desktop', minutes: 12, counts: played }]],
];

const scratch = mkdtempSync(join(tmpdir(), 'hearth-test-'));
const total = { passed: 0, failed: 0, skipped: [] };
const notes = [];
/** Processes of parts under way. */
const running = new Set();
let stopped = false;

/** Ends a part with everything it started: each part leads a process group of its own. */
function end(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Runs a part to its end and gives whether it ended well; `output` is where it writes, a file or this process's own. */
function run(part, countsFile, output) {
  return new Promise((resolve) => {
    const more = [...(part.args ?? []), ...(part.counts ?? [])];
    const args = ['run', part.script, ...(more.length === 0 ? [] : ['--', ...more])];
    const env = { ...process.env, HEARTH_TEST_COUNTS: countsFile };
    const child = spawn('npm', args, { cwd: root, stdio: ['ignore', output, output], env, detached: true });
    running.add(child);
    const timer = setTimeout(() => {
      notes.push(`${part.name}: ended after ${part.minutes} minutes without coming to an end.`);
      end(child);
    }, part.minutes * 60_000);
    child.once('error', (error) => notes.push(`${part.name}: ${error.message}`));
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve(code === 0);
    });
  });
}

/** Adds what a part did to the total. */
function count(part, well, countsFile) {
  if (part.optional) {
    if (!well) notes.push(`${part.name}: could not be had; tests that need it are skipped.`);
    return;
  }
  const told = part.counts !== undefined && existsSync(countsFile);
  const counts = told ? JSON.parse(readFileSync(countsFile, 'utf8')) : { passed: well ? 1 : 0, failed: 0, skipped: [] };
  if (part.counts !== undefined && !told) counts.passed = 0;
  // A part that ends badly without naming a failed test has failed all the same.
  if (counts.failed === 0 && (!well || (part.counts !== undefined && !told))) counts.failed = 1;
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped.push(...counts.skipped);
  if (counts.failed > 0) notes.push(`${part.name}: ${counts.failed} failed.`);
}

/** Runs one part, live or with its output shown at its end, and counts it. */
async function runPart(part, isLive) {
  const name = part.name.replaceAll(' ', '-');
  const countsFile = join(scratch, `${name}.json`);
  const log = join(scratch, `${name}.log`);
  if (isLive) console.log(`\n=== ${part.name} (npm run ${part.script})`);
  const begin = performance.now();
  const output = isLive ? 'inherit' : openSync(log, 'w');
  const well = await run(part, countsFile, output);
  if (!isLive) {
    closeSync(output);
    console.log(`\n=== ${part.name} (npm run ${part.script}), beside the others\n${readFileSync(log, 'utf8')}`);
  }
  console.log(`=== ${part.name}: ${well ? 'done' : 'FAILED'} after ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  count(part, well, countsFile);
  if (!well && part.essential) {
    notes.push(`${part.name} failed, so the parts after it did not run.`);
    stopped = true;
  }
}

async function runLane(parts, isLive) {
  for (const part of parts) if (!stopped) await runPart(part, isLive);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of running) end(child);
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  });
}

for (const lanes of stages) {
  if (!stopped) await Promise.all(lanes.map((parts, index) => runLane(parts, index === 0)));
}

rmSync(scratch, { recursive: true, force: true });
console.log('');
for (const { name, reason } of total.skipped) console.log(`Skipped: ${name}: ${reason ?? 'no reason given'}`);
for (const note of notes) console.log(note);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
