import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openModel } from '../../engine/model/model-folder.js';
import type { ModelConfig } from '../../engine/model/model-config.js';
import { ropeFrequencies } from '../../engine/model/rope-frequencies.js';
import { Shard } from '../../engine/shard/shard.js';
import { soloSettings } from '../../engine/shard/solo-settings.js';
import type { ShardSettings } from '../../engine/shard/shard-settings.js';
import { goldenModel, largestDifference, type goldenNames } from '../golden/golden-model.js';

interface Mutant {
  feature: string;
  model: (typeof goldenNames)[number];
  break: (settings: ShardSettings) => ShardSettings;
}

const config = (settings: ShardSettings, change: Partial<ModelConfig>): ShardSettings => {
  const config = { ...settings.config, ...change };
  return { ...settings, config, frequencies: ropeFrequencies(config) };
};

/** Leaves tensors out of every block, as if the feature that uses them were not there. */
const without = (settings: ShardSettings, suffix: RegExp): ShardSettings => ({
  ...settings,
  blocks: settings.blocks.map((block) => ({
    ...block, tensors: block.tensors.filter((tensor) => !suffix.test(tensor.name)),
  })),
});

/** Every group of query heads reads the KV head of the next group: the rows of keys and values move on by one head. */
function rotateKvHeads(settings: ShardSettings): ShardSettings {
  const { weights } = settings;
  if (weights.kind !== 'checkpoint') throw new Error('the golden models run from their checkpoint');
  for (const { name, file, offset, bytes } of weights.tensors) {
    if (!/[kv]_proj\.weight$/.test(name)) continue;
    // The golden model is a copy of this test's own.
    const content = readFileSync(file);
    const rows = Buffer.from(content.subarray(offset, offset + bytes));
    const headBytes = bytes / settings.config.nKvHeads;
    Buffer.concat([rows.subarray(headBytes), rows.subarray(0, headBytes)]).copy(content, offset);
    writeFileSync(file, content);
  }
  return settings;
}

/** One wrong implementation per feature: the golden comparison must tell each from the right one. */
const mutants: Mutant[] = [
  { feature: 'RoPE', model: 'llama-gqa', break: (s) => ({ ...s, frequencies: new Float32Array(s.frequencies.length) }) },
  { feature: 'RoPE pairing', model: 'llama-gqa', break: (s) => config(s, { ropeStyle: 'interleaved' }) },
  { feature: 'RoPE scaling', model: 'llama3-rope', break: (s) => config(s, { ropeScaling: null }) },
  { feature: 'RoPE base', model: 'llama-gqa', break: (s) => config(s, { ropeTheta: s.config.ropeTheta * 2 }) },
  { feature: 'norm epsilon', model: 'llama-gqa', break: (s) => config(s, { rmsEps: 1e-6 }) },
  { feature: 'q and k norms', model: 'qwen3', break: (s) => without(s, /[qk]_norm\.weight$/) },
  { feature: 'q, k and v biases', model: 'qwen2', break: (s) => without(s, /_proj\.bias$/) },
  { feature: 'GQA mapping', model: 'llama-gqa', break: rotateKvHeads },
  { feature: 'sliding window', model: 'mistral', break: (s) => config(s, { slidingWindow: 0 }) },
];

describe('the golden comparison', () => {
  test.each(mutants)('catches a broken $feature', async ({ model, break: mutate }) => {
    const golden = goldenModel(model);
    const options = { dtype: null, threads: 1, contextTokens: 128, kvDtype: 'f32' as const };
    const shard = new Shard();
    try {
      await shard.load(mutate(soloSettings(await openModel(golden.path), options)));
      await shard.pass(golden.prompt, 0, 1);
      const right = golden.logits.find(({ position }) => position === golden.prompt.length - 1);
      expect(largestDifference(shard.logits, right?.row ?? [])).toBeGreaterThan(0.05);
    } finally {
      await shard.close();
    }
  });
});
