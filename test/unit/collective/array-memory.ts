import type { Memory } from '../../../native-kernels/index.js';
import type { TensorPort } from '../../../engine/collective/operation.js';

/** Memory in plain arrays behind the same door as the addon's: a handle is an index. */
export class ArrayMemory implements TensorPort {
  readonly #memories: Float32Array[] = [];

  allocate(values: Float32Array): Memory {
    this.#memories.push(values.slice());
    return (this.#memories.length - 1) as Memory;
  }

  values(memory: Memory): Float32Array {
    const values = this.#memories[memory];
    if (values === undefined) throw new Error(`No memory ${memory}`);
    return values;
  }

  read(memory: Memory, offset: number, into: Uint8Array | Float32Array | Int32Array): void {
    this.#view(into).set(this.#bytes(memory, offset, into.byteLength));
  }

  write(memory: Memory, offset: number, from: Uint8Array | Float32Array | Int32Array): void {
    this.#bytes(memory, offset, from.byteLength).set(this.#view(from));
  }

  addBytes(memory: Memory, offset: number, bytes: Uint8Array): void {
    const added = new Float32Array(Uint8Array.from(bytes).buffer);
    const target = this.values(memory).subarray(offset / 4, offset / 4 + added.length);
    if (target.length !== added.length) throw new RangeError('Out of bounds');
    for (let index = 0; index < added.length; index += 1) target[index] = (target[index] ?? 0) + (added[index] ?? 0);
  }

  #bytes(memory: Memory, offset: number, length: number): Uint8Array {
    const values = this.values(memory);
    return new Uint8Array(values.buffer, values.byteOffset + offset, length);
  }

  #view(array: Uint8Array | Float32Array | Int32Array): Uint8Array {
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  }
}
