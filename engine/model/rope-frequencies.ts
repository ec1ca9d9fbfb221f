import type { ModelConfig, RopeScaling } from './model-config.js';

const f32 = Math.fround;

/**
 * RoPE's inverse frequencies in radians per position, (head_dim / 2). Every step is rounded to F32 as `transformers`
 * rounds it, since the error of a frequency grows with the position it is multiplied by.
 */
export function ropeFrequencies(
  config: Pick<ModelConfig, 'headDim' | 'ropeTheta' | 'ropeScaling'>,
): Float32Array {
  const { headDim, ropeTheta, ropeScaling } = config;
  const frequencies = new Float32Array(headDim / 2);
  for (let i = 0; i < frequencies.length; i++) {
    const frequency = f32(1 / f32(ropeTheta ** f32((2 * i) / headDim)));
    frequencies[i] = scaled(frequency, i, ropeScaling);
  }
  return frequencies;
}

function scaled(frequency: number, index: number, scaling: RopeScaling | null): number {
  switch (scaling?.type) {
    case undefined:
      return frequency;
    case 'linear':
      return f32(frequency / scaling.factor);
    case 'factors':
      return f32(frequency / (scaling.factors[index] ?? 1));
    case 'llama3':
      return llama3(frequency, scaling);
  }
}

/** Long waves are stretched by `factor`, short ones kept, those between blended (Llama 3.1's model card). */
function llama3(frequency: number, scaling: Extract<RopeScaling, { type: 'llama3' }>): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPosition } = scaling;
  const wavelength = f32((2 * Math.PI) / frequency);
  if (wavelength > f32(originalMaxPosition / lowFreqFactor)) return f32(frequency / factor);
  if (wavelength < f32(originalMaxPosition / highFreqFactor)) return frequency;
  const turns = f32(originalMaxPosition / wavelength);
  const smooth = f32(f32(turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor));
  const stretched = f32(f32(f32(1 - smooth) * frequency) / factor);
  return f32(stretched + f32(smooth * frequency));
}
