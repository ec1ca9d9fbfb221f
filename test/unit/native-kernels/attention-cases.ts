import { WeightType } from '../../../native-kernels/index.js';
import type { KernelCase } from './comparison.js';
import { asPlainType, asRead } from './half-floats.js';
import { SeededValues } from './seeded-values.js';

type CacheType = 'f32' | 'f16';

interface Shape {
  tokens: number;
  start: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  window: number;
}

const shape = (
  tokens: number, start: number, heads: number, kvHeads: number, headDim: number, window = 0,
): Shape => ({ tokens, start, heads, kvHeads, headDim, window });

/** Decode and prefill, short of a block, at its edge, beyond; any ratio of heads; head sizes that fit no vector. */
const shapes: Shape[] = [
  shape(1, 0, 1, 1, 4), shape(1, 5, 4, 2, 16), shape(1, 63, 9, 3, 64), shape(1, 64, 3, 1, 32),
  shape(1, 200, 8, 1, 128),
  shape(1, 70, 5, 3, 48), shape(1, 100, 2, 2, 20), shape(3, 0, 4, 4, 8), shape(4, 126, 4, 2, 64), shape(40, 0, 6, 2, 64),
  shape(70, 30, 4, 2, 20), shape(130, 7, 3, 1, 80), shape(33, 0, 2, 1, 6), shape(1, 90, 4, 2, 32, 17),
  shape(50, 60, 4, 2, 16, 33), shape(3, 10, 2, 1, 32, 1),
];

interface Inputs {
  q: Float32Array;
  k: Float32Array;
  v: Float32Array;
  capacity: number;
  scale: number;
}

function inputsOf(s: Shape, random: SeededValues): Inputs {
  const capacity = s.start + s.tokens + 3;
  const cached = s.kvHeads * capacity * s.headDim;
  return {
    q: random.floats(s.tokens * s.heads * s.headDim, 2),
    k: random.floats(cached),
    v: random.floats(cached),
    capacity,
    scale: 1 / Math.sqrt(s.headDim),
  };
}

function dot(a: ArrayLike<number>, aStart: number, b: ArrayLike<number>, bStart: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (a[aStart + i] ?? NaN) * (b[bStart + i] ?? NaN);
  return sum;
}

/** One query head at one token, softmax over what it sees. */
function attendOne(s: Shape, inputs: Inputs, k: number[], v: number[], t: number, h: number): number[] {
  const kvStart = Math.floor((h * s.kvHeads) / s.heads) * inputs.capacity * s.headDim;
  const end = s.start + t + 1;
  const begin = s.window > 0 ? Math.max(0, end - s.window) : 0;
  const qStart = (t * s.heads + h) * s.headDim;
  const scores: number[] = [];
  for (let p = begin; p < end; p++) {
    scores.push(dot(inputs.q, qStart, k, kvStart + p * s.headDim, s.headDim) * inputs.scale);
  }
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const sum = weights.reduce((a, b) => a + b, 0);
  return Array.from({ length: s.headDim }, (_, d) =>
    weights.reduce((mixed, weight, i) => mixed + weight * (v[kvStart + (begin + i) * s.headDim + d] ?? NaN), 0) / sum,
  );
}

export function* attentionCases(type: CacheType): Generator<KernelCase> {
  const random = new SeededValues();
  for (const s of shapes) {
    const inputs = inputsOf(s, random);
    const [k, v] = [asRead(inputs.k, type), asRead(inputs.v, type)];
    const expected: number[] = [];
    for (let t = 0; t < s.tokens; t++) {
      for (let h = 0; h < s.heads; h++) expected.push(...attendOne(s, inputs, k, v, t, h));
    }
    yield {
      what: `attention ${type} of ${JSON.stringify(s)}, seed ${random.seed}`,
      expected,
      tolerance: 3e-6,
      floor: 1,
      run: (space) => {
        const q = space.putFloats(inputs.q, 1);
        const [kAt, vAt] = [space.put(asPlainType(inputs.k, type), 4), space.put(asPlainType(inputs.v, type), 4)];
        const out = space.room(inputs.q.length * 4, 8);
        const n = s.heads * s.headDim;
        space.kernels.attention(
          q.memory, q.offset, n, WeightType[type], kAt.memory, kAt.offset, vAt.memory, vAt.offset,
          out.memory, out.offset, n, s.tokens, s.start, s.heads, s.kvHeads, s.headDim, inputs.capacity, s.window,
          inputs.scale,
        );
        return space.floats(out, inputs.q.length);
      },
    };
  }
}

export function* storeKvCases(type: CacheType): Generator<KernelCase> {
  const random = new SeededValues();
  const sizes = [[1, 0, 1, 3], [2, 5, 3, 16], [3, 1, 2, 37], [1, 7, 2, 64]] as const;
  for (const [tokens, start, kvHeads, headDim] of sizes) {
    const [capacity, n] = [start + tokens + 2, kvHeads * headDim];
    const x = random.floats(tokens * n);
    const old = random.floats(kvHeads * capacity * headDim);
    const stored = asRead(x, type);
    const expected = asRead(old, type);
    for (let t = 0; t < tokens; t++) {
      for (let i = 0; i < n; i++) {
        const head = Math.floor(i / headDim);
        expected[(head * capacity + start + t) * headDim + (i % headDim)] = stored[t * n + i] ?? NaN;
      }
    }
    yield {
      what: `storeKv ${type} of ${tokens} x ${kvHeads} x ${headDim}, seed ${random.seed}`,
      expected: asPlainType(Float32Array.from(expected), type),
      tolerance: 0,
      run: (space) => {
        const from = space.putFloats(x, 1);
        const cache = space.put(asPlainType(old, type), 4);
        space.kernels.storeKv(
          from.memory, from.offset, n, tokens, start, kvHeads, headDim, WeightType[type],
          cache.memory, cache.offset, capacity,
        );
        return space.bytes(cache, old.length * (type === 'f32' ? 4 : 2));
      },
    };
  }
}
