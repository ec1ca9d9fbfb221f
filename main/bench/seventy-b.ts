/**
 * `npm run bench:70b`: one node's share of a 70B model over 8 nodes, from a cold cache, through a window of two blocks, with
 * a full context. Method: the node's slice files are made on the spot (random BF16 weights) and taken away afterwards;
 * the disk is measured before and after, with `dd` and with a reader of our own that does nothing else; the node runs in a process and a control group of its own, one prefill pass,
 * then tokens at the end of the context; the other seven nodes are simulated. Seconds per token are the median.
 * Options: --only worker|master, --layers <n>, --context <n>, --kv-dtype f32|f16, --latency <ms>, --tokens <n>, --folder.
 */
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HearthError, InterruptedError, WrongUseError } from '../../engine/errors.js';
import { describeMachine } from '../../engine/report/machine.js';
import { formatBytes } from '../../engine/report/readable-amounts.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import { ControlGroup, emptyPageCache } from './control-group.js';
import { diskRates, type DiskRates } from './disk-rate.js';
import { median } from './median.js';
import type { SeventyBMeasured, SeventyBRequest } from './seventy-b-node.js';
import { seventyB, withLayers, type SeventyBName } from './seventy-b-shapes.js';
import { writeSeventyB } from './seventy-b-slices.js';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' }, layers: { type: 'string', default: '80' }, context: { type: 'string', default: '4096' },
    'kv-dtype': { type: 'string', default: 'f32' }, latency: { type: 'string', default: '0' },
    tokens: { type: 'string', default: '3' }, folder: { type: 'string', default: tmpdir() },
  },
});

/** Files that are read to know the disk, before and after each. */
const sampledFiles = 36;

await runCommand(async (signal) => {
  const unavailable = ControlGroup.unavailable();
  if (unavailable !== null) throw new WrongUseError('BENCH_GROUPS', `Memory cannot be measured here: it ${unavailable}.`);
  const machine = describeMachine();
  say(`${machine.cpu}, ${machine.physical_cores} cores, ${machine.instruction_set}`);
  const names = Object.keys(seventyB) as SeventyBName[];
  for (const name of names.filter((one) => flags.only === undefined || flags.only === one)) await bench(name, signal);
});

async function bench(name: SeventyBName, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(flags.folder, 'hearth-70b-'));
  try {
    const shape = withLayers(seventyB[name], Number(flags.layers));
    await writeSeventyB(folder, shape, signal, showProgress);
    endProgress();
    const all = (await readdir(folder)).filter((file) => file.endsWith('.ffn.safetensors')).map((file) => join(folder, file));
    const sample = (): string[] => all.sort(() => Math.random() - 0.5).slice(0, sampledFiles);
    const before = await diskRates(sample());
    // Nobody else runs this copy, so the group is charged for the program too.
    const program = join(folder, 'node');
    await copyFile(process.execPath, program);
    const { measured, peakBytes } = await measureInGroup(program, {
      name, folder, layers: Number(flags.layers), contextTokens: Number(flags.context), kvDtype: flags['kv-dtype'] === 'f16' ? 'f16' : 'f32',
      window: 2, decodeTokens: Number(flags.tokens), latencyMs: Number(flags.latency), threads: describeMachine().physical_cores,
    }, signal);
    print(shape.name, measured, peakBytes, [before, await diskRates(sample())]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureInGroup(
  program: string, request: SeventyBRequest, signal: AbortSignal,
): Promise<{ measured: SeventyBMeasured; peakBytes: number }> {
  const group = ControlGroup.create();
  try {
    emptyPageCache();
    const { file, args } = group.wrap([program, nodeEntry(), JSON.stringify(request)]);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const stop = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    const code = await new Promise<number | null>((done) => child.once('close', done));
    if (signal.aborted) throw new InterruptedError();
    if (code !== 0) throw new HearthError('BENCH_FAILED', 'The measured process failed; what it said stands above.', 4);
    return { measured: JSON.parse(output) as SeventyBMeasured, peakBytes: group.peakBytes() };
  } finally {
    await group.close();
  }
}

function nodeEntry(): string {
  return fileURLToPath(new URL('./seventy-b-node.js', import.meta.url));
}

function print(name: string, measured: SeventyBMeasured, peakBytes: number, disk: readonly DiskRates[]): void {
  const perToken = median(measured.seconds);
  const rate = measured.bytesPerToken / perToken;
  const own = Math.max(...disk.flatMap(({ dd, ddFour, alone }) => [dd, ddFour, alone]));
  say(`${name}: ${formatBytes(measured.bytesPerToken)} read per token, context ${flags.context} in ${flags['kv-dtype'].toUpperCase()} ` +
    `(${formatBytes(measured.kvCacheBytes)}), window 2 (${formatBytes(measured.weightBytes)})`);
  say(`  ${perToken.toFixed(2)} s per token (${measured.seconds.map((one) => one.toFixed(2)).join(', ')}; compute ` +
    `${(measured.computeMs / 1000).toFixed(2)} s, waiting for weights ${(measured.weightWaitMs / 1000).toFixed(2)} s); ` +
    `prefill of ${measured.prefillTokens} tokens ${measured.prefillSeconds.toFixed(1)} s`);
  say(`  reads ${formatBytes(rate)}/s, ${((rate / own) * 100).toFixed(0)} % of the most the disk gave in this run: ` +
    disk.map(({ dd, ddFour, alone }) => `dd ${formatBytes(dd)}/s, four at once ${formatBytes(ddFour)}/s, a reader of our own ` +
      `${formatBytes(alone)}/s`).join('; afterwards '));
  say(`  peak ${formatBytes(peakBytes)} in its control group from a cold cache, ${formatBytes(measured.peakRssBytes)} resident, ` +
    `${formatBytes(measured.predictedPeakBytes)} predicted`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
