import { mkdtemp, readdir, rm, stat, truncate, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dtypeBytes, type Dtype } from '../../../../engine/formats/dtype.js';
import { TextModel } from '../../../../engine/generate/text-model.js';
import { modelShapes, shapedTensors, type ModelShape } from '../../../../main/bench/model-shape.js';
import { fillWeights, xorshift } from '../../../../main/bench/random-weights.js';
import { syntheticModelOf } from '../../../../main/bench/synthetic-model.js';

const tiny: ModelShape = {
  dim: 64, layers: 2, heads: 4, kvHeads: 2, ffnDim: 96, vocab: 320, contextLength: 128, ropeTheta: 10_000, tied: false,
};
const dtypes: Dtype[] = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0'];

describe('The shapes have the parameters of the models they are named for', () => {
  test.each([['smollm2-135m', 134_515_008], ['tinyllama-1.1b', 1_100_048_384], ['llama2-7b-1layer', 464_531_456]] as const)(
    '%s',
    (name, parameters) => {
      const tensors = shapedTensors(modelShapes[name], 'f16');
      expect(tensors.reduce((sum, { rows, cols }) => sum + rows * cols, 0)).toBe(parameters);
    },
  );
});

describe('A synthetic model', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'hearth-synthetic-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(dtypes)('in %s is opened like any GGUF file, with every tensor where it should be', async (dtype) => {
    const model = await TextModel.open(await syntheticModelOf(folder, 'tiny', tiny, dtype));
    const { config } = model.opened;
    expect(config).toMatchObject({ architecture: 'llama', dim: 64, nLayers: 2, nHeads: 4, nKvHeads: 2, ffnDim: 96, vocab: 320 });
    expect(config.tiedEmbeddings).toBe(false);
    expect(model.encode({ kind: 'text', text: 'é' })).toContain(3 + 0xc3);
  });

  test('is used again when it is whole, and made anew when it is not', async () => {
    const file = await syntheticModelOf(folder, 'again', tiny, 'f16');
    const { size } = await stat(file);
    const longAgo = new Date(2001, 1, 1);
    await utimes(file, longAgo, longAgo);
    await syntheticModelOf(folder, 'again', tiny, 'f16');
    expect((await stat(file)).mtimeMs).toBe(longAgo.getTime());
    await truncate(file, size - 1);
    const shown: number[] = [];
    await syntheticModelOf(folder, 'again', tiny, 'f16', ({ doneBytes }) => shown.push(doneBytes));
    expect((await stat(file)).size).toBe(size);
    expect(shown.at(-1)).toBe(size);
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });
});

test.each(dtypes)('Random %s weights are finite, small and not all alike', (dtype) => {
  const values = 1024;
  const bytes = new Uint8Array(dtypeBytes(dtype, values));
  fillWeights(bytes, dtype, xorshift(7));
  const magnitudes = decode(bytes, dtype).map(Math.abs);
  expect(magnitudes).toHaveLength(values);
  expect(Math.max(...magnitudes)).toBeLessThan(0.04);
  const mean = magnitudes.reduce((sum, value) => sum + value, 0) / values;
  expect(mean).toBeGreaterThan(0.004);
  expect(new Set(magnitudes).size).toBeGreaterThan(values / 64);
});

/** The values of a dtype, straight from its definition. */
function decode(bytes: Uint8Array, dtype: Dtype): number[] {
  const view = new DataView(bytes.buffer);
  const each = (step: number, value: (at: number) => number): number[] =>
    Array.from({ length: bytes.length / step }, (_, index) => value(index * step));
  if (dtype === 'f32') return each(4, (at) => view.getFloat32(at, true));
  if (dtype === 'f16') return each(2, (at) => half(view.getUint16(at, true)));
  if (dtype === 'bf16') return each(2, (at) => new Float32Array(new Uint32Array([view.getUint16(at, true) << 16]).buffer)[0]!);
  const block = dtypeBytes(dtype, 32);
  return Array.from({ length: bytes.length / block }, (_, index) => {
    const step = half(view.getUint16(index * block, true));
    const at = index * block + 2;
    if (dtype === 'q8_0') return Array.from({ length: 32 }, (__, i) => step * view.getInt8(at + i));
    return Array.from({ length: 32 }, (__, i) => step * (((view.getUint8(at + (i % 16)) >> (i < 16 ? 0 : 4)) & 15) - 8));
  }).flat();
}

/** A normal F16 as a number. */
function half(bits: number): number {
  return (bits & 0x8000 ? -1 : 1) * 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 0x3ff) / 1024);
}
