import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kernels } from '../../../native-kernels/index.js';
import { openModel } from '../../../engine/model/model-folder.js';
import { contextsByDefault, contextsWithin } from '../../../engine/shard/context-count.js';
import { KvCache, kvCacheBytes } from '../../../engine/shard/kv-cache.js';
import { shardMemory } from '../../../engine/shard/shard-plan.js';
import { soloSettings } from '../../../engine/shard/solo-settings.js';
import { checkContext, checkPass } from '../../../engine/shard/step-bounds.js';
import { partition } from '../../../engine/slices/partition.js';
import { goldenModel } from '../../golden/golden-model.js';

const model = await openModel(goldenModel('llama-gqa').path);
const load = { dtype: null, threads: 1, contextTokens: 16, kvDtype: 'f32' } as const;
const [whole] = partition(model.config, [1], { quantised: false });
const one = kvCacheBytes(model.config, whole!, 16, 'f32');

describe('the contexts of a KV cache', () => {
  test('are all counted before anything is loaded', () => {
    const bytes = (contexts: number) => shardMemory(soloSettings(model, { ...load, contexts })).kvCache;
    expect([bytes(1), bytes(2), bytes(5)]).toEqual([one, 2 * one, 5 * one]);
    expect(shardMemory(soloSettings(model, load)).kvCache).toBe(one);
  });

  test('are as many as a budget has room for on the node with the most, and one at least', () => {
    expect(contextsWithin(model, load, [1], one * 3 + 1)).toBe(3);
    expect(contextsWithin(model, load, [1], one - 1)).toBe(1);
    expect(contextsWithin(model, load, [1, 1], one)).toBe(2);
    expect(contextsWithin(model, load, [1], Number.MAX_SAFE_INTEGER)).toBe(64);
  });

  test('are one where memory is short, and few where nobody said', () => {
    const { weights, kvCache, activations } = shardMemory(soloSettings(model, load));
    const needed = weights + kvCache + activations;
    expect(contextsByDefault(model, load, needed, true)).toBe(1);
    expect(contextsByDefault(model, load, 0, true)).toBe(1);
    expect(contextsByDefault(model, load, needed + 8 * one, true)).toBe(3);
    expect(contextsByDefault(model, load, needed + 8 * one - weights, false)).toBe(3);
    expect(contextsByDefault(model, load, 1e12, true)).toBe(4);
  });

  test.each(['f32', 'f16'] as const)('hold their own keys and values, and copy a beginning head by head: %s', (dtype) => {
    const cache = new KvCache(model.config, whole!, 16, dtype, 3);
    const bytes = kvCacheBytes(model.config, whole!, 16, dtype);
    const { nLayers, nKvHeads, headDim } = model.config;
    const rowBytes = headDim * (dtype === 'f32' ? 4 : 2);
    try {
      // Every row of context 1 tells its place: (layer, k or v, head, position).
      const filled = new Uint8Array(bytes);
      for (let row = 0; row < bytes / rowBytes; row++) filled.fill(1 + (row % 251), row * rowBytes, (row + 1) * rowBytes);
      kernels.write(cache.memory, bytes, filled);
      cache.use(2);
      expect(cache.keys(0)).toBe(2 * bytes);
      expect(cache.values(nLayers - 1)).toBe(3 * bytes - nKvHeads * 16 * rowBytes);
      cache.copy(1, 2, 5);
      const copied = new Uint8Array(bytes);
      kernels.read(cache.memory, 2 * bytes, copied);
      const expected = filled.map((byte, at) => (Math.floor(at / rowBytes) % 16 < 5 ? byte : 0));
      expect(Buffer.compare(copied, expected)).toBe(0);
      const untouched = new Uint8Array(bytes);
      kernels.read(cache.memory, 0, untouched);
      expect(untouched.every((byte) => byte === 0)).toBe(true);
    } finally {
      cache.close();
    }
  });
});

describe('a step that another node asks for', () => {
  test('is refused outside the contexts, positions and passes there are, and only there', () => {
    const u32 = fc.oneof(fc.nat(40), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    fc.assert(fc.property(u32, u32, u32, (context, position, tokens) => {
      const there = { contexts: 3, capacity: 16, tokensPerPass: 8 };
      const refuses = (act: () => void): boolean => {
        try {
          act();
          return false;
        } catch (error) {
          expect(error).toMatchObject({ code: 'STEP_OUT_OF_BOUNDS', exitCode: 4 });
          return true;
        }
      };
      expect(refuses(() => checkContext(there, context, position, tokens))).toBe(!(context < 3 && position + tokens <= 16));
      expect(refuses(() => checkPass(there, tokens))).toBe(tokens < 1 || tokens > 8);
    }), process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) });
  });
});
