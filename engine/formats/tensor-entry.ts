import type { StoredDtype } from './dtype.js';

/** Where a tensor's values lie on disk. Shapes are row-major, outermost first: (rows, cols) for a matrix. */
export interface TensorEntry {
  name: string;
  file: string;
  /** Bytes from the start of the file. */
  offset: number;
  bytes: number;
  dtype: StoredDtype;
  shape: readonly number[];
}
