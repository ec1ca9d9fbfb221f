import fc from 'fast-check';
import type { ModelConfig } from '../../../engine/model/model-config.js';

/** Runs of one test can be repeated: fast-check prints the seed of a failure, and HEARTH_SEED sets it. */
export const seeded: fc.Parameters<unknown> =
  process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };

/** Models of any head count, group, head size and width that real ones could have. */
export const randomModel: fc.Arbitrary<ModelConfig> = fc
  .record({
    nKvHeads: fc.integer({ min: 1, max: 40 }),
    group: fc.integer({ min: 1, max: 9 }),
    headDim: fc.constantFrom(2, 8, 16, 24, 32, 48, 64, 80, 96, 128),
    ffnDim: fc.oneof(fc.integer({ min: 1, max: 900 }).map((n) => n * 32), fc.integer({ min: 1, max: 3000 })),
    dim: fc.integer({ min: 1, max: 20 }).map((n) => n * 32),
    nLayers: fc.integer({ min: 1, max: 4 }),
    vocab: fc.integer({ min: 1, max: 5000 }),
    qkvBias: fc.boolean(),
    outputBias: fc.boolean(),
    qkNorm: fc.boolean(),
    tiedEmbeddings: fc.boolean(),
  })
  .map(({ group, ...counts }) => ({ ...plainModel, ...counts, nHeads: counts.nKvHeads * group }));

const plainModel: ModelConfig = {
  architecture: 'llama', dim: 64, nLayers: 2, nHeads: 4, nKvHeads: 2, headDim: 32, ffnDim: 160, vocab: 288,
  maxPositions: 256, rmsEps: 1e-5, ropeTheta: 10000, ropeScaling: null, ropeStyle: 'half-split', slidingWindow: 0,
  qkvBias: false, outputBias: false, qkNorm: false, tiedEmbeddings: false,
};

/** A small Llama with `changes`. */
export function modelOf(changes: Partial<ModelConfig>): ModelConfig {
  return { ...plainModel, ...changes };
}

/** Ratios of 1 to 64 nodes, some of them with no share at all. */
export const randomRatio: fc.Arbitrary<number[]> = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.double({ min: 1e-6, max: 1e6, noNaN: true })), {
    minLength: 1, maxLength: 64,
  })
  .filter((ratio) => ratio.some((part) => part > 0));
