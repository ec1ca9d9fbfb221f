import { afterEach, describe, expect, test, vi } from 'vitest';
import { kernels, WeightType, type Kernels } from '../../../native-kernels/index.js';
import { mismatches, runMatmul } from './matmul-trial.js';
import { isQuantised, randomWeights } from './random-weights.js';
import { SeededValues } from './seeded-values.js';

// Before any import: the door then loads the build with the broken kernels.
const isBuilt = await vi.hoisted(async () => {
  const { existsSync: exists } = await import('node:fs');
  const folder = new URL('../../../native-kernels/mutants', import.meta.url).pathname;
  const built = exists(`${folder}/build/Release/kernels_mutants.node`);
  if (built) process.env['HEARTH_ADDON_DIR'] = folder;
  else console.warn('No build with broken kernels, so none is shown to be caught: run `npm run build:mutants`.');
  return built;
});

interface MutantKernels extends Kernels {
  mutantNames(): string[];
  setMutant(name: string | null): void;
}

const addon = kernels as MutantKernels;

/** MATMUL_<TYPE>_SCALAR or MATMUL_<TYPE>_<DECODE|PREFILL>_<SET>. */
const NAME = /^MATMUL_(F32|BF16|F16|Q8_0|Q4_0)_(?:(DECODE|PREFILL)_)?(SCALAR|AVX2|AVX512|AVX512VNNI|NEON)$/;

/** How many results differ from the reference, over a few shapes with odd ends. */
function countMismatches(set: string, type: WeightType, tokens: number): number {
  const random = new SeededValues();
  let count = 0;
  for (const cols of isQuantised(type) ? [32, 96, 544] : [1, 45, 77]) {
    const weights = randomWeights(type, 19, cols, random);
    const x = Array.from({ length: tokens }, () => Float32Array.from({ length: cols }, () => random.next() - 0.5));
    const placement = { weightOffset: 1, xGap: 1, yGap: 1 };
    count += mismatches(set, weights, x, runMatmul(addon, weights, x, placement), placement).length;
  }
  return count;
}

function mutantsHere() {
  const names = isBuilt ? addon.mutantNames().filter((name) => name.startsWith('MATMUL_')) : [];
  return names.flatMap((name) => {
    const [, type, phase, set] = NAME.exec(name) ?? expect.fail(`${name} is not named like a product's mutant`);
    if (!addon.instructionSets().includes(set!.toLowerCase())) return [];
    return [{ name, type: WeightType[type!.toLowerCase() as keyof typeof WeightType], phase, set: set!.toLowerCase() }];
  });
}

/** Numbers of tokens that a phase's kernel serves. One token of float weights is AVX2's even where there is AVX-512. */
function tokensOf(phase: string | undefined, set: string, type: WeightType): number[] {
  if (phase === 'PREFILL') return [70];
  return set === 'avx512' && !isQuantised(type) ? [6] : [1, 6];
}

describe.skipIf(!isBuilt)('the comparison of products with double precision', () => {
  afterEach(() => addon.setMutant(null));

  test('knows a broken kernel for each type, phase and instruction set of this machine', () => {
    // The scalar kernels know no phases, and VNNI has kernels of its own for the two quantised types.
    const expected = addon.instructionSets().map((set) => ({ scalar: 5, avx512vnni: 4 })[set] ?? 10);
    expect(mutantsHere().length).toBe(expected.reduce((sum, count) => sum + count));
  });

  test.each(mutantsHere())('catches $name', ({ name, type, phase, set }) => {
    addon.setInstructionSet(set);
    for (const tokens of tokensOf(phase, set, type)) {
      addon.setMutant(null);
      expect(countMismatches(set, type, tokens)).toBe(0);
      addon.setMutant(name);
      expect(countMismatches(set, type, tokens)).toBeGreaterThan(0);
    }
  });
});
