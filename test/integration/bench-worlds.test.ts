import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModelShape } from '../../main/bench/model-shape.js';
import { syntheticModelOf } from '../../main/bench/synthetic-model.js';
import type { WorldRow } from '../../main/bench/world-row.js';
import { endAllProcesses, HearthProcess } from './hearth-process.js';

const tiny: ModelShape = {
  dim: 64, layers: 2, heads: 4, kvHeads: 2, ffnDim: 96, vocab: 320, contextLength: 128, ropeTheta: 10_000, tied: false,
};

let home: string;
let model: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hearth-bench-'));
  model = await syntheticModelOf(home, 'tiny', tiny, 'f32');
});
afterAll(async () => {
  await endAllProcesses();
  await rm(home, { recursive: true, force: true });
});

async function bench(...words: string[]): Promise<{ rows: WorldRow[]; stdout: string }> {
  const flags = ['--model-path', model, '--dtype', 'f32', '--prompt-tokens', '12', '--decode-tokens', '6', '--rounds', '2', '--json'];
  const run = new HearthProcess(['bench', ...flags, ...words], { home });
  const { code } = await run.ended;
  expect(code, run.stderr).toBe(0);
  const { rows } = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as { rows: WorldRow[] };
  return { rows, stdout: run.stdout };
}

test('hearth bench --world-size measures one node and several side by side, and leaves no slices', async () => {
  const { rows, stdout } = await bench('--world-size', '2,3', '--threads', '2');
  expect(rows.map((row) => [row.world_size, row.threads_per_node, row.memory_window])).toEqual([[1, 2, 0], [2, 1, 0], [3, 1, 0]]);
  for (const row of rows) {
    expect(row.dtype).toBe('f32');
    expect(row.prefill_tok_per_s).toBeGreaterThan(0);
    expect(row.decode_tok_per_s).toBeGreaterThan(0);
    const { compute, allreduce_wait: wait, wire, weight_wait: weights } = row.ms_per_token;
    expect(compute).toBeGreaterThan(0);
    expect(wire > 0).toBe(row.world_size > 1);
    expect(Math.min(wait, weights)).toBeGreaterThanOrEqual(0);
    expect(row.ratio_to_one.decode).toBeGreaterThan(0);
    expect(stdout).toMatch(new RegExp(`${row.world_size} nodes? x ${row.threads_per_node} threads?: prefill \\d+ tok/s`));
  }
  expect(rows[0]?.ratio_to_one).toEqual({ prefill: 1, decode: 1 });
  expect(await readdir(join(home, 'bench'))).toEqual([]);
});

test('with --memory-window every number of nodes reads its weights as it goes', async () => {
  const { rows } = await bench('--world-size', '2', '--memory-window', '2');
  expect(rows.map((row) => [row.world_size, row.memory_window])).toEqual([[1, 2], [2, 2]]);
});
