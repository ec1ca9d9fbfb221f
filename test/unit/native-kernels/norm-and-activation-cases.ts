import { RopeStyle, WeightType } from '../../../native-kernels/index.js';
import type { KernelCase } from './comparison.js';
import { asPlainType, asRead } from './half-floats.js';
import { awkwardLengths, SeededValues, specialFloats } from './seeded-values.js';

export type PlainType = 'f32' | 'bf16' | 'f16';
export const plainTypes: PlainType[] = ['f32', 'bf16', 'f16'];

const silu = (x: number): number => (x === -Infinity ? 0 : x / (1 + Math.exp(-x)));

export function* rmsNormCases(type: PlainType): Generator<KernelCase> {
  const random = new SeededValues();
  for (const n of awkwardLengths) {
    const rows = 1 + random.below(3);
    const shift = random.below(4);
    // Small values, so that eps counts.
    const x = random.floats(rows * (n + 5), random.below(2) === 0 ? 1 : 1e-3);
    const w = random.floats(n);
    const weights = asRead(w, type);
    const eps = 1e-5;
    const expected: number[] = [];
    for (let i = 0; i < rows; i++) {
      const row = x.subarray(i * (n + 5), i * (n + 5) + n);
      const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / n + eps);
      row.forEach((v, j) => expected.push(v * scale * (weights[j] ?? NaN)));
    }
    yield {
      what: `rmsNorm ${type} of ${rows} x ${n}, shift ${shift}, seed ${random.seed}`,
      expected,
      tolerance: 2e-6,
      run: (space) => {
        const from = space.putFloats(x, shift);
        const weight = space.put(asPlainType(w, type), 1 + shift);
        const to = space.room(rows * n * 4);
        space.kernels.rmsNorm(
          from.memory, from.offset, n + 5, WeightType[type], weight.memory, weight.offset, eps,
          to.memory, to.offset, n, rows, n,
        );
        return space.floats(to, rows * n);
      },
    };
  }
}

export function* ropeCases(style: keyof typeof RopeStyle): Generator<KernelCase> {
  const random = new SeededValues();
  for (const half of awkwardLengths) {
    const [tokens, heads, headDim] = [2, 3, 2 * half];
    const x = random.floats(tokens * heads * headDim);
    const angles = random.floats(tokens * half, 3);
    const table = Float32Array.from({ length: tokens * headDim }, (_, i) =>
      i % 2 === 0 ? Math.cos(angles[i >> 1] ?? NaN) : Math.sin(angles[i >> 1] ?? NaN),
    );
    const expected = Float64Array.from(x);
    for (let head = 0; head < tokens * heads; head++) {
      for (let i = 0; i < half; i++) {
        const t = Math.floor(head / heads);
        const [cos, sin] = [table[(t * half + i) * 2] ?? NaN, table[(t * half + i) * 2 + 1] ?? NaN];
        const start = head * headDim;
        const [low, high] = style === 'halfSplit' ? [start + i, start + i + half] : [start + 2 * i, start + 2 * i + 1];
        const [a, b] = [x[low] ?? NaN, x[high] ?? NaN];
        expected[low] = a * cos - b * sin;
        expected[high] = a * sin + b * cos;
      }
    }
    yield {
      what: `rope ${style} of heads of ${headDim}, seed ${random.seed}`,
      expected,
      tolerance: 1e-6,
      floor: 1,
      run: (space) => {
        const [place, angle] = [space.putFloats(x, 1), space.putFloats(table, 3)];
        space.kernels.rope(
          place.memory, place.offset, heads * headDim, tokens, heads, headDim, angle.memory, angle.offset,
          RopeStyle[style],
        );
        return space.floats(place, x.length);
      },
    };
  }
}

export function* ropeTableCases(): Generator<KernelCase> {
  for (const [half, start, tokens] of [[1, 0, 1], [5, 3, 7], [32, 4000, 3]] as const) {
    const frequencies = Float32Array.from({ length: half }, (_, i) => 10000 ** (-i / half));
    const expected: number[] = [];
    for (let t = 0; t < tokens; t++) {
      for (const frequency of frequencies) {
        const angle = Math.fround((start + t) * frequency);
        expected.push(Math.cos(angle), Math.sin(angle));
      }
    }
    yield {
      what: `ropeTable of ${half} frequencies from position ${start}`,
      expected,
      tolerance: 1e-7,
      floor: 1,
      run: (space) => {
        const [from, to] = [space.putFloats(frequencies), space.room(tokens * half * 8)];
        space.kernels.ropeTable(from.memory, from.offset, half, start, tokens, to.memory, to.offset);
        return space.floats(to, tokens * half * 2);
      },
    };
  }
}

function siluCase(gate: Float32Array, up: Float32Array, what: string): KernelCase {
  return {
    what,
    expected: gate.map((g, i) => silu(g) * (up[i] ?? NaN)),
    tolerance: 2e-6,
    run: (space) => {
      const n = gate.length;
      const [a, b, out] = [space.putFloats(gate, 1), space.putFloats(up, 2), space.room(n * 4)];
      space.kernels.siluGate(a.memory, a.offset, n, b.memory, b.offset, n, out.memory, out.offset, n, 1, n);
      return space.floats(out, n);
    },
  };
}

export function* siluGateCases(): Generator<KernelCase> {
  const random = new SeededValues();
  for (const n of awkwardLengths) {
    yield siluCase(random.floats(n, 8), random.floats(n), `siluGate of ${n}, seed ${random.seed}`);
  }
  // Where 1 / (1 + e^x) itself is denormal the last places are lost: those gates are left out.
  const gates = Float32Array.from([...specialFloats.filter((g) => g !== -3.4e38), -80, 80, 88, 1e10]);
  yield siluCase(gates, new Float32Array(gates.length).fill(2), 'siluGate of special values');
}

export function* softmaxCases(): Generator<KernelCase> {
  const random = new SeededValues();
  const rowsOf = (n: number): Float32Array[] => [
    random.floats(n, 5),
    random.floats(n, 5).map((v) => v + 200),
    random.floats(n).map((v, i) => (i % 3 ? v : -Infinity)),
  ];
  for (const n of awkwardLengths) {
    for (const row of rowsOf(n).filter((candidate) => candidate.some((v) => v > -Infinity))) {
      const largest = Math.max(...row);
      const exponentials = Float64Array.from(row, (v) => Math.exp(v - largest));
      const sum = exponentials.reduce((a, b) => a + b, 0);
      yield {
        what: `softmax of ${n}, seed ${random.seed}`,
        expected: exponentials.map((e) => e / sum),
        tolerance: 4e-6,
        run: (space) => {
          const place = space.putFloats(row, 1);
          space.kernels.softmax(place.memory, place.offset, n, 1, n);
          return space.floats(place, n);
        },
      };
    }
  }
}
