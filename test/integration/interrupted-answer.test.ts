import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { laptopsHere, reportOf, start, startAll, type Laptop, type Report } from './hand-run.js';
import { endAllProcesses, type HearthProcess } from './hearth-process.js';
import { writeRandomModel } from './random-model.js';

let folder: string;
let laptops: Laptop[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-interrupt-'));
  laptops = laptopsHere(folder, 3);
});
afterEach(async () => {
  await endAllProcesses();
  rmSync(folder, { recursive: true, force: true });
});

type AnswerReport = Report & { finish_reason: string };

/** The report of the `count`-th answer so far. */
async function report(master: HearthProcess, count: number): Promise<AnswerReport> {
  await master.says(new RegExp(`(^\\{"model".*\\n[^]*){${count}}`, 'm'), 'stdout');
  const lines = master.stdout.split('\n').filter((line) => line.startsWith('{"model"'));
  return JSON.parse(lines[count - 1] ?? '') as AnswerReport;
}

const readByNode = ({ nodes }: Report): number[] => nodes.map((node) => node.weight_bytes_read);
const question = 'tell me a story';

test.each(['star', 'ring'])('Ctrl-C on the master of a %s stops one answer and leaves the nodes ready for the next', async (collective) => {
  const model = writeRandomModel(join(folder, 'model'));
  const whole = ['--temperature', '0', '--threads', '1', '--json', '--disable-memory-schedule'];
  const alone = start(laptops[0]!, ['run', '--model-path', model, '--prompt', question, '--length', '400', ...whole]);
  expect((await alone.ended).code).toBe(0);

  const { master, workers } = await startAll(laptops, {
    model,
    flags: [
      '--interactive', '--length', '400', '--context-length', '1024', '--collective', collective, '--save-dir', join(folder, 'slices'), ...whole,
    ],
    workerFlags: ['--disable-memory-schedule', '--threads', '1'],
  });
  await Promise.all(workers.map((worker) => worker.says(/^Ready/m)));
  const saidWhenReady = workers.map((worker) => worker.stderr);
  master.type(`${question}\n`);
  const first = await report(master, 1);
  expect(first.tokens).toEqual(reportOf(alone).tokens);

  for (let stopped = 2; stopped < 4; stopped++) {
    const answeredBefore = master.stdout.length;
    master.type('and another one\n');
    await master.says(new RegExp(`[^]{${answeredBefore + 20}}`), 'stdout');
    master.kill('SIGINT');
    const { finish_reason: reason, tokens } = await report(master, stopped);
    expect(reason).toBe('aborted');
    expect(tokens.length).toBeLessThan(400);
  }

  master.type(`${question}\n`);
  const last = await report(master, 4);
  expect(last.tokens).toEqual(first.tokens);
  // Not a byte of weights was read again, but for the rows of the prompt's tokens that rank 0 looks up by position.
  expect(readByNode(last).slice(1)).toEqual(readByNode(first).slice(1));
  expect(workers.map((worker) => worker.stderr)).toEqual(saidWhenReady);

  master.kill('SIGINT');
  expect((await master.ended).code).toBe(0);
  for (const worker of workers) expect(await worker.ended).toMatchObject({ code: 0, signal: null });
});
