import { describe, expect, it } from 'vitest';
import type { StoredDtype } from '../../../engine/formats/dtype.js';
import type { TensorEntry } from '../../../engine/formats/tensor-entry.js';
import { conversionReport, plannedDtype } from '../../../engine/model/conversions.js';

const entry = (name: string, dtype: StoredDtype, ...shape: number[]): TensorEntry => ({
  name,
  file: 'f',
  offset: 0,
  bytes: 0,
  dtype,
  shape,
});

describe('plannedDtype', () => {
  it('keeps native types and takes block types to the nearest when nothing is asked for', () => {
    for (const dtype of ['f32', 'bf16', 'f16', 'q8_0', 'q4_0'] as const) {
      expect(plannedDtype(entry('w', dtype, 2, 32), null)).toBe(dtype);
    }
    for (const dtype of ['q4_1', 'q5_0', 'q5_1', 'q4_k', 'q5_k', 'q6_k'] as const) {
      expect(plannedDtype(entry('w', dtype, 2, 256), null)).toBe('q8_0');
    }
  });

  it('gives matrices what is asked for', () => {
    expect(plannedDtype(entry('w', 'bf16', 2, 64), 'q4_0')).toBe('q4_0');
    expect(plannedDtype(entry('w', 'q4_0', 2, 64), 'f32')).toBe('f32');
  });

  it('keeps norms and biases in F32 whatever is asked for', () => {
    expect(plannedDtype(entry('n', 'bf16', 64), 'q8_0')).toBe('f32');
    expect(plannedDtype(entry('n', 'f16', 64), null)).toBe('f32');
  });

  it('makes a matrix BF16 whose rows are not whole blocks', () => {
    expect(plannedDtype(entry('w', 'f32', 64, 40), 'q8_0')).toBe('bf16');
    expect(plannedDtype(entry('w', 'f32', 40, 64), 'q8_0')).toBe('q8_0');
    expect(plannedDtype(entry('w', 'f32', 64, 40), 'f16')).toBe('f16');
  });
});

describe('conversionReport', () => {
  it('counts each kind of conversion and leaves out what stays the same', () => {
    const entries = [
      entry('a', 'q4_1', 2, 32),
      entry('b', 'q4_1', 2, 32),
      entry('c', 'q8_0', 2, 32),
      entry('d', 'f32', 32),
      entry('e', 'f16', 32),
    ];
    const tensors = new Map(entries.map((each) => [each.name, each]));
    expect(conversionReport({ tensors }, null)).toEqual([
      { from: 'q4_1', to: 'q8_0', tensors: 2 },
      { from: 'f16', to: 'f32', tensors: 1 },
    ]);
    expect(conversionReport({ tensors }, 'q8_0')).toEqual([
      { from: 'q4_1', to: 'q8_0', tensors: 2 },
      { from: 'f16', to: 'f32', tensors: 1 },
    ]);
    expect(conversionReport({ tensors }, 'f32')).toContainEqual({ from: 'q8_0', to: 'f32', tensors: 1 });
  });
});
