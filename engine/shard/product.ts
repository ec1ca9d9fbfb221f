import { kernels, type Memory } from '../../native-kernels/index.js';
import type { BlockLocation } from '../memory/block-store.js';
import type { Matrix } from './block-weights.js';

/**
 * y[t, outputRow + r] = sum_c W[r, c] x[t, c] for a matrix inside a block, in two products where the block wraps round
 * the ring inside it. x (tokens, cols) and y (tokens, yStride), F32; strides in floats, offsets in bytes.
 */
export function multiply(
  location: BlockLocation, matrix: Matrix,
  x: Memory, xOffset: number, xStride: number,
  y: Memory, yOffset: number, yStride: number, tokens: number,
): void {
  const { type, offset, rows, cols, rowBytes } = matrix;
  const { memory, base, splitAt, wrapBase } = location;
  const out = yOffset + matrix.outputRow * 4;
  if (offset + rows * rowBytes <= splitAt) {
    kernels.matmul(type, memory, base + offset, rows, cols, x, xOffset, xStride, y, out, yStride, tokens);
    return;
  }
  if (offset >= splitAt) {
    const address = wrapBase + (offset - splitAt);
    kernels.matmul(type, memory, address, rows, cols, x, xOffset, xStride, y, out, yStride, tokens);
    return;
  }
  const before = Math.round((splitAt - offset) / rowBytes);
  kernels.matmul(type, memory, base + offset, before, cols, x, xOffset, xStride, y, out, yStride, tokens);
  kernels.matmul(
    type, memory, wrapBase, rows - before, cols, x, xOffset, xStride, y, out + before * 4, yStride, tokens,
  );
}
