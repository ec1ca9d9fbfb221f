import type { Dtype } from '../formats/dtype.js';

/**
 * The unit of the memory window: the weights of one attention half or FFN half of a layer, the final norm, or a piece of
 * the output head, as ONE node holds them. `tensors` lie one behind another from `offset` 0 in the block's memory and in
 * its slice file's data section alike, so a block can be read with one contiguous read.
 */
export interface Block {
  /** `l<i>.attn`, `l<i>.ffn`, `output.<piece>`. */
  name: string;
  bytes: number;
  tensors: readonly BlockTensor[];
}

export interface BlockTensor {
  /** Hugging Face's canonical name, e.g. `model.layers.0.self_attn.q_proj.weight`. */
  name: string;
  dtype: Dtype;
  rows: number;
  /** Length of one row; 1-D tensors have rows = 1. */
  cols: number;
  /** Bytes from the start of the block. */
  offset: number;
  bytes: number;
  /** Part of the checkpoint's tensor: rows [rowStart, rowStart + rows), columns [colStart, colStart + cols). */
  rowStart: number;
  colStart: number;
}

/** One node's share of every layer: consecutive KV-head groups and FFN columns. */
export interface Share {
  rank: number;
  kvHeadStart: number;
  kvHeads: number;
  ffnStart: number;
  ffnColumns: number;
}
