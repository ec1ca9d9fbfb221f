import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Dtype } from '../../engine/formats/dtype.js';
import type { World } from '../../engine/master-node.js';
import type { WindowChoice } from '../../engine/memory/window-choice.js';
import { openModel } from '../../engine/model/model-folder.js';
import { Shard } from '../../engine/shard/shard.js';
import { soloSettings } from '../../engine/shard/solo-settings.js';
import { goldenModel, goldenNames, largestDifference } from '../golden/golden-model.js';
import { greedyTokens } from './greedy-tokens.js';
import { localWorld } from './local-world.js';

const slices = mkdtempSync(join(tmpdir(), 'hearth-worlds-'));
afterAll(() => rmSync(slices, { recursive: true, force: true }));

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

/** Tokens and last logits of one node, all resident: what every other way to run must agree with. */
async function alone(path: string, prompt: readonly number[], dtype: Dtype | null) {
  const shard = new Shard();
  try {
    await shard.load(soloSettings(await openModel(path), { dtype, threads: 1, contextTokens: 128, kvDtype: 'f32' }));
    const tokens = await greedyTokens(shard, prompt, 64);
    return { tokens, logits: Float32Array.from(shard.logits) };
  } finally {
    await shard.close();
  }
}

const off: WindowChoice = { kind: 'off' };
const window = (blocks: number): WindowChoice => ({ kind: 'window', blocks });

interface Shape {
  name: string;
  worldSize: number;
  ratio?: readonly number[];
  collective?: 'star' | 'ring';
  window: WindowChoice;
}

const few: Shape[] = [
  { name: 'one node through a window of 2', worldSize: 1, window: window(2) },
  { name: 'two nodes', worldSize: 2, window: off },
  { name: 'two nodes in a ring, window 4', worldSize: 2, collective: 'ring', window: window(4) },
  { name: 'three nodes 5:2:1, window 2', worldSize: 3, ratio: [5, 2, 1], window: window(2) },
  { name: 'three nodes 5:2:1 in a ring', worldSize: 3, ratio: [5, 2, 1], collective: 'ring', window: off },
  { name: 'four nodes, window 2', worldSize: 4, window: window(2) },
  { name: 'five nodes in a ring, window 2', worldSize: 5, collective: 'ring', window: window(2) },
  { name: 'five nodes', worldSize: 5, window: off },
];

/** One to five nodes, even and uneven shares, one of them nothing at all, in a star and in a ring, through every window. */
function everyShape(): Shape[] {
  const ratios = [[1], [1, 1], [1, 3], [1, 1, 1], [5, 2, 1], [1, 1, 1, 1], [4, 1, 0, 2], [1, 1, 1, 1, 1]];
  return ratios.flatMap((ratio) => (['star', 'ring'] as const).flatMap((collective) => [off, window(2), window(4)].map((memory) => ({
    name: `${ratio.join(':')} in a ${collective}, window ${memory.kind === 'window' ? memory.blocks : 'off'}`,
    worldSize: ratio.length, ratio, collective, window: memory,
  }))));
}

const all = process.env['HEARTH_FULL'] === '1';
const shapes = all ? everyShape() : few;

/** Without `npm run test:integration:full` every model takes half of the few shapes, its neighbour the other half. */
const shapesOf = (name: (typeof goldenNames)[number]): Shape[] =>
  all ? shapes : few.filter((_, index) => index % 2 === goldenNames.indexOf(name) % 2);

describe.each(goldenNames)('the %s model', (name) => {
  const golden = goldenModel(name);

  test.each(shapesOf(name))('gives the same 64 tokens on $name', async (shape) => {
    world = await localWorld(await openModel(golden.path), { ...shape, saveDir: join(slices, `${name}-${(shape.ratio ?? [shape.worldSize]).join('-')}`) });
    expect(await greedyTokens(world.shard, golden.prompt, 64)).toEqual(golden.greedy);
    // One more pass as a prefill, whose last row transformers has stored too.
    const last = golden.logits.find(({ position }) => position === golden.prompt.length - 1);
    await world.shard.pass(golden.prompt, 0, 1);
    expect(largestDifference(world.shard.logits, last?.row ?? [])).toBeLessThanOrEqual(1e-3);
  });
});

describe.each(['q8_0', 'q4_0'] as const)('weights in %s', (dtype) => {
  const golden = goldenModel('llama-gqa');

  test.each(shapes)('give the same 64 tokens on $name, logits within 1e-2', async (shape) => {
    const expected = await alone(golden.path, golden.prompt, dtype);
    world = await localWorld(await openModel(golden.path), {
      ...shape, load: { dtype }, saveDir: join(slices, `${dtype}-${(shape.ratio ?? [shape.worldSize]).join('-')}`),
    });
    expect(await greedyTokens(world.shard, golden.prompt, 64)).toEqual(expected.tokens);
    expect(largestDifference(world.shard.logits, expected.logits)).toBeLessThanOrEqual(1e-2);
  });
});
