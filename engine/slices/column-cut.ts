import { blockValues, dtypeBytes, type StoredDtype } from '../formats/dtype.js';

/** Columns [start, start + count) of a stored row, and the whole blocks ("window") that hold them. */
export interface ColumnCut {
  /** The cut is the whole row. */
  whole: boolean;
  /** The cut begins or ends inside a stored block, so the window must be widened before it is cut. */
  insideBlock: boolean;
  /** Bytes from the start of the row, and length, of the window. */
  windowOffset: number;
  windowBytes: number;
  windowValues: number;
  /** Values of the window before the cut. */
  skip: number;
}

/** Where a cut of a row of `cols` values lies in its stored bytes. Pure. */
export function columnCut(dtype: StoredDtype, cols: number, start: number, count: number): ColumnCut {
  const block = blockValues(dtype);
  const first = Math.floor(start / block) * block;
  const end = Math.ceil((start + count) / block) * block;
  return {
    whole: count === cols,
    insideBlock: first !== start || end !== start + count,
    windowOffset: dtypeBytes(dtype, first),
    windowBytes: dtypeBytes(dtype, end - first),
    windowValues: end - first,
    skip: start - first,
  };
}
