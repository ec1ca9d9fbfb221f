import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Dtype } from '../../engine/formats/dtype.js';
import type { World } from '../../engine/master-node.js';
import { openModel } from '../../engine/model/model-folder.js';
import { Shard } from '../../engine/shard/shard.js';
import { soloSettings } from '../../engine/shard/solo-settings.js';
import { largestDifference } from '../golden/golden-model.js';
import { greedyTokens } from './greedy-tokens.js';
import { localWorld } from './local-world.js';
import { smollm2Golden, smollm2Missing, smollm2Path } from './smollm2-model.js';

const path = (await smollm2Path()) ?? '';
const prompts = smollm2Golden();
const capacity = Math.max(...prompts.map(({ prompt }) => prompt.length)) + 64;
const slices = mkdtempSync(join(tmpdir(), 'hearth-smollm2-'));
afterAll(() => rmSync(slices, { recursive: true, force: true }));

describe.skipIf(path === '')(`SmolLM2${path === '' ? ` (${smollm2Missing})` : ''}`, () => {
  let world: World | null = null;
  let shard: Shard | null = null;
  afterEach(async () => {
    await world?.close();
    await shard?.close();
    world = null;
    shard = null;
  });

  const alone = async (dtype: Dtype | null): Promise<Shard> => {
    shard = new Shard();
    await shard.load(soloSettings(await openModel(path), { dtype, threads: 2, contextTokens: capacity, kvDtype: 'f32' }));
    return shard;
  };

  test('widened to F32 gives the 64 greedy tokens of transformers on three prompts', async () => {
    const loaded = await alone('f32');
    for (const { prompt, greedy } of prompts) expect(await greedyTokens(loaded, prompt, 64)).toEqual(greedy);
  });

  test.each([
    { dtype: 'f32' as const, worldSize: 4, collective: 'star' as const, window: 0, within: 1e-3 },
    { dtype: null, worldSize: 2, collective: 'star' as const, window: 0, within: 1e-2 },
    { dtype: null, worldSize: 3, collective: 'ring' as const, window: 4, within: 1e-2 },
    { dtype: null, worldSize: 4, collective: 'star' as const, window: 2, within: 1e-2 },
  ])('answers the same on $worldSize nodes ($collective, window $window, $dtype)', async (shape) => {
    const loaded = await alone(shape.dtype);
    // A window reads every weight again for every token, and four nodes wait for each other's turns on two cores: one prompt says enough.
    const asked = shape.window === 0 && shape.worldSize < 4 ? prompts : prompts.slice(0, 1);
    const expected: { tokens: number[]; logits: Float32Array }[] = [];
    for (const { prompt } of asked) {
      const tokens = await greedyTokens(loaded, prompt, 64);
      await loaded.pass(prompt, 0, 1);
      expected.push({ tokens, logits: Float32Array.from(loaded.logits) });
    }
    world = await localWorld(await openModel(path), {
      worldSize: shape.worldSize,
      collective: shape.collective,
      window: shape.window === 0 ? { kind: 'off' } : { kind: 'window', blocks: shape.window },
      load: { dtype: shape.dtype, contextTokens: capacity },
      saveDir: join(slices, `${shape.dtype ?? 'stored'}-${shape.worldSize}`),
    });
    for (const [index, { prompt }] of asked.entries()) {
      expect(await greedyTokens(world.shard, prompt, 64)).toEqual(expected[index]?.tokens);
      await world.shard.pass(prompt, 0, 1);
      expect(largestDifference(world.shard.logits, expected[index]?.logits ?? [])).toBeLessThanOrEqual(shape.within);
    }
  });
});
