import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { kernels } from '../../native-kernels/index.js';
import { InterruptedError } from '../errors.js';
import { dropFromPageCache } from '../report/page-cache.js';
import type { Block, BlockTensor } from './block.js';
import type { CheckpointBlocks } from './checkpoint-blocks.js';
import { sliceFileLayout } from './slice-file.js';
import type { SliceFileEntry } from './slice-manifest.js';

/** Written bytes wait in memory for the disk; so many at most, whatever a block's size. */
const unsyncedBytes = 32 * 2 ** 20;

/** Hears how many more bytes of slice files are written. */
export type OnBytes = (bytes: number) => void;

/**
 * Streams one block from the checkpoint into `<folder>/<block>.safetensors`, a panel of rows at a time, and makes sure it
 * is on disk, and no longer in the page cache. Needs a few panels of memory (8 MiB each), whatever the block's size.
 * @throws InterruptedError when `signal` is aborted; file system errors as they come.
 */
export async function writeSliceFile(
  folder: string, block: Block, source: CheckpointBlocks, onBytes: OnBytes, signal?: AbortSignal,
): Promise<SliceFileEntry> {
  const layout = sliceFileLayout(block);
  const name = `${block.name}.safetensors`;
  const path = join(folder, name);
  const handle = await open(path, 'wx');
  try {
    const output = new HashedOutput(path, handle, onBytes);
    await output.write(layout.header);
    let end = 0;
    for (const tensor of block.tensors) {
      await output.write(new Uint8Array(tensor.offset - end));
      await writeTensor(output, tensor, source, signal);
      end = tensor.offset + tensor.bytes;
    }
    await output.write(new Uint8Array(layout.padding));
    await output.settle();
    source.dropFromPageCache();
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
  const buffer = new Uint8Array(step * rowBytes);
  try {
    for (let row = 0; row < tensor.rows; row += step) {
      if (signal?.aborted === true) throw new InterruptedError();
      const rows = Math.min(step, tensor.rows - row);
      const bytes = buffer.subarray(0, rows * rowBytes);
      source.readRows(tensor, row, rows, panel, 0);
      kernels.read(panel, 0, bytes);
      await output.write(bytes);
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
    private readonly onBytes: OnBytes,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.#hash.update(bytes);
    await this.handle.appendFile(bytes);
    this.onBytes(bytes.length);
    this.#unsynced += bytes.length;
    if (this.#unsynced >= unsyncedBytes) await this.settle();
  }

  /** Returns once all is on disk and out of the page cache. */
  async settle(): Promise<void> {
    await this.handle.sync();
    dropFromPageCache(this.path);
    this.#unsynced = 0;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
