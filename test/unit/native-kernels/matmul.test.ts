import { afterAll, describe, expect, test } from 'vitest';
import { kernels, WeightType } from '../../../native-kernels/index.js';
import { mismatches, runMatmul, type Placement } from './matmul-trial.js';
import { isQuantised, randomWeights, type Weights } from './random-weights.js';
import { SeededValues } from './seeded-values.js';

const types = Object.entries(WeightType);
const sets = kernels.instructionSets();
const plain: Placement = { weightOffset: 0, xGap: 0, yGap: 0 };
const cases = sets.flatMap((set) => types.map(([name, type]) => ({ set, name, type })));

/** Columns around every vector's and panel's length, in blocks of 32 where the type has blocks. */
const floatCols = [1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 24, 31, 32, 33, 47, 63, 64, 65, 70, 255, 257, 300];
const blockCols = [1, 2, 3, 5, 7, 8, 9, 10, 15, 16, 17, 25].map((blocks) => blocks * 32);
const awkwardRows = [1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 13, 17, 23, 31, 47, 48, 49, 70];
const awkwardTokens = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 49, 65, 70, 97, 130];

const random = new SeededValues();
const seed = random.seed;

function pick<T>(choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

function activations(tokens: number, cols: number): Float32Array[] {
  return Array.from({ length: tokens }, () => Float32Array.from({ length: cols }, () => (random.next() - 0.5) * 3));
}

function chosenSet(set: string, threads = 2): void {
  kernels.setInstructionSet(set);
  kernels.setThreads(threads);
}

afterAll(() => chosenSet(sets[0]!, kernels.physicalCores()));

describe.each(cases)('$name weights with $set', ({ set, type }) => {
  const colChoices = isQuantised(type) ? blockCols : floatCols;

  function expectRight(rows: number, cols: number, tokens: number, placement: Placement): void {
    const weights = randomWeights(type, rows, cols, random);
    const x = activations(tokens, cols);
    const found = mismatches(set, weights, x, runMatmul(kernels, weights, x, placement), placement);
    expect(found, `rows ${rows}, cols ${cols}, tokens ${tokens}, ${JSON.stringify(placement)}, seed ${seed}`).toEqual([]);
  }

  test('agree with double precision over every awkward length of a row', () => {
    chosenSet(set);
    for (const cols of colChoices) {
      for (const tokens of [1, 3, 70]) expectRight(pick(awkwardRows), cols, tokens, plain);
    }
  });

  test('agree with double precision over awkward numbers of rows and tokens', () => {
    chosenSet(set);
    for (const rows of awkwardRows) expectRight(rows, pick(colChoices), pick(awkwardTokens), plain);
    for (const tokens of awkwardTokens) expectRight(pick(awkwardRows), pick(colChoices), tokens, plain);
  });

  test('may start at any byte, and rows of activations and results may lie apart', () => {
    chosenSet(set);
    for (const weightOffset of [1, 2, 3, 5, 17, 31]) {
      const placement = { weightOffset, xGap: 1 + (weightOffset % 5), yGap: 1 + (weightOffset % 3) };
      for (const tokens of [1, 5, 70]) expectRight(13, pick(colChoices), tokens, placement);
    }
  });

  test('give the same bits on 1, 2 and 3 threads', () => {
    for (const tokens of [1, 6, 80]) {
      const weights = randomWeights(type, 301, 288, random);
      const x = activations(tokens, 288);
      chosenSet(set, 1);
      const alone = runMatmul(kernels, weights, x, plain);
      for (const threads of [2, 3]) {
        chosenSet(set, threads);
        expect(runMatmul(kernels, weights, x, plain), `${threads} threads, seed ${seed}`).toEqual(alone);
      }
    }
  });

  test('give a token the same bits alone and among up to 16, so that a guess is judged as it would be decoded', () => {
    chosenSet(set);
    const weights = randomWeights(type, 37, 320, random);
    const x = activations(16, 320);
    for (const tokens of [2, 3, 5, 16]) {
      const together = runMatmul(kernels, weights, x.slice(0, tokens), plain);
      const alone = runMatmul(kernels, weights, x.slice(tokens - 1, tokens), plain);
      expect(together.slice((tokens - 1) * 37), `${tokens} tokens, seed ${seed}`).toEqual(alone);
    }
  });

  test('carry zeros, denormals, large numbers and activations that are no numbers', () => {
    chosenSet(set);
    const odd = [0, -0, 1e-45, -1e-40, 1e30, -1e30, 1];
    for (const tokens of [1, 4, 70]) {
      const weights = randomWeights(type, 11, 96, random);
      const x = activations(tokens, 96).map((row) => row.map((value) => (random.next() < 0.3 ? pick(odd) : value)));
      x[tokens - 1]!.fill(0);
      expect(mismatches(set, weights, x, runMatmul(kernels, weights, x, plain), plain), `seed ${seed}`).toEqual([]);
      x[0]![95] = NaN;
      const y = runMatmul(kernels, weights, x, plain);
      expect(y.subarray(0, 11).every(Number.isNaN), `seed ${seed}`).toBe(true);
      if (tokens > 1) expect(y.subarray(11).some(Number.isNaN), `seed ${seed}`).toBe(false);
    }
  });

  test('let an infinite activation spoil its own token and no other, and what is too small for a step count as little', () => {
    chosenSet(set);
    for (const tokens of [2, 16, 70]) {
      const weights = randomWeights(type, 21, 96, random);
      const x = activations(tokens, 96);
      x[1]![40] = -Infinity;
      const y = runMatmul(kernels, weights, x, plain);
      expect(y.subarray(21, 42).some(Number.isFinite), `seed ${seed}`).toBe(false);
      expect(y.filter((_, i) => i < 21 || i >= 42).every(Number.isFinite), `seed ${seed}`).toBe(true);
      x[1] = Float32Array.from({ length: 96 }, () => (random.next() - 0.5) * 1e-29);
      x[0]!.fill(1e-31, 0, 64);
      expect(mismatches(set, weights, x, runMatmul(kernels, weights, x, plain), plain), `seed ${seed}`).toEqual([]);
    }
  });
});

/** Writes special values over some of the weights: the type's own zeros, denormals, infinities and NaN. */
function withSpecialWeights(weights: Weights): Weights {
  const view = new DataView(weights.bytes.buffer);
  const width = weights.type === WeightType.f32 ? 4 : 2;
  const patterns: Record<number, readonly (readonly [bits: number, value: number])[]> = {
    [WeightType.f32]: [[0x80000000, -0], [1, 2 ** -149], [0x7f800000, Infinity], [0xff800000, -Infinity], [0x7fc00000, NaN]],
    [WeightType.bf16]: [[0x8000, -0], [1, 2 ** -133], [0x7f80, Infinity], [0xff80, -Infinity], [0x7fc0, NaN]],
    [WeightType.f16]: [[0x8000, -0], [1, 2 ** -24], [0x83ff, -1023 * 2 ** -24], [0x7c00, Infinity], [0xfc00, -Infinity], [0x7e00, NaN]],
  };
  for (let i = 0; i < weights.values.length; i++) {
    if (random.next() > 0.02) continue;
    const [bits, value] = pick(patterns[weights.type]!);
    if (width === 4) view.setUint32(i * 4, bits, true);
    else view.setUint16(i * 2, bits, true);
    weights.values[i] = value;
  }
  return weights;
}

const floatCases = cases.filter(({ type }) => !isQuantised(type));

test.each(floatCases)('$name weights with $set hand infinities and NaN on, and no others', ({ set, type }) => {
  chosenSet(set);
  for (const tokens of [1, 5, 70]) {
    const weights = withSpecialWeights(randomWeights(type, 40, 45, random));
    const x = activations(tokens, 45);
    expect(mismatches(set, weights, x, runMatmul(kernels, weights, x, plain), plain), `seed ${seed}`).toEqual([]);
  }
});
