import { WeightType } from '../../../native-kernels/index.js';
import type { KernelCase } from './comparison.js';
import { asPlainType, asRead, fromF16, toBf16, toF16 } from './half-floats.js';
import type { PlainType } from './norm-and-activation-cases.js';
import { awkwardLengths, SeededValues, specialFloats } from './seeded-values.js';

export function* addCases(): Generator<KernelCase> {
  const random = new SeededValues();
  for (const n of awkwardLengths) {
    const [y, x] = [random.floats(n), random.floats(n)];
    yield {
      what: `add of ${n}, seed ${random.seed}`,
      expected: y.map((v, i) => v + (x[i] ?? NaN)),
      tolerance: 0,
      run: (space) => {
        const [a, b] = [space.putFloats(y, 1), space.putFloats(x, 2)];
        space.kernels.add(a.memory, a.offset, b.memory, b.offset, n);
        return space.floats(a, n);
      },
    };
  }
}

export function* addBytesCases(): Generator<KernelCase> {
  const random = new SeededValues();
  for (const n of awkwardLengths) {
    const [y, x] = [random.floats(n), random.floats(n)];
    yield {
      what: `addBytes of ${n}, seed ${random.seed}`,
      expected: y.map((v, i) => v + (x[i] ?? NaN)),
      tolerance: 0,
      run: (space) => {
        const place = space.putFloats(y, 1);
        const frame = new Uint8Array(n * 4 + 3);
        frame.set(asPlainType(x, 'f32'), 3);
        space.kernels.addBytes(place.memory, place.offset, frame.subarray(3));
        return space.floats(place, n);
      },
    };
  }
}

export function* addBiasCases(type: PlainType): Generator<KernelCase> {
  const random = new SeededValues();
  for (const n of awkwardLengths) {
    const tokens = 1 + random.below(3);
    const [y, bias] = [random.floats(tokens * n), random.floats(n)];
    const read = asRead(bias, type);
    yield {
      what: `addBias ${type} of ${tokens} x ${n}, seed ${random.seed}`,
      expected: y.map((v, i) => v + (read[i % n] ?? NaN)),
      tolerance: 0,
      run: (space) => {
        const [a, b] = [space.putFloats(y, 1), space.put(asPlainType(bias, type), 1)];
        space.kernels.addBias(a.memory, a.offset, n, WeightType[type], b.memory, b.offset, tokens, n);
        return space.floats(a, y.length);
      },
    };
  }
}

function widenCase(
  type: keyof typeof WeightType, table: Uint8Array, cols: number, row: number, expected: number[],
): KernelCase {
  return {
    what: `widenRow ${type}: row ${row} of ${cols}`,
    expected,
    tolerance: 0,
    run: (space) => {
      const [from, to] = [space.put(table, 1), space.room(cols * 4)];
      space.kernels.widenRow(WeightType[type], from.memory, from.offset, row, cols, to.memory, to.offset);
      return space.floats(to, cols);
    },
  };
}

export function* widenPlainCases(type: PlainType): Generator<KernelCase> {
  const random = new SeededValues();
  for (const n of awkwardLengths) {
    const values = random.floats(3 * n);
    specialFloats.forEach((value, i) => (values[2 * n + (i * 7) % n] = value));
    const read = asRead(values, type);
    for (const row of [0, 2]) {
      yield widenCase(type, asPlainType(values, type), n, row, read.slice(row * n, row * n + n));
    }
  }
}

/** Blocks of 32 with finite F16 scales and random whole numbers. */
function blockTable(random: SeededValues, blocks: number, blockBytes: number): Uint8Array {
  const bytes = random.bytes(blocks * blockBytes);
  const view = new DataView(bytes.buffer);
  for (let b = 0; b < blocks; b++) view.setUint16(b * blockBytes, toF16((random.next() - 0.5) * 0.1), true);
  return bytes;
}

export function* widenBlockCases(type: 'q8_0' | 'q4_0'): Generator<KernelCase> {
  const random = new SeededValues();
  const blockBytes = type === 'q8_0' ? 34 : 18;
  for (const blocks of [1, 2, 3, 5]) {
    const table = blockTable(random, 2 * blocks, blockBytes);
    const view = new DataView(table.buffer);
    const expected = Array.from({ length: blocks * 32 }, (_, at) => {
      const start = (blocks + (at >> 5)) * blockBytes;
      const i = at & 31;
      const nibble = (view.getUint8(start + 2 + (i & 15)) >> (i < 16 ? 0 : 4)) & 15;
      const whole = type === 'q8_0' ? view.getInt8(start + 2 + i) : nibble - 8;
      return Math.fround(fromF16(view.getUint16(start, true)) * whole);
    });
    yield widenCase(type, table, blocks * 32, 1, expected);
  }
}

export function* narrowCases(type: 'bf16' | 'f16'): Generator<KernelCase> {
  const random = new SeededValues();
  for (const n of awkwardLengths) {
    const values = random.floats(n, [1, 1e5, 1e-6, 1e-39][n % 4] ?? 1);
    if (n > 10) specialFloats.forEach((value, i) => (values[i] = value));
    // Ties, which go to the even neighbour.
    if (n > 20) values.set([1.00390625, 1.01171875, 1.00048828125, 1.00146484375, 65519.996, 65520], 10);
    const toBits = type === 'f16' ? toF16 : toBf16;
    yield {
      what: `convert f32 to ${type} of ${n}, seed ${random.seed}`,
      expected: Uint16Array.from(values, toBits),
      tolerance: 0,
      run: (space) => {
        const [from, to] = [space.putFloats(values, 1), space.room(n * 2, 1)];
        space.kernels.convert(WeightType.f32, from.memory, from.offset, WeightType[type], to.memory, to.offset, n);
        const bits = new Uint16Array(space.bytes(to, n * 2).buffer);
        // Any NaN will do: the sets keep different parts of its payload.
        return bits.map((v, i) => (Number.isNaN(values[i]) && Number.isNaN(asReadBits(v, type)) ? toBits(NaN) : v));
      },
    };
  }
}

function asReadBits(bits: number, type: 'bf16' | 'f16'): number {
  return type === 'f16' ? fromF16(bits) : (new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0);
}

function firstLargest(values: Float32Array): number {
  let best = -1;
  values.forEach((v, i) => {
    if (!Number.isNaN(v) && (best < 0 || v > (values[best] ?? NaN))) best = i;
  });
  return Math.max(best, 0);
}

export function* argmaxCases(): Generator<KernelCase> {
  const random = new SeededValues();
  const fixed = [[NaN], [NaN, -Infinity], [-0, 0], [NaN, NaN, 1, 1, 2, 2], [-Infinity, -Infinity], [1, Infinity, NaN]];
  const rows = [
    ...fixed.map((row) => Float32Array.from(row)),
    ...awkwardLengths.map((n) => random.floats(n)),
    // Equals far apart: the first wins.
    ...awkwardLengths.map((n) => random.floats(n).map((v, i) => (i === n >> 1 || i === n - 1 ? 99 : v))),
  ];
  for (const row of rows) {
    yield {
      what: `argmax of ${row.length}, seed ${random.seed}`,
      expected: [firstLargest(row)],
      tolerance: 0,
      run: (space) => {
        const place = space.putFloats(row, 1);
        return [space.kernels.argmax(place.memory, place.offset, row.length)];
      },
    };
  }
}

export function* topKCases(): Generator<KernelCase> {
  const random = new SeededValues();
  for (const [n, k] of [[1, 1], [7, 7], [100, 3], [1000, 40], [1000, 500], [5000, 5000]] as const) {
    // Few different values, so that equals abound; a NaN comes last.
    const values = random.floats(n).map((v, i) => (i === 3 ? NaN : Math.round(v * 8)));
    const rank = (i: number): number => (Number.isNaN(values[i]) ? -Infinity : (values[i] ?? NaN));
    const order = Array.from(values.keys()).sort((a, b) => rank(b) - rank(a) || a - b).slice(0, k);
    yield {
      what: `topK of ${k} among ${n}, seed ${random.seed}`,
      expected: [...order, ...order.map((i) => values[i] ?? NaN)],
      tolerance: 0,
      run: (space) => {
        const place = space.putFloats(values);
        const [indices, best] = [new Int32Array(k), new Float32Array(k)];
        space.kernels.topK(place.memory, place.offset, n, k, indices, best);
        return [...indices, ...best];
      },
    };
  }
}
