import type { Kernels, Memory } from '../../../native-kernels/index.js';

/** Where something lies: a kernel's pair of arguments. */
export interface Place {
  memory: Memory;
  offset: number;
}

const GUARD = 0xa5;
const MARGIN = 256;

/** Memory for one comparison, with guarded margins around each thing put into it. Dispose it in `finally`. */
export class Workspace {
  readonly #places: { place: Place; bytes: number; size: number }[] = [];

  constructor(readonly kernels: Kernels) {}

  /** Puts bytes at `shift` beyond an aligned start. */
  put(bytes: Uint8Array, shift = 0): Place {
    const size = MARGIN + shift + bytes.length + MARGIN;
    const memory = this.kernels.allocate(size);
    const guarded = new Uint8Array(size).fill(GUARD);
    guarded.set(bytes, MARGIN + shift);
    this.kernels.write(memory, 0, guarded);
    const place = { memory, offset: MARGIN + shift };
    this.#places.push({ place, bytes: bytes.length, size });
    return place;
  }

  /** Puts floats at `shift` floats beyond an aligned start. */
  putFloats(values: Float32Array, shift = 0): Place {
    return this.put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), shift * 4);
  }

  /** Room for results, filled with a pattern that no result has. */
  room(bytes: number, shift = 0): Place {
    return this.put(new Uint8Array(bytes).fill(GUARD), shift);
  }

  floats(place: Place, n: number): Float32Array {
    const values = new Float32Array(n);
    this.kernels.read(place.memory, place.offset, values);
    return values;
  }

  bytes(place: Place, n: number): Uint8Array {
    const values = new Uint8Array(n);
    this.kernels.read(place.memory, place.offset, values);
    return values;
  }

  /** Throws when a kernel wrote beside its destination. */
  checkMargins(): void {
    for (const { place, bytes, size } of this.#places) {
      const all = new Uint8Array(size);
      this.kernels.read(place.memory, 0, all);
      const before = all.subarray(0, place.offset);
      const after = all.subarray(place.offset + bytes);
      if ([...before, ...after].every((value) => value === GUARD)) continue;
      throw new Error('A kernel wrote beside its destination.');
    }
  }

  dispose(): void {
    for (const { place } of this.#places) this.kernels.free(place.memory);
    this.#places.length = 0;
  }
}
