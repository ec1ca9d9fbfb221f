import { afterEach, describe, expect, test } from 'vitest';
import { openModel } from '../../engine/model/model-folder.js';
import { Shard } from '../../engine/shard/shard.js';
import { soloSettings } from '../../engine/shard/solo-settings.js';
import { goldenModel, goldenNames, largestDifference } from '../golden/golden-model.js';
import { greedyTokens } from './greedy-tokens.js';

describe.each(goldenNames)('the %s model', (name) => {
  const golden = goldenModel(name);
  let shard: Shard | null = null;

  afterEach(async () => {
    await shard?.close();
    shard = null;
  });

  const load = async (threads: number): Promise<Shard> => {
    const options = { dtype: null, threads, contextTokens: 128, kvDtype: 'f32' as const };
    shard = new Shard();
    await shard.load(soloSettings(await openModel(golden.path), options));
    return shard;
  };

  test('gives the logits of transformers within 1e-3, prefilled and decoded', async () => {
    const loaded = await load(1);
    const context = [...golden.prompt, ...golden.greedy];
    let position = 0;
    for (const { position: wanted, row } of golden.logits) {
      // The prompt in one pass per wanted row, what follows token by token, as an answer is made.
      while (position <= wanted) {
        const end = wanted < golden.prompt.length ? wanted + 1 : position + 1;
        await loaded.pass(context.slice(position, end), position, 1);
        position = end;
      }
      expect(largestDifference(loaded.logits, row), `logits after position ${wanted}`).toBeLessThanOrEqual(1e-3);
    }
  });

  test.each([1, 2])('gives the same 64 greedy tokens as transformers with %i threads', async (threads) => {
    expect(await greedyTokens(await load(threads), golden.prompt, golden.greedy.length)).toEqual(golden.greedy);
  });
});
