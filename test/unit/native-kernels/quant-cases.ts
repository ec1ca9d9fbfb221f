import { readFileSync } from 'node:fs';
import { StoredType, WeightType } from '../../../native-kernels/index.js';
import type { KernelCase } from './comparison.js';

interface Golden {
  widened: Record<string, { blocks: string; values: string }>;
  quantised: Record<string, { blocks: string; values: string }>;
}

const golden = JSON.parse(
  readFileSync(new URL('../../golden/quants/golden.json', import.meta.url), 'utf8'),
) as Golden;

const decode = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const decodeFloats = (base64: string): Float32Array => new Float32Array(decode(base64).buffer);

/** Blocks of ggml's types against what the gguf package reads from them (test/golden/quants/make.py). */
export function* widenedCases(type: keyof typeof StoredType): Generator<KernelCase> {
  const { blocks, values } = golden.widened[type] ?? { blocks: '', values: '' };
  const [source, expected] = [decode(blocks), decodeFloats(values)];
  yield {
    what: `convert ${type} to f32`,
    expected,
    tolerance: 0,
    run: (space) => {
      const [from, to] = [space.put(source, 1), space.room(expected.byteLength, 3)];
      space.kernels.convert(
        StoredType[type], from.memory, from.offset, WeightType.f32, to.memory, to.offset, expected.length,
      );
      return new Float32Array(space.bytes(to, expected.byteLength).buffer);
    },
  };
}

/** Floats against the blocks the gguf package makes of them. */
export function* quantisedCases(type: 'q8_0' | 'q4_0'): Generator<KernelCase> {
  const { blocks, values } = golden.quantised[type] ?? { blocks: '', values: '' };
  const [expected, source] = [decode(blocks), decodeFloats(values)];
  yield {
    what: `convert f32 to ${type}`,
    expected,
    tolerance: 0,
    run: (space) => {
      const [from, to] = [space.putFloats(source, 1), space.room(expected.length, 1)];
      space.kernels.convert(
        WeightType.f32, from.memory, from.offset, WeightType[type], to.memory, to.offset, source.length,
      );
      return space.bytes(to, expected.length);
    },
  };
}
