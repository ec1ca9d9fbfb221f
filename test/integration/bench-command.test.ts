import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BenchRow } from '../../main/bench/bench-row.js';
import { peerVersion } from '../../main/bench/llama-cpp-peer.js';
import { endAllProcesses, HearthProcess } from './hearth-process.js';

interface Report {
  machine: object;
  read_bandwidth_gb_s: number;
  rows: BenchRow[];
}

let home: string;
beforeAll(async () => (home = await mkdtemp(join(tmpdir(), 'hearth-bench-command-'))));
afterAll(async () => {
  await endAllProcesses();
  await rm(home, { recursive: true, force: true });
});

/** Of the SmolLM2-135M shape: the layers' matrices, and the output head. */
const layerWeights = 30 * (2 * 576 * 576 + 2 * 192 * 576 + 3 * 576 * 1536);
const headWeights = 49152 * 576;

test('hearth bench measures synthetic weights beside llama.cpp and prints the figures as one JSON object on the last line', async () => {
  const words = ['--shape', 'smollm2-135m', '--dtypes', 'q4_0', '--prompt-tokens', '8', '--decode-tokens', '2', '--rounds', '1', '--json'];
  const run = new HearthProcess(['bench', ...words], { home });
  expect((await run.ended).code, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/a kernel call costs -?\d+ ns over the native one/);
  const report = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as Report;
  expect(Object.keys(report)).toEqual(['machine', 'read_bandwidth_gb_s', 'rows']);
  expect(report.rows).toHaveLength(1);
  const [row] = report.rows as [BenchRow];
  expect(Object.keys(row)).toEqual([
    'model', 'dtype', 'prefill_tok_per_s', 'decode_tok_per_s', 'prefill_gflops', 'bandwidth_share', 'peer',
  ]);
  expect(row).toMatchObject({ model: 'smollm2-135m-q4_0', dtype: 'q4_0' });

  // Both derived figures follow from the speeds and the shape; a block of Q4_0 holds 32 weights in 18 bytes.
  expect(row.prefill_gflops / ((2 * layerWeights * row.prefill_tok_per_s) / 1e9)).toBeCloseTo(1, 3);
  const bytesPerSecond = ((layerWeights + headWeights) / 32) * 18 * row.decode_tok_per_s;
  expect(row.bandwidth_share / (bytesPerSecond / (report.read_bandwidth_gb_s * 1e9))).toBeCloseTo(1, 2);

  const version = await peerVersion();
  if (version === null) expect(row.peer).toBeNull();
  else expect(row.peer).toMatchObject({ version, prefill_tok_per_s: expect.any(Number) as number, decode_tok_per_s: expect.any(Number) as number });
});
