import { writeFileSync } from 'node:fs';
import { kernels, StoredType } from '../../../native-kernels/index.js';
import { blockValues, dtypeBytes, type Dtype, type StoredDtype } from '../../../engine/formats/dtype.js';
import type { TensorEntry } from '../../../engine/formats/tensor-entry.js';
import type { BlockTensor } from '../../../engine/slices/block.js';

/** Where in a block of each type its F16 scales lie: random bytes there would be no numbers. */
const scales: Partial<Record<StoredDtype, number[]>> = {
  q8_0: [0], q4_0: [0], q4_1: [0, 2], q5_0: [0], q5_1: [0, 2], q4_k: [0, 2], q5_k: [0, 2], q6_k: [208],
};

/** Varied bytes that are finite values of `dtype`. */
export function storedBytes(dtype: StoredDtype, values: number, seed: number): Buffer {
  const bytes = Buffer.alloc(dtypeBytes(dtype, values));
  let state = seed * 2654435761 + 1;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  if (dtype === 'f32') {
    for (let i = 0; i < values; i++) bytes.writeFloatLE((next() / 2 ** 31 - 1) * 2, i * 4);
  } else if (dtype === 'bf16' || dtype === 'f16') {
    // Exponents near 0: sign, 0.3 to 1.2, and a random fraction.
    const base = dtype === 'bf16' ? 0x3e80 : 0x3400;
    for (let i = 0; i < values; i++) bytes.writeUInt16LE(base + ((next() >>> 8) & 0xff) + ((next() >>> 31) << 15), i * 2);
  } else {
    for (let i = 0; i < bytes.length; i++) bytes[i] = next() >>> 24;
    const block = dtypeBytes(dtype, blockValues(dtype));
    for (let at = 0; at < bytes.length; at += block) {
      for (const scale of scales[dtype] ?? []) bytes.writeUInt16LE(0x2000 + (next() >>> 22), at + scale);
    }
  }
  return bytes;
}

/** Writes one tensor (rows, cols) into a file of its own, behind some bytes that are not its. */
export function storeTensor(
  file: string, name: string, dtype: StoredDtype, shape: readonly number[], seed: number,
): TensorEntry & { data: Buffer } {
  const data = storedBytes(dtype, shape.reduce((product, n) => product * n, 1), seed);
  const offset = 13;
  writeFileSync(file, Buffer.concat([Buffer.alloc(offset, 0xee), data]));
  return { name, file, offset, bytes: data.length, dtype, shape, data };
}

/** What a part of a stored tensor must be: the whole tensor widened to F32, cut value by value, and converted. */
export function expectedPart(entry: TensorEntry & { data: Buffer }, tensor: BlockTensor): Buffer {
  const cols = entry.shape.at(-1) ?? 0;
  const wide = converted(entry.data, entry.dtype, 'f32');
  const values = new Float32Array(wide.buffer, wide.byteOffset, wide.length / 4);
  const part = new Float32Array(tensor.rows * tensor.cols);
  for (let row = 0; row < tensor.rows; row++) {
    const from = (tensor.rowStart + row) * cols + tensor.colStart;
    part.set(values.subarray(from, from + tensor.cols), row * tensor.cols);
  }
  return converted(Buffer.from(part.buffer), 'f32', tensor.dtype);
}

function converted(bytes: Buffer, from: StoredDtype, to: Dtype): Buffer {
  const values = (bytes.length / dtypeBytes(from, blockValues(from))) * blockValues(from);
  const result = Buffer.alloc(dtypeBytes(to, values));
  const source = kernels.allocate(bytes.length);
  const target = kernels.allocate(result.length);
  kernels.write(source, 0, bytes);
  kernels.convert(StoredType[from], source, 0, StoredType[to], target, 0, values);
  kernels.read(target, 0, result);
  kernels.free(source);
  kernels.free(target);
  return result;
}
