import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { goldenModel } from '../golden/golden-model.js';
import { allDone, reportOf, start, startAll, type Laptop } from '../integration/hand-run.js';
import { endAllProcesses } from '../integration/hearth-process.js';
import { smollm2Missing, smollm2Path } from '../integration/smollm2-model.js';
import { namespacesMissing, Network } from './network.js';

const missing = namespacesMissing();
const smollm2 = await smollm2Path();
let folder: string;
let network: Network | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-namespaces-'));
});
afterEach(async () => {
  await endAllProcesses();
  network?.remove();
  network = null;
  rmSync(folder, { recursive: true, force: true });
});

/** Machines on one bridge, each with an empty disk. */
function laptopsOnBridge(count: number): Laptop[] {
  network = new Network(count);
  return network.nodes.map(({ address, within }, rank) => {
    const home = join(folder, `home-${rank}`);
    mkdirSync(home);
    return { home, address, within };
  });
}

async function tokensAlone(model: string, flags: readonly string[]): Promise<number[]> {
  const home = join(folder, 'alone');
  mkdirSync(home);
  const one = start({ home, address: '127.0.0.1' }, ['run', '--model-path', model, ...flags]);
  await allDone({ master: one, workers: [] });
  return reportOf(one).tokens;
}

/** Runs twice over `count` machines: from empty disks, then with the slices in place. */
async function answersTwice(count: number, model: string, flags: readonly string[]): Promise<void> {
  const expected = await tokensAlone(model, flags);
  const laptops = laptopsOnBridge(count);
  const options = { model, flags: [...flags, '--save-dir', join(folder, 'slices')] };

  const first = await startAll(laptops, options);
  await allDone(first);
  expect(reportOf(first.master).tokens).toEqual(expected);
  expect(reportOf(first.master).nodes.map(({ rank }) => rank)).toEqual(laptops.map((_, rank) => rank));
  for (const [index, worker] of first.workers.entries()) {
    expect(worker.stderr).toMatch(/Slice: [\d.]+ [kM]B fetched, 0 B kept/);
    expect(first.master.stderr).toContain(`Rank ${index + 1} joined from ${laptops[index + 1]!.address}.`);
  }

  const second = await startAll(laptops, options);
  await allDone(second);
  expect(reportOf(second.master).tokens).toEqual(expected);
  for (const worker of second.workers) expect(worker.stderr).toMatch(/Slice: 0 B fetched, [\d.]+ [kM]B kept/);
}

describe.skipIf(missing !== null)(`machines on one bridge${missing === null ? '' : ` (${missing})`}`, () => {
  const ask = ['--prompt', 'Once upon a time', '--length', '32', '--temperature', '0', '--threads', '1', '--json'];

  test.each([
    { count: 2, collective: 'star' }, { count: 4, collective: 'star' }, { count: 4, collective: 'ring' },
  ])('$count nodes in a $collective fetch their slices and answer, then again with slices in place', async ({ count, collective }) => {
    await answersTwice(count, goldenModel('llama-gqa').path, [...ask, '--collective', collective]);
  });

  test.skipIf(smollm2 === null)(`4 nodes share SmolLM2${smollm2 === null ? ` (${smollm2Missing})` : ''}`, async () => {
    await answersTwice(4, smollm2 ?? '', ask);
  });

  test('a machine whose cable is pulled is missed by all others', async () => {
    const laptops = laptopsOnBridge(4);
    const run = await startAll(laptops, {
      model: goldenModel('llama-gqa').path,
      flags: ['--interactive', '--length', '4', '--context-length', '64', '--save-dir', join(folder, 'slices'), '--collective', 'ring'],
    });
    run.master.type('hello\n');
    await run.master.says(/\n/, 'stdout');
    network?.plug(2, false);
    for (const node of [run.master, run.workers[0]!, run.workers[2]!]) {
      expect((await node.ended).code, node.stderr).toBe(4);
      expect(node.failure).toContain('Node 2 was lost');
    }
    // It cannot tell its own cable from the others'.
    expect((await run.workers[1]!.ended).code).toBe(4);
    expect(run.workers[1]!.failure).toContain('Node 0 was lost');
  });
});
