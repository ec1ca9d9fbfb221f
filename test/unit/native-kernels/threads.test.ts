import { afterAll, describe, expect, it } from 'vitest';
import { kernels, WeightType, type Memory } from '../../../native-kernels/index.js';
import { SeededValues } from './seeded-values.js';

const random = new SeededValues();
const N = 200_000;
const memories: Memory[] = [];

function place(values: Float32Array): Memory {
  const memory = kernels.allocate(values.byteLength);
  kernels.write(memory, 0, values);
  memories.push(memory);
  return memory;
}

const [x, w] = [place(random.floats(N)), place(random.floats(N))];
const out = place(new Float32Array(N));
const table = place(random.floats(N));

afterAll(() => memories.forEach((memory) => kernels.free(memory)));

/** Big enough to be shared out to threads. Each writes all of `out` or part of it, from x and w. */
const bigCalls: Record<string, () => void> = {
  rmsNorm: () => kernels.rmsNorm(x, 0, 1000, WeightType.f32, w, 0, 1e-5, out, 0, 1000, 200, 1000),
  rope: () => {
    kernels.copy(x, 0, out, 0, N * 4);
    kernels.rope(out, 0, 1000, 200, 10, 100, table, 0, 0);
  },
  ropeTable: () => kernels.ropeTable(w, 0, 500, 3, 200, out, 0),
  siluGate: () => kernels.siluGate(x, 0, 1000, w, 0, 1000, out, 0, 1000, 200, 1000),
  add: () => {
    kernels.copy(x, 0, out, 0, N * 4);
    kernels.add(out, 0, w, 0, N);
  },
  addBias: () => {
    kernels.copy(x, 0, out, 0, N * 4);
    kernels.addBias(out, 0, 1000, WeightType.f32, w, 0, 200, 1000);
  },
  softmax: () => {
    kernels.copy(x, 0, out, 0, N * 4);
    kernels.softmax(out, 0, 1000, 200, 1000);
  },
  convert: () => kernels.convert(WeightType.f32, x, 0, WeightType.q8_0, out, 0, N),
  storeKv: () => kernels.storeKv(x, 0, 1000, 100, 50, 10, 100, WeightType.f16, out, 0, 200),
  'attention of many tokens': () =>
    kernels.attention(x, 0, 640, WeightType.f32, w, 0, table, 0, out, 0, 640, 100, 50, 10, 5, 64, 200, 0, 0.1),
  'attention of one token': () =>
    kernels.attention(x, 0, 640, WeightType.f32, w, 0, table, 0, out, 0, 640, 1, 199, 10, 5, 64, 200, 0, 0.1),
};

describe('results do not depend on the number of threads', () => {
  it.each(Object.entries(bigCalls))('of %s', (_, call) => {
    const results = [1, 2, 3, 5].map((threads) => {
      kernels.setThreads(threads);
      expect(kernels.threads()).toBe(threads);
      kernels.write(out, 0, new Float32Array(N));
      call();
      const bits = new Uint8Array(N * 4);
      kernels.read(out, 0, bits);
      return Buffer.from(bits);
    });
    expect(results.map((bits) => bits.equals(results[0] ?? Buffer.alloc(0)))).toEqual([true, true, true, true]);
    expect(results[0]?.some((value) => value !== 0)).toBe(true);
  });
});

describe('the machine', () => {
  it('has at least one core and the scalar instruction set, which comes last', () => {
    expect(kernels.physicalCores()).toBeGreaterThanOrEqual(1);
    expect(kernels.instructionSets().at(-1)).toBe('scalar');
  });

  it('is measured in figures that a machine can have', () => {
    kernels.setThreads(kernels.physicalCores());
    const bytesPerSecond = kernels.measureReadBandwidth(64 << 20, 2);
    expect(bytesPerSecond).toBeGreaterThan(1e7);
    expect(bytesPerSecond).toBeLessThan(1e13);
    const nanoseconds = kernels.measureNativeCall(10_000);
    expect(nanoseconds).toBeGreaterThan(0.5);
    expect(nanoseconds).toBeLessThan(1e6);
  });
});
