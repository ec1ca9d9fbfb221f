/**
 * `npm run bench:window`: is reading hidden behind computing? Method: a synthetic model runs passes of many tokens, with all
 * weights in memory and through a window of two blocks in turns, in a control group whose disk is held to a rate that
 * follows from the compute time just measured: once so that reading takes 80 % of computing, once half of what computing
 * needs. Medians of passes. Options: --tokens <n>, --rounds <n>, --folder.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HearthError, WrongUseError } from '../../engine/errors.js';
import { describeMachine } from '../../engine/report/machine.js';
import { formatBytes } from '../../engine/report/readable-amounts.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import { ControlGroup } from './control-group.js';
import type { ModelShape } from './model-shape.js';
import { syntheticModelOf } from './synthetic-model.js';
import type { OverlapCalibration, OverlapMeasured, OverlapRequest } from './window-overlap-node.js';

const { values: flags } = parseArgs({
  options: {
    tokens: { type: 'string', default: '256' }, rounds: { type: 'string', default: '3' },
    folder: { type: 'string', default: tmpdir() },
  },
});

const unlimited = 1e12;

/** 0.7 GB in BF16 and blocks of two sizes, as a model has them. */
const shape: ModelShape = {
  dim: 1024, layers: 24, heads: 16, kvHeads: 4, ffnDim: 4096, vocab: 2048, contextLength: 1024, ropeTheta: 10_000, tied: false,
};

await runCommand(async (signal) => {
  const unavailable = ControlGroup.unavailable();
  if (unavailable !== null) throw new WrongUseError('BENCH_GROUPS', `The disk cannot be held to a rate here: it ${unavailable}.`);
  const machine = describeMachine();
  say(`${machine.cpu}, ${machine.physical_cores} cores, ${machine.instruction_set}`);
  const folder = await mkdtemp(join(flags.folder, 'hearth-window-'));
  try {
    const model = await syntheticModelOf(folder, 'window', shape, 'bf16', showProgress);
    endProgress();
    const request: OverlapRequest = {
      model, saveDir: join(folder, 'slices'), tokens: Number(flags.tokens), threads: machine.physical_cores, rounds: Number(flags.rounds),
    };
    await measure(request, folder, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

async function measure(request: OverlapRequest, folder: string, signal: AbortSignal): Promise<void> {
  // No limit yet, but the process has to be in the group that will have one.
  const group = ControlGroup.create({ read: { folder, bytesPerSecond: unlimited } });
  const { file, args } = group.wrap([process.execPath, nodeEntry(), JSON.stringify(request)]);
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async <T>(): Promise<T> => {
      const line = await lines.next();
      if (line.done === true) throw await endedEarly(ended);
      return JSON.parse(line.value) as T;
    };
    const { computeSeconds, bytes } = await next<OverlapCalibration>();
    say(`${formatBytes(bytes)} of weights; a pass of ${request.tokens} tokens computes ${computeSeconds.toFixed(2)} s with all of them in memory`);
    let compute = computeSeconds;
    for (const share of [0.8, 2]) {
      const rate = bytes / (share * compute);
      group.limitReads({ folder, bytesPerSecond: rate });
      child.stdin.write('measure\n');
      const measured = await next<OverlapMeasured>();
      print(share, rate, measured);
      compute = measured.resident;
    }
    child.stdin.end('end\n');
  } finally {
    stop();
    await ended;
    await group.close();
  }
}

async function endedEarly(ended: Promise<[number | null, string | null]>): Promise<HearthError> {
  const [code, signal] = await ended;
  return new HearthError('BENCH_FAILED', `The measured process ended early (${signal ?? code ?? 'unknown'}); what it said stands above.`, 4);
}

function print(share: number, rate: number, { resident, window, read }: OverlapMeasured): void {
  const sizes = `reading alone ${read.toFixed(2)} s, in memory ${resident.toFixed(2)} s, through the window ${window.toFixed(2)} s per pass`;
  say(`Disk held to ${formatBytes(rate)}/s (reading takes ${((read / resident) * 100).toFixed(0)} % of computing): ${sizes}`);
  if (share < 1) say(`  ${(resident / window).toFixed(3)}x of the speed without the window (to reach: 0.9)`);
  else say(`  ${(window / read).toFixed(3)}x of the pure read time (to stay within: 1.1)`);
}

function nodeEntry(): string {
  return fileURLToPath(new URL('./window-overlap-node.js', import.meta.url));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
