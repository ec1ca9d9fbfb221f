import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernels } from '../../../native-kernels/index.js';
import { dtypeBytes, type Dtype, type StoredDtype } from '../../../engine/formats/dtype.js';
import type { TensorEntry } from '../../../engine/formats/tensor-entry.js';
import type { Block, BlockTensor } from '../../../engine/slices/block.js';
import { CheckpointBlocks } from '../../../engine/slices/checkpoint-blocks.js';
import { scratchFolder } from '../formats/scratch-folder.js';
import { expectedPart, storeTensor } from './stored-tensors.js';

const folder = await scratchFolder();
let files = 0;
const stored = (dtype: StoredDtype, shape: readonly number[]): TensorEntry & { data: Buffer } =>
  storeTensor(join(folder.path, `${files}.bin`), `t${files}`, dtype, shape, files++);

type Cut = Partial<Pick<BlockTensor, 'rowStart' | 'colStart' | 'rows' | 'cols'>>;

/** A block that holds one part of one tensor, not at its start. */
function blockOf(entry: TensorEntry, dtype: Dtype, cut: Cut): { block: Block; tensor: BlockTensor } {
  const [rows, cols] = entry.shape.length === 1 ? [1, entry.shape[0] ?? 0] : [entry.shape[0] ?? 0, entry.shape[1] ?? 0];
  const full = { name: entry.name, dtype, rowStart: 0, colStart: 0, rows, cols, offset: 64, ...cut };
  const tensor = { ...full, bytes: dtypeBytes(dtype, full.rows * full.cols) };
  return { tensor, block: { name: 'l0.ffn', bytes: tensor.offset + tensor.bytes, tensors: [tensor] } };
}

function read(entry: TensorEntry, block: Block, onBytes?: (bytes: number) => void): Buffer {
  const source = new CheckpointBlocks(new Map([[entry.name, entry]]));
  const memory = kernels.allocate(block.bytes + 192);
  try {
    source.readBlock(block, memory, 128, onBytes);
    const all = Buffer.alloc(block.bytes + 192);
    kernels.read(memory, 0, all);
    expect(all.subarray(0, 128 + 64).every((byte) => byte === 0), 'nothing before the tensor').toBe(true);
    expect(all.subarray(128 + block.bytes).every((byte) => byte === 0), 'nothing behind the block').toBe(true);
    return all.subarray(128 + 64, 128 + block.bytes);
  } finally {
    source.close();
    kernels.free(memory);
  }
}

const natives: Dtype[] = ['f32', 'bf16', 'f16', 'q8_0', 'q4_0'];
const storedTypes: StoredDtype[] = [...natives, 'q4_1', 'q5_0', 'q5_1', 'q4_k', 'q5_k', 'q6_k'];
const pairs = storedTypes.flatMap((from) => natives.map((to) => [from, to] as const));

describe('CheckpointBlocks', () => {
  it.each(pairs)('reads whole rows of %s as %s', (from, to) => {
    const entry = stored(from, [9, 512]);
    const { block, tensor } = blockOf(entry, to, { rowStart: 2, rows: 5 });
    const rowBytes = entry.bytes / 9;
    const wanted = from === to ? entry.data.subarray(2 * rowBytes, 7 * rowBytes) : expectedPart(entry, tensor);
    expect(read(entry, block).equals(wanted)).toBe(true);
  });

  it.each(pairs)('cuts columns of %s as %s, inside a stored block too', (from, to) => {
    const entry = stored(from, [7, 1024]);
    for (const [colStart, cols] of [[0, 96], [96, 416], [512, 512], [928, 96]] as const) {
      const { block, tensor } = blockOf(entry, to, { rowStart: 1, rows: 5, colStart, cols });
      const wanted = from === to ? rawPart(entry, tensor) : expectedPart(entry, tensor);
      expect(read(entry, block).equals(wanted), `columns ${colStart} to ${colStart + cols}`).toBe(true);
    }
  });

  it.each(['f32', 'bf16', 'q8_0'] as const)('reads only the part it needs of very wide rows of %s', (dtype) => {
    const entry = stored(dtype, [3, 32768]);
    const { block, tensor } = blockOf(entry, dtype, { colStart: 16384, cols: 8192 });
    expect(read(entry, block).equals(rawPart(entry, tensor))).toBe(true);
  });

  it('goes through tensors that are many panels long, and tells every byte of the block once', () => {
    const entry = stored('bf16', [3001, 2048]);
    const { block, tensor } = blockOf(entry, 'f16', { rowStart: 1, rows: 3000 });
    const told: number[] = [];
    expect(read(entry, block, (bytes) => told.push(bytes)).equals(expectedPart(entry, tensor))).toBe(true);
    expect(told.length).toBeGreaterThan(2);
    expect(told.reduce((a, b) => a + b, 0)).toBe(block.bytes);
  });

  it('cuts a vector by columns and widens it', () => {
    const entry = stored('bf16', [96]);
    const { block, tensor } = blockOf(entry, 'f32', { colStart: 32, cols: 48 });
    expect(read(entry, block).equals(expectedPart(entry, tensor))).toBe(true);
  });

  it('names the file that ends too early', () => {
    const entry = stored('f32', [8, 64]);
    truncateSync(entry.file, 1000);
    const { block } = blockOf(entry, 'f32', {});
    expect(() => read(entry, block)).toThrow(
      expect.objectContaining({ code: 'MODEL_UNREADABLE', exitCode: 3, message: expect.stringContaining(entry.file) }),
    );
  });

  it('refuses a part that the checkpoint does not have', () => {
    const entry = stored('f32', [8, 64]);
    const { block } = blockOf(entry, 'f32', { rowStart: 4, rows: 5 });
    expect(() => read(entry, block)).toThrow('holds no such part');
  });

  it('leaves nothing native behind, and needs little memory beside the block', () => {
    const entry = stored('f16', [2000, 4096]);
    const before = kernels.memoryStats();
    const source = new CheckpointBlocks(new Map([[entry.name, entry]]));
    const { block } = blockOf(entry, 'q4_0', { colStart: 32, cols: 2048 });
    const memory = kernels.allocate(block.bytes);
    source.readBlock(block, memory, 0);
    const during = kernels.memoryStats().allocatedBytes - before.allocatedBytes - block.bytes;
    expect(during).toBeLessThan(20 * 2 ** 20);
    source.close();
    kernels.free(memory);
    const { allocatedBytes, handles } = kernels.memoryStats();
    expect({ allocatedBytes, handles }).toEqual({ allocatedBytes: before.allocatedBytes, handles: before.handles });
  });
});

/** The stored bytes themselves of columns that are whole blocks. */
function rawPart(entry: TensorEntry & { data: Buffer }, tensor: BlockTensor): Buffer {
  const cols = entry.shape[1] ?? 0;
  const rowBytes = dtypeBytes(entry.dtype, cols);
  const from = dtypeBytes(entry.dtype, tensor.colStart);
  const length = dtypeBytes(entry.dtype, tensor.cols);
  const rows = Array.from({ length: tensor.rows }, (_, i) => (tensor.rowStart + i) * rowBytes + from);
  return Buffer.concat(rows.map((at) => entry.data.subarray(at, at + length)));
}
