import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ControlGroup } from '../../main/bench/control-group.js';
import type { ModelShape } from '../../main/bench/model-shape.js';
import { syntheticModelOf } from '../../main/bench/synthetic-model.js';
import { copiesOfNode, runInGroups, type GroupedRun } from './memory-world.js';

const unavailable = ControlGroup.unavailable();
if (unavailable !== null) console.warn(`Skipping what is measured in control groups: ${unavailable}.`);

/** 0.8 GB in BF16, the largest block 50 MB, so that half of it still outweighs what a program needs to start. */
const shape: ModelShape = {
  dim: 1024, layers: 14, heads: 16, kvHeads: 4, ffnDim: 8192, vocab: 2048, contextLength: 1024, ropeTheta: 10_000, tied: false,
};
const sliceBytes = 780e6;

describe.skipIf(unavailable !== null)('Under a memory limit, from a cold cache, a model much larger than memory', () => {
  let folder = '';
  let model = '';
  let programs: string[] = [];
  /** What every way to run must answer. */
  let expected: number[] = [];

  const run = (worldSize: number, flags: readonly string[], memoryBytes?: number): Promise<GroupedRun> => {
    const saveDir = join(folder, `slices-${worldSize}`);
    const words = ['--model-path', model, '--prompt', 'hi', '--length', '6', '--save-dir', saveDir, ...flags];
    return runInGroups(programs, worldSize, words, memoryBytes === undefined ? {} : { memoryBytes }, (rank) => join(saveDir, `node_${rank}`));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-memory-'));
    mkdirSync(join(folder, 'programs'));
    programs = copiesOfNode(join(folder, 'programs'), 2);
    model = await syntheticModelOf(folder, 'memory', shape, 'bf16');
    expected = (await run(1, ['--disable-memory-schedule'])).report?.tokens ?? [];
    expect(expected).toHaveLength(6);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.each([1, 2])('over %i node(s) through a window of 2', (worldSize) => {
    let predicted: number[] = [];

    test('slices and answers, and takes no more than 1.1 times what was predicted while it slices either', async () => {
      // Nobody knows the prediction before the first run has printed it; this limit is below twice of any.
      const first = await run(worldSize, ['--memory-window', '2'], 280e6);
      expect(first.report?.tokens, first.stderr).toEqual(expected);
      predicted = first.report?.nodes.map((node) => node.predicted_peak_bytes) ?? [];
      for (const [rank, bytes] of predicted.entries()) {
        expect(2 * bytes).toBeGreaterThanOrEqual(280e6);
        expect((first.peaks[rank] ?? Infinity) / bytes, `rank ${rank}: ${bytes} predicted, ${first.peaks[rank]} counted`).toBeLessThanOrEqual(1.1);
      }
    });

    test('answers the same, and takes no more than 1.1 times what was predicted, page cache counted', async () => {
      const limit = 2 * Math.min(...predicted);
      expect(limit).toBeLessThan(0.6 * sliceBytes);
      const { report, peaks, stderr } = await run(worldSize, ['--memory-window', '2'], limit);
      expect(report?.tokens, stderr).toEqual(expected);
      expect(report?.nodes).toHaveLength(worldSize);
      for (const node of report?.nodes ?? []) {
        const counted = peaks[node.rank] ?? Infinity;
        const said = `rank ${node.rank}: ${node.predicted_peak_bytes} predicted, ${node.peak_rss_bytes} resident, ${counted} counted`;
        expect(counted / node.predicted_peak_bytes, said).toBeLessThanOrEqual(1.1);
        expect(counted / node.predicted_peak_bytes, said).toBeGreaterThanOrEqual(0.9);
        expect(node.predicted_peak_bytes / node.peak_rss_bytes, said).toBeLessThanOrEqual(1.1);
        expect(node.predicted_peak_bytes / node.peak_rss_bytes, said).toBeGreaterThanOrEqual(0.9);
      }
    });

    test('is refused with the numbers before it starts where the window is off', async () => {
      const refused = await run(worldSize, ['--disable-memory-schedule'], 2 * Math.min(...predicted));
      expect(refused.code, refused.stderr).toBe(2);
      expect(refused.stderr).toMatch(/needs \d[\d.]* MB of memory \(\d[\d.]* MB of it for weights\) and \d[\d.]* MB are available/);
      expect(refused.stderr).toContain('--memory-window 2');
    });
  });

  test('keeps a budget, reads less per token the larger it is, and names the least where it is too small', async () => {
    const read: number[] = [];
    for (const megabytes of [260, 400, 550]) {
      const { report, peaks, stderr } = await run(1, ['--memory-budget', `${megabytes}MB`]);
      expect(report?.tokens, stderr).toEqual(expected);
      // No limit holds it back: it keeps the budget by itself.
      expect(peaks[0]).toBeLessThanOrEqual(megabytes * 1e6);
      read.push(report?.nodes[0]?.weight_bytes_read ?? 0);
    }
    const [least = 0, more = 0, most = 0] = read;
    // Of seven passes' worth of reads, what is resident is read once.
    expect(least - more).toBeGreaterThan(5 * 100e6);
    expect(more - most).toBeGreaterThan(5 * 100e6);
    const refused = await run(1, ['--memory-budget', '120MB']);
    expect(refused.code, refused.stderr).toBe(2);
    const needed = Number(/needs at least ([\d.]+) MB and the budget is 120.0 MB/.exec(refused.stderr)?.[1]);
    expect(needed).toBeGreaterThan(120);
    const enough = await run(1, ['--memory-budget', `${Math.ceil(needed + 5)}MB`], Math.ceil(needed + 5) * 1e6);
    expect(enough.report?.tokens, enough.stderr).toEqual(expected);
  });
});
