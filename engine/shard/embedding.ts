import { kernels, StoredType, type File } from '../../native-kernels/index.js';
import { dtypeBytes } from '../formats/dtype.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import type { Activations } from './activations.js';

/** Bytes of one row of an embedding table as it is stored. */
export function embeddingRowBytes(table: TensorEntry): number {
  return dtypeBytes(table.dtype, table.shape[1] ?? 0);
}

/** The embedding table stays on disk: each token's row is read by its position and widened to F32. */
export class Embedding {
  readonly #file: File;
  readonly #cols: number;
  readonly #rowBytes: number;

  /** `direct` keeps the rows, and all that the system would read ahead, out of the page cache: memory is short. */
  constructor(
    private readonly table: TensorEntry,
    private readonly activations: Activations,
    direct: boolean,
  ) {
    this.#file = kernels.openFile(table.file, direct);
    this.#cols = table.shape[1] ?? 0;
    this.#rowBytes = embeddingRowBytes(table);
  }

  /** hidden[t, :] = row tokens[t] of the table (vocab, dim). */
  look(tokens: ArrayLike<number>): void {
    const { memory, layout } = this.activations;
    const type = StoredType[this.table.dtype];
    for (let t = 0; t < tokens.length; t++) {
      const at = this.table.offset + (tokens[t] ?? 0) * this.#rowBytes;
      kernels.readInto(this.#file, at, this.#rowBytes, memory, layout.embeddingRow);
      const row = layout.hidden.offset + t * layout.hidden.stride * 4;
      kernels.convert(type, memory, layout.embeddingRow, StoredType.f32, memory, row, this.#cols);
    }
  }

  close(): void {
    kernels.closeFile(this.#file);
  }
}
