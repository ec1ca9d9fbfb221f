import { kernels, type Memory } from '../../native-kernels/index.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Share } from '../slices/block.js';

/** A buffer inside the one activation memory: byte offset and row stride in floats. */
export interface Rows {
  offset: number;
  stride: number;
}

/** Query, key and value columns of one node's share, in floats. */
export interface AttentionWidths {
  query: number;
  keyValue: number;
}

export function attentionWidths(config: ModelConfig, share: Share): AttentionWidths {
  const group = config.nHeads / config.nKvHeads;
  return { query: share.kvHeads * group * config.headDim, keyValue: share.kvHeads * config.headDim };
}

/**
 * Every activation buffer of a forward pass, F32, allocated once. Shapes, with `tokens` the most tokens of one pass:
 * hidden, normed, partial (tokens, dim); qkv (tokens, query + 2 key_value); attended (tokens, query);
 * gateUp (tokens, 2 ffn_columns); gated (tokens, ffn_columns); ropeTable (tokens, head_dim / 2, 2);
 * frequencies (head_dim / 2); logits (logit rows, vocab), on the master.
 */
export interface ActivationLayout {
  bytes: number;
  tokens: number;
  hidden: Rows;
  normed: Rows;
  partial: Rows;
  qkv: Rows;
  attended: Rows;
  gateUp: Rows;
  gated: Rows;
  ropeTable: number;
  frequencies: number;
  logits: Rows;
  embeddingRow: number;
  /** (tokens, dim) of zeros, only on a node that owns no heads or no FFN columns: its part of a sum. */
  zeros: number;
}

/** Most tokens of one prefill pass: more gain no speed, and their activations cost memory. */
const mostTokens = 512;
/** Activations of one pass should stay below this; a pass never has fewer than 32 tokens for it. */
const activationBudget = 48 * 2 ** 20;

/** Tokens of one prefill pass: a power of two that keeps the activations small. */
export function prefillTokens(config: ModelConfig, share: Share, longest: number): number {
  const { query, keyValue } = attentionWidths(config, share);
  const perToken = 4 * (3 * config.dim + 2 * query + 2 * keyValue + 3 * share.ffnColumns + config.headDim);
  let tokens = mostTokens;
  while (tokens > 32 && tokens * perToken > activationBudget) tokens /= 2;
  return Math.max(1, Math.min(tokens, longest));
}

/** Lays the buffers out one behind another. Pure. */
export function activationLayout(
  config: ModelConfig, share: Share, tokens: number, logitRows: number, embeddingRowBytes: number,
): ActivationLayout {
  const { query, keyValue } = attentionWidths(config, share);
  let bytes = 0;
  const take = (wanted: number): number => {
    const offset = bytes;
    bytes += Math.ceil(wanted / 64) * 64;
    return offset;
  };
  const rows = (count: number, stride: number): Rows => ({ offset: take(count * stride * 4), stride });
  const layout = {
    tokens,
    hidden: rows(tokens, config.dim),
    normed: rows(tokens, config.dim),
    partial: rows(tokens, config.dim),
    qkv: rows(tokens, query + 2 * keyValue),
    attended: rows(tokens, query),
    gateUp: rows(tokens, 2 * share.ffnColumns),
    gated: rows(tokens, share.ffnColumns),
    ropeTable: take(tokens * config.headDim * 4),
    frequencies: take(config.headDim * 2),
    logits: rows(logitRows, config.vocab),
    embeddingRow: take(embeddingRowBytes),
    zeros: take(share.kvHeads === 0 || share.ffnColumns === 0 ? tokens * config.dim * 4 : 0),
  };
  return { bytes, ...layout };
}

/** The memory behind an {@link ActivationLayout}. */
export class Activations {
  readonly memory: Memory;

  constructor(readonly layout: ActivationLayout) {
    this.memory = kernels.allocate(layout.bytes);
  }

  close(): void {
    kernels.free(this.memory);
  }
}
