import { kernels, RopeStyle, WeightType } from '../../native-kernels/index.js';
import { addressOf, type BlockLocation } from '../memory/block-store.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Share } from '../slices/block.js';
import { attentionWidths, type Activations } from './activations.js';
import type { AttentionWeights, Vector } from './block-weights.js';
import type { KvCache } from './kv-cache.js';
import { multiply } from './product.js';

/** Attention over one node's heads: hidden (tokens, dim) → partial (tokens, dim), to be summed over the nodes. */
export class AttentionBlock {
  readonly #heads: number;
  readonly #kvHeads: number;
  readonly #query: number;
  readonly #keyValue: number;
  readonly #style: RopeStyle;

  constructor(
    private readonly config: ModelConfig,
    share: Share,
    private readonly activations: Activations,
    private readonly cache: KvCache,
  ) {
    this.#kvHeads = share.kvHeads;
    this.#heads = share.kvHeads * (config.nHeads / config.nKvHeads);
    const widths = attentionWidths(config, share);
    this.#query = widths.query;
    this.#keyValue = widths.keyValue;
    this.#style = config.ropeStyle === 'interleaved' ? RopeStyle.interleaved : RopeStyle.halfSplit;
  }

  /** `onUsed` hears how many of the block's bytes, counted from its start, will not be read again. */
  run(
    layer: number, weights: AttentionWeights, at: BlockLocation, position: number, tokens: number,
    onUsed: (index: number, upTo: number) => void, index: number,
  ): void {
    this.#project(weights, at, tokens);
    onUsed(index, weights.output.offset);
    this.#attend(layer, position, tokens);
    const { memory, layout } = this.activations;
    multiply(
      at, weights.output, memory, layout.attended.offset, layout.attended.stride,
      memory, layout.partial.offset, layout.partial.stride, tokens,
    );
    if (weights.outputBias !== null) this.#addBias(weights.outputBias, at, layout.partial.offset, this.config.dim, tokens);
  }

  /** normed = RMSNorm(hidden); qkv = normed Wᵀ + bias; q and k normalised per head where the model does. */
  #project(weights: AttentionWeights, at: BlockLocation, tokens: number): void {
    const { memory, layout } = this.activations;
    const { hidden, normed, qkv } = layout;
    kernels.rmsNorm(
      memory, hidden.offset, hidden.stride, WeightType.f32, at.memory, addressOf(at, weights.inputNorm.offset),
      this.config.rmsEps, memory, normed.offset, normed.stride, tokens, this.config.dim,
    );
    for (const matrix of weights.qkv) {
      multiply(at, matrix, memory, normed.offset, normed.stride, memory, qkv.offset, qkv.stride, tokens);
    }
    let column = 0;
    for (const bias of weights.qkvBias) {
      this.#addBias(bias, at, qkv.offset + column * 4, qkv.stride, tokens);
      column += bias.length;
    }
    if (weights.qNorm !== null) this.#normHeads(weights.qNorm, at, 0, this.#heads, tokens);
    if (weights.kNorm !== null) this.#normHeads(weights.kNorm, at, this.#query, this.#kvHeads, tokens);
  }

  /** Rotates q and k, stores k and v, attends: qkv → attended (tokens, query). */
  #attend(layer: number, position: number, tokens: number): void {
    const { memory, layout } = this.activations;
    const { qkv, attended, ropeTable } = layout;
    const { headDim } = this.config;
    const cache = this.cache;
    const key = qkv.offset + this.#query * 4;
    const value = key + this.#keyValue * 4;
    kernels.rope(memory, qkv.offset, qkv.stride, tokens, this.#heads, headDim, memory, ropeTable, this.#style);
    kernels.rope(memory, key, qkv.stride, tokens, this.#kvHeads, headDim, memory, ropeTable, this.#style);
    const keys = cache.keys(layer);
    const values = cache.values(layer);
    kernels.storeKv(
      memory, key, qkv.stride, tokens, position, this.#kvHeads, headDim, cache.type, cache.memory, keys, cache.capacity,
    );
    kernels.storeKv(
      memory, value, qkv.stride, tokens, position, this.#kvHeads, headDim, cache.type, cache.memory, values,
      cache.capacity,
    );
    kernels.attention(
      memory, qkv.offset, qkv.stride, cache.type, cache.memory, keys, cache.memory, values,
      memory, attended.offset, attended.stride, tokens, position, this.#heads, this.#kvHeads, headDim, cache.capacity,
      this.config.slidingWindow, 1 / Math.sqrt(headDim),
    );
  }

  #addBias(bias: Vector, at: BlockLocation, offset: number, stride: number, tokens: number): void {
    const { memory } = this.activations;
    kernels.addBias(
      memory, offset, stride, WeightType.f32, at.memory, addressOf(at, bias.offset), tokens, bias.length,
    );
  }

  /** RMSNorm of each head's head_dim values. Heads of a token lie side by side, so either axis can be the rows: the shorter. */
  #normHeads(norm: Vector, at: BlockLocation, column: number, heads: number, tokens: number): void {
    const { memory, layout } = this.activations;
    const { headDim, rmsEps } = this.config;
    const { stride } = layout.qkv;
    const weight = addressOf(at, norm.offset);
    const start = layout.qkv.offset + column * 4;
    const byToken = tokens <= heads;
    const rounds = byToken ? tokens : heads;
    const step = (byToken ? stride : headDim) * 4;
    const rowStride = byToken ? headDim : stride;
    const rows = byToken ? heads : tokens;
    for (let round = 0; round < rounds; round++) {
      const offset = start + round * step;
      kernels.rmsNorm(
        memory, offset, rowStride, WeightType.f32, at.memory, weight, rmsEps, memory, offset, rowStride, rows, headDim,
      );
    }
  }
}
