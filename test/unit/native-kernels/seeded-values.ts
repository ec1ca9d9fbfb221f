/** Numbers that a seed determines, so that a failing comparison can be run again: set HEARTH_SEED. */
export class SeededValues {
  #state: number;

  constructor(readonly seed: number = Number(process.env['HEARTH_SEED'] ?? 1)) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** n floats spread around 0, no two alike. */
  floats(n: number, scale = 1): Float32Array {
    return Float32Array.from({ length: n }, () => (this.next() + this.next() + this.next() - 1.5) * 2 * scale);
  }

  bytes(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => this.below(256));
  }
}

/** Every length below two and a bit of the widest vectors, and some longer ones. */
export const awkwardLengths = [1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 23, 31, 32, 33, 47, 63, 64, 65, 100, 129, 257];

/** Both zeros, a denormal, the largest and smallest normal numbers, infinities and a NaN. */
export const specialFloats = [0, -0, 1e-40, -1e-40, 1.17549435e-38, 3.4e38, -3.4e38, Infinity, -Infinity, NaN];
