import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { kernels } from '../../../native-kernels/index.js';
import { SeededValues } from './seeded-values.js';

type Entry = (...values: unknown[]) => unknown;
const entries = kernels as unknown as Record<string, Entry>;

const memory = kernels.allocate(1 << 16);
const path = fileURLToPath(import.meta.url);
const file = kernels.openFile(path, false);
const loader = kernels.createLoader();
kernels.submit(loader, file, 0, 4, memory, 0);

afterAll(() => {
  kernels.closeLoader(loader);
  kernels.closeFile(file);
  kernels.free(memory);
});

const m = memory;
const four = new Float32Array(4);

/** A good call of each function that takes arguments. */
const goodCalls: Record<string, unknown[]> = {
  map: [path, 1, 10],
  read: [m, 0, four],
  write: [m, 0, four],
  copy: [m, 0, m, 64, 16],
  discard: [m, 0, 4096],
  readInto: [file, 0, 4, m, 0],
  submit: [loader, file, 0, 4, m, 0],
  wait: [loader, 1],
  completed: [loader],
  loaderStats: [loader],
  setThreads: [2],
  setInstructionSet: ['scalar'],
  matmul: [0, m, 0, 4, 32, m, 1024, 32, m, 4096, 4, 2],
  rmsNorm: [m, 0, 8, 1, m, 512, 1e-5, m, 1024, 8, 2, 8],
  ropeTable: [m, 0, 4, 3, 2, m, 1024],
  rope: [m, 0, 16, 2, 2, 8, m, 1024, 0],
  storeKv: [m, 0, 8, 2, 1, 2, 4, 2, m, 1024, 4],
  attention: [m, 0, 16, 2, m, 1024, m, 2048, m, 4096, 16, 2, 1, 4, 2, 4, 4, 0, 0.5],
  siluGate: [m, 0, 8, m, 512, 8, m, 1024, 8, 2, 8],
  add: [m, 0, m, 1024, 16],
  addBytes: [m, 0, new Uint8Array(16)],
  addBias: [m, 0, 8, 2, m, 512, 2, 8],
  softmax: [m, 0, 8, 2, 8],
  widenRow: [3, m, 0, 2, 64, m, 1024],
  convert: [19, m, 0, 0, m, 4096, 512],
  argmax: [m, 0, 16],
  topK: [m, 0, 16, 4, new Int32Array(4), new Float32Array(4)],
  measureNativeCall: [10],
};

const codes = ['KERNEL_BAD_HANDLE', 'KERNEL_OUT_OF_BOUNDS', 'KERNEL_BAD_ARGUMENT', 'KERNEL_OUT_OF_MEMORY', 'KERNEL_IO'];

/** undefined when the call was taken; the error's code otherwise. */
function codeOf(name: string, values: unknown[]): string | undefined {
  try {
    const result = entries[name]?.(...values);
    if (name === 'map') entries['free']?.(result);
    return undefined;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    expect(message).toMatch(/^[^\n]+\.$/);
    return code ?? `no code: ${message}`;
  }
}

const neverNumbers = [undefined, null, 'four', {}, [], true, Symbol.iterator, 1n, NaN];
const neverWhole = [...neverNumbers, -1, 0.5, Infinity, -Infinity, 2 ** 53, 1e300];

/** Arguments that take any finite number. */
const fractions = new Set(['rmsNorm 6', 'attention 18']);

describe.each(Object.entries(goodCalls))('%s', (name, good) => {
  it('takes good arguments', () => {
    expect(codeOf(name, good)).toBeUndefined();
  });

  it('refuses each argument that is of the wrong kind, missing, negative, fractional or huge', () => {
    good.forEach((_, i) => {
      const bad = fractions.has(`${name} ${i}`) ? [...neverNumbers, Infinity] : neverWhole;
      for (const value of bad) {
        const code = codeOf(name, good.with(i, value));
        // `topK` may find no room, `wait` no such ticket; nothing bad is ever taken.
        expect(codes, `argument ${i}: ${typeof value} ${inspect(value)}`).toContain(code);
      }
      expect(codes).toContain(codeOf(name, good.slice(0, i)));
    });
  });

  it('never reaches beyond its memory, whatever sizes it is given', () => {
    const random = new SeededValues();
    const near = [31, 32, 33, 65_535, 65_536, 65_537];
    const sizes = [0, 1, 2, 3, 1000, ...near, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53 - 1];
    // Sizes that are taken and long: what they would do is slow, not wrong.
    const slow = new Set(['measureNativeCall', 'setThreads', 'submit', 'wait']);
    if (slow.has(name)) return;
    for (let round = 0; round < 400; round++) {
      const values = good.map((value) =>
        typeof value === 'number' && value !== m && random.below(3) === 0 ? sizes[random.below(sizes.length)] : value,
      );
      const code = codeOf(name, values);
      if (code !== undefined) expect(codes, `${JSON.stringify(values)}, seed ${random.seed}`).toContain(code);
    }
  });
});

describe('the sentences of refusals', () => {
  it('name the function, the argument and what it must be', () => {
    expect(() => kernels.softmax(m, 0, 8, 0.5, 8)).toThrow(/^softmax: rows must be a whole number from 1 to \d+\.$/);
    expect(() => kernels.softmax(m, 2, 8, 1, 8)).toThrow('softmax: x must start at a multiple of 4 bytes.');
    const beyond = 'softmax: x needs 32 bytes from 65520 in a memory of 65536.';
    expect(() => kernels.softmax(m, 65_520, 8, 1, 8)).toThrow(beyond);
    expect(() => kernels.softmax(m, 0, 4, 2, 8)).toThrow('softmax: x has a stride shorter than its rows.');
    expect(() => kernels.rope(m, 0, 14, 1, 2, 7, m, 1024, 0)).toThrow('rope: headDim must be even.');
    expect(() => kernels.matmul(3, m, 0, 1, 33, m, 0, 33, m, 0, 1, 1)).toThrow('cols must be a multiple of 32');
    expect(() => kernels.convert(19, m, 0, 0, m, 10, 256)).toThrow('dst must not overlap src');
    expect(() => kernels.rmsNorm(m, 0, 8, 3, m, 512, 1e-5, m, 1024, 8, 1, 8)).toThrow('must be f32, bf16 or f16');
  });
});
