import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { kernels, type Memory } from '../../native-kernels/index.js';
import { InterruptedError } from '../errors.js';
import { dropFromPageCache } from '../report/page-cache.js';
import type { Block, BlockTensor } from './block.js';
import type { CheckpointBlocks } from './checkpoint-blocks.js';
import { sliceFileLayout } from './slice-file.js';
import type { SliceFileEntry } from './slice-manifest.js';

/** Written bytes wait in memory for the disk; so many at most, whatever a block's size. */
const unsyncedBytes = 4 * 2 ** 20;

export interface SliceWriting {
  /** Hears how many more bytes of slice files are written. */
  onBytes: (bytes: number) => void;
  /** Bytes go through it from native memory to the file. One for all files: garbage stays in memory long after slicing. */
  buffer: Uint8Array;
  signal?: AbortSignal | undefined;
}

/**
 * Streams one block from the checkpoint into `<folder>/<block>.safetensors`, a panel of rows at a time, and makes sure it
 * is on disk, and no longer in the page cache. Needs a few panels of memory (4 MiB each), whatever the block's size.
 * @throws InterruptedError when `writing.signal` is aborted; file system errors as they come.
 */
export async function writeSliceFile(
  folder: string, block: Block, source: CheckpointBlocks, writing: SliceWriting,
): Promise<SliceFileEntry> {
  const layout = sliceFileLayout(block);
  const name = `${block.name}.safetensors`;
  const path = join(folder, name);
  const handle = await open(path, 'wx');
  try {
    const output = new HashedOutput(path, handle, writing);
    await output.write(layout.header);
    let end = 0;
    for (const tensor of block.tensors) {
      await output.write(new Uint8Array(tensor.offset - end));
      await writeTensor(output, tensor, source, writing.signal);
      end = tensor.offset + tensor.bytes;
    }
    await output.write(new Uint8Array(layout.padding));
    await output.settle();
    const { bytes, dataOffset } = layout;
    return { name, bytes, dataOffset, sha256: output.digest(), block: { ...block, tensors: [...block.tensors] } };
  } finally {
    await handle.close();
  }
}

async function writeTensor(
  output: HashedOutput, tensor: BlockTensor, source: CheckpointBlocks, signal?: AbortSignal,
): Promise<void> {
  const step = Math.min(source.panelRows(tensor), tensor.rows);
  const rowBytes = tensor.bytes / tensor.rows;
  const panel = kernels.allocate(step * rowBytes);
  try {
    for (let row = 0; row < tensor.rows; row += step) {
      if (signal?.aborted === true) throw new InterruptedError();
      const rows = Math.min(step, tensor.rows - row);
      source.readRows(tensor, row, rows, panel, 0);
      // Panel by panel: a block may be larger than the memory that its node will ever have.
      source.dropFromPageCache();
      await output.writeFrom(panel, rows * rowBytes);
    }
  } finally {
    kernels.free(panel);
  }
}

/** A file that is written from its start to its end, and hashed on the way. */
class HashedOutput {
  readonly #hash = createHash('sha256');
  #unsynced = 0;

  constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    private readonly writing: SliceWriting,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.#hash.update(bytes);
    await this.handle.appendFile(bytes);
    this.writing.onBytes(bytes.length);
    this.#unsynced += bytes.length;
    if (this.#unsynced >= unsyncedBytes) await this.settle(true);
  }

  async writeFrom(memory: Memory, bytes: number): Promise<void> {
    const { buffer } = this.writing;
    for (let at = 0; at < bytes; at += buffer.length) {
      const piece = buffer.subarray(0, Math.min(buffer.length, bytes - at));
      kernels.read(memory, at, piece);
      await this.write(piece);
    }
  }

  /** Returns once all is on disk and out of the page cache. `more` will come: the file's length need not be kept yet. */
  async settle(more = false): Promise<void> {
    await (more ? this.handle.datasync() : this.handle.sync());
    dropFromPageCache(this.path);
    this.#unsynced = 0;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
