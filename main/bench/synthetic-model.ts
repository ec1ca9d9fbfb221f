import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { freeBytes, requireSpace } from '../../engine/catalogue/disk-space.js';
import { dtypeBytes, type Dtype } from '../../engine/formats/dtype.js';
import { ProgressMeter, type OnProgress } from '../../engine/report/progress.js';
import { ggufHeader, padded } from './gguf-header.js';
import { modelShapes, shapedTensors, type ModelShape, type ShapedTensor, type ShapeName } from './model-shape.js';
import { fillWeights, xorshift } from './random-weights.js';

/** Values in the pool that weights are cut from: the same bytes come again only every few MiB, beyond any cache line. */
const poolValues = 1 << 22;

/**
 * A GGUF file of random weights in `folder`, every matrix of `dtype`, with a vocabulary that Hearth and llama.cpp load.
 * One that is there already is used again; one that was not finished is made anew.
 *
 * @returns the file's path
 */
export function syntheticModel(folder: string, shapeName: ShapeName, dtype: Dtype, show?: OnProgress): Promise<string> {
  return syntheticModelOf(folder, shapeName, modelShapes[shapeName], dtype, show);
}

/** The same for any shape. */
export async function syntheticModelOf(
  folder: string, name: string, shape: ModelShape, dtype: Dtype, show?: OnProgress,
): Promise<string> {
  const title = `${name}-${dtype}`;
  const file = join(folder, `${title}.gguf`);
  const tensors = shapedTensors(shape, dtype);
  const header = ggufHeader(title, shape, tensors);
  const totalBytes = tensors.reduce((sum, tensor) => sum + padded(tensor.bytes), header.length);
  if ((await stat(file).catch(() => null))?.size === totalBytes) return file;
  await mkdir(folder, { recursive: true });
  requireSpace(folder, title, totalBytes, await freeBytes(folder));
  const partial = `${file}.partial`;
  try {
    await writeModel(partial, header, tensors, new ProgressMeter(`Making ${title}`, totalBytes, show));
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
  return file;
}

async function writeModel(path: string, header: Buffer, tensors: readonly ShapedTensor[], meter: ProgressMeter): Promise<void> {
  const random = xorshift(20_500);
  const pools = new Map<Dtype, Uint8Array>();
  const handle = await open(path, 'w');
  try {
    await handle.write(header);
    let done = header.length;
    for (const tensor of tensors) {
      done = await writeTensor(handle, tensor, poolOf(tensor.dtype), random, done, meter);
    }
  } finally {
    await handle.close();
  }

  function poolOf(dtype: Dtype): Uint8Array {
    const pool = pools.get(dtype) ?? new Uint8Array(dtypeBytes(dtype, poolValues));
    if (!pools.has(dtype)) fillWeights(pool, dtype, random);
    pools.set(dtype, pool);
    return pool;
  }
}

/** Writes one tensor and its padding; gives back the bytes done so far. */
async function writeTensor(
  handle: FileHandle, tensor: ShapedTensor, pool: Uint8Array, random: () => number, done: number, meter: ProgressMeter,
): Promise<number> {
  if (tensor.rows === 1) await handle.write(new Uint8Array(new Float32Array(tensor.cols).fill(1).buffer));
  else await writeMatrix(handle, tensor, pool, random, (bytes) => meter.update(done + bytes));
  const end = done + padded(tensor.bytes);
  if (padded(tensor.bytes) > tensor.bytes) await handle.write(new Uint8Array(padded(tensor.bytes) - tensor.bytes));
  meter.update(end);
  return end;
}

/** Writes a matrix in pieces cut from the pool, each beginning at a random block. */
async function writeMatrix(
  handle: FileHandle, tensor: ShapedTensor, pool: Uint8Array, random: () => number, show: (bytes: number) => void,
): Promise<void> {
  const block = dtypeBytes(tensor.dtype, 32);
  const starts = pool.length / block / 2;
  for (let left = tensor.bytes; left > 0;) {
    const start = (random() % starts) * block;
    const bytes = Math.min(left, pool.length - start);
    await handle.write(pool, start, bytes);
    left -= bytes;
    show(tensor.bytes - left);
  }
}
