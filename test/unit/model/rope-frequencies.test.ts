import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../../engine/model/model-config.js';
import { ropeFrequencies } from '../../../engine/model/rope-frequencies.js';

/**
 * `inv_freq` of `LlamaRotaryEmbedding(LlamaConfig(...))` in transformers 5.23 and torch 2.15, with the head size, base
 * and scaling named beside each.
 */
const golden: {
  what: string;
  config: Pick<ModelConfig, 'headDim' | 'ropeTheta' | 'ropeScaling'>;
  expected: number[];
}[] = [
  {
    what: 'no scaling',
    config: { headDim: 16, ropeTheta: 10_000, ropeScaling: null },
    expected: [
      1.0, 0.3162277638912201, 0.10000000149011612, 0.03162277862429619, 0.009999999776482582, 0.003162277862429619,
      0.0010000000474974513, 0.0003162277862429619,
    ],
  },
  {
    what: 'linear scaling',
    config: { headDim: 16, ropeTheta: 100_000, ropeScaling: { type: 'linear', factor: 4 } },
    expected: [
      0.25, 0.05928434059023857, 0.014058532193303108, 0.0033338037319481373, 0.0007905694656074047,
      0.00018747354624792933, 4.4456985051510856e-5, 1.0542413292569108e-5,
    ],
  },
  {
    what: "Llama 3.1's scaling",
    config: {
      headDim: 32,
      ropeTheta: 500_000,
      ropeScaling: { type: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPosition: 8192 },
    },
    expected: [
      1.0, 0.44036662578582764, 0.193922758102417, 0.08539710193872452, 0.03760603070259094, 0.016560440883040428,
      0.00729266507551074, 0.0032114461064338684, 0.0005248460220173001, 7.784655463183299e-5, 3.428102354519069e-5,
      1.5096217794052791e-5, 6.647869668086059e-6, 2.927499735960737e-6, 1.289173155782919e-6, 5.677088097399974e-7,
    ],
  },
  {
    what: "Llama 3.1's scaling from 16 positions",
    config: {
      headDim: 16,
      ropeTheta: 10_000,
      ropeScaling: { type: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPosition: 16 },
    },
    expected: [
      0.5760563611984253, 0.03952847048640251, 0.012500000186264515, 0.0039528473280370235, 0.0012499999720603228,
      0.00039528473280370235, 0.0001250000059371814, 3.9528473280370235e-5,
    ],
  },
];

/** Powers are rounded a little differently by each mathematics library: two units in the last place of F32. */
const TOLERANCE = 2 ** -22;

describe('ropeFrequencies', () => {
  it.each(golden)('agrees with transformers: $what', ({ config, expected }) => {
    const frequencies = [...ropeFrequencies(config)];
    expect(frequencies).toHaveLength(expected.length);
    frequencies.forEach((frequency, i) => {
      expect(Math.abs(frequency / (expected[i] ?? 0) - 1)).toBeLessThan(TOLERANCE);
    });
  });

  it("divides by a GGUF file's factors", () => {
    const plain = ropeFrequencies({ headDim: 8, ropeTheta: 10_000, ropeScaling: null });
    const divided = ropeFrequencies({
      headDim: 8,
      ropeTheta: 10_000,
      ropeScaling: { type: 'factors', factors: [1, 2, 4, 8] },
    });
    expect([...divided]).toEqual([...plain].map((frequency, i) => Math.fround(frequency / 2 ** i)));
  });
});
