import { kernels, StoredType, type File, type Memory } from '../../native-kernels/index.js';
import { ModelUnusableError } from '../errors.js';
import { dtypeBytes } from '../formats/dtype.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import type { Block, BlockTensor } from './block.js';
import { columnCut, type ColumnCut } from './column-cut.js';

/** Rows are read and converted in panels of about this many stored bytes, whatever the tensor's size. */
const panelBytes = 4 * 2 ** 20;

/**
 * Reads blocks from a checkpoint's files into native memory, cut and converted as their layout says. Synchronous; needs
 * about 4 MiB beside the destination (one row more where rows are longer than that).
 */
export class CheckpointBlocks {
  readonly #files = new Map<string, File>();
  #scratch: { memory: Memory; bytes: number } | null = null;

  constructor(private readonly tensors: ReadonlyMap<string, TensorEntry>) {}

  /**
   * Fills `memory` from `offset` with all of a block. `onBytes` hears how many more of the block's bytes are in place.
   * @throws ModelUnusableError MODEL_UNREADABLE when a file can no longer be read as far as its header said.
   */
  readBlock(block: Block, memory: Memory, offset: number, onBytes?: (bytes: number) => void): void {
    let told = 0;
    const tell = (upTo: number): void => {
      onBytes?.(upTo - told);
      told = upTo;
    };
    for (const tensor of block.tensors) {
      const step = this.panelRows(tensor);
      const rowBytes = tensor.bytes / tensor.rows;
      for (let row = 0; row < tensor.rows; row += step) {
        const rows = Math.min(step, tensor.rows - row);
        this.readRows(tensor, row, rows, memory, offset + tensor.offset + row * rowBytes);
        tell(tensor.offset + (row + rows) * rowBytes);
      }
    }
  }

  /** How many of a tensor's rows make one panel. */
  panelRows(tensor: BlockTensor): number {
    const { rowBytes } = this.#source(tensor);
    return Math.max(1, Math.floor(panelBytes / Math.max(rowBytes, tensor.cols * 4)));
  }

  /** Puts rows [row, row + rows) of a block's tensor, at most a panel of them, at `offset` of `memory`. */
  readRows(tensor: BlockTensor, row: number, rows: number, memory: Memory, offset: number): void {
    const { entry, rowBytes, cut } = this.#source(tensor);
    const fileOffset = entry.offset + (tensor.rowStart + row) * rowBytes;
    if (cut.whole && entry.dtype === tensor.dtype) {
      this.#read(entry.file, fileOffset, rows * rowBytes, memory, offset);
      return;
    }
    // Wide rows of which a node holds a small part are read part by part, everything else in one go.
    const sparse = cut.windowBytes >= 4096 && cut.windowBytes * 2 <= rowBytes;
    const stride = sparse ? cut.windowBytes : rowBytes;
    const first = sparse ? 0 : cut.windowOffset;
    const wideOffset = Math.ceil((rows * stride) / 64) * 64;
    const scratch = this.#scratchOf(wideOffset + cut.windowValues * 4);
    if (sparse) {
      for (let i = 0; i < rows; i++) {
        this.#read(entry.file, fileOffset + i * rowBytes + cut.windowOffset, stride, scratch, i * stride);
      }
    } else {
      this.#read(entry.file, fileOffset, rows * rowBytes, scratch, 0);
    }
    if (cut.whole) {
      kernels.convert(
        StoredType[entry.dtype], scratch, 0, StoredType[tensor.dtype], memory, offset, rows * tensor.cols,
      );
      return;
    }
    for (let i = 0; i < rows; i++) {
      const at = offset + i * dtypeBytes(tensor.dtype, tensor.cols);
      convertCut(entry, tensor, cut, scratch, first + i * stride, wideOffset, memory, at);
    }
  }

  /**
   * What was read leaves the page cache, of all files: rows of which a node holds a part were read for it alone, and a
   * checkpoint larger than memory must not push everything else out.
   */
  dropFromPageCache(): void {
    for (const file of this.#files.values()) kernels.dropFromCache(file);
  }

  /** Closes the files and gives the scratch memory back. */
  close(): void {
    for (const file of this.#files.values()) kernels.closeFile(file);
    this.#files.clear();
    if (this.#scratch !== null) kernels.free(this.#scratch.memory);
    this.#scratch = null;
  }

  #source(tensor: BlockTensor): { entry: TensorEntry; rowBytes: number; cut: ColumnCut } {
    const entry = this.tensors.get(tensor.name);
    const cols = entry?.shape.at(-1) ?? 0;
    const rows = entry === undefined ? 0 : entry.shape.reduce((product, n) => product * n, 1) / cols;
    const outside = tensor.rowStart + tensor.rows > rows || tensor.colStart + tensor.cols > cols;
    if (entry === undefined || outside) throw new Error(`the checkpoint holds no such part of ${tensor.name}`);
    const cut = columnCut(entry.dtype, cols, tensor.colStart, tensor.cols);
    return { entry, rowBytes: dtypeBytes(entry.dtype, cols), cut };
  }

  #read(path: string, fileOffset: number, bytes: number, memory: Memory, offset: number): void {
    try {
      let file = this.#files.get(path);
      if (file === undefined) {
        file = kernels.openFile(path, false);
        this.#files.set(path, file);
      }
      kernels.readInto(file, fileOffset, bytes, memory, offset);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'KERNEL_IO') throw error;
      throw new ModelUnusableError(
        'MODEL_UNREADABLE', path, 'its weights could not be read to the end',
        'Check that the file is still there and complete, or download it again.', { cause: error },
      );
    }
  }

  #scratchOf(bytes: number): Memory {
    if (this.#scratch === null || this.#scratch.bytes < bytes) {
      if (this.#scratch !== null) kernels.free(this.#scratch.memory);
      this.#scratch = null;
      const size = Math.max(bytes, panelBytes);
      this.#scratch = { memory: kernels.allocate(size), bytes: size };
    }
    return this.#scratch.memory;
  }
}

/** Converts the columns a node holds of one stored row; through F32 where they begin or end inside a stored block. */
function convertCut(
  entry: TensorEntry, tensor: BlockTensor, cut: ColumnCut,
  scratch: Memory, from: number, wideOffset: number, memory: Memory, to: number,
): void {
  const stored = StoredType[entry.dtype];
  const wanted = StoredType[tensor.dtype];
  if (!cut.insideBlock && stored === wanted) {
    kernels.copy(scratch, from, memory, to, cut.windowBytes);
  } else if (!cut.insideBlock) {
    kernels.convert(stored, scratch, from, wanted, memory, to, tensor.cols);
  } else {
    kernels.convert(stored, scratch, from, StoredType.f32, scratch, wideOffset, cut.windowValues);
    kernels.convert(StoredType.f32, scratch, wideOffset + cut.skip * 4, wanted, memory, to, tensor.cols);
  }
}
