import { kernels, WeightType, type Memory } from '../../native-kernels/index.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Share } from '../slices/block.js';

export type KvDtype = 'f32' | 'f16';

/** Bytes of one node's keys and values for `capacity` positions over all layers, in each of `contexts` contexts. */
export function kvCacheBytes(config: ModelConfig, share: Share, capacity: number, dtype: KvDtype, contexts = 1): number {
  return contexts * config.nLayers * 2 * share.kvHeads * capacity * config.headDim * (dtype === 'f32' ? 4 : 2);
}

/**
 * Keys and values of one node's heads, in several contexts of which one is in use: per context and layer K then V, each
 * (kv_heads, capacity, head_dim). Pages of a context that was never written take no memory.
 */
export class KvCache {
  readonly memory: Memory;
  readonly type: WeightType;
  /** Bytes of one layer's keys, or values, of one context: (kv_heads, capacity, head_dim). */
  readonly #halfBytes: number;
  readonly #contextBytes: number;
  readonly #rowBytes: number;
  readonly #halves: number;
  readonly #heads: number;
  #inUse = 0;

  constructor(config: ModelConfig, share: Share, readonly capacity: number, dtype: KvDtype, readonly contexts = 1) {
    this.#contextBytes = kvCacheBytes(config, share, capacity, dtype);
    this.memory = kernels.allocate(Math.max(64, contexts * this.#contextBytes));
    this.type = WeightType[dtype];
    this.#halves = config.nLayers * 2;
    this.#heads = share.kvHeads;
    this.#halfBytes = this.#contextBytes / this.#halves;
    this.#rowBytes = config.headDim * (dtype === 'f32' ? 4 : 2);
  }

  /** Chooses the context that keys and values come from and go to. */
  use(context: number): void {
    this.#inUse = context;
  }

  /** Byte offset of a layer's keys. */
  keys(layer: number): number {
    return this.#half(this.#inUse, layer * 2);
  }

  /** Byte offset of a layer's values. */
  values(layer: number): number {
    return this.#half(this.#inUse, layer * 2 + 1);
  }

  /** Copies the first `tokens` positions of one context over those of another. */
  copy(from: number, to: number, tokens: number): void {
    const headBytes = this.capacity * this.#rowBytes;
    for (let half = 0; half < this.#halves; half++) {
      const [source, target] = [this.#half(from, half), this.#half(to, half)];
      for (let head = 0; head < this.#heads; head++) {
        const at = head * headBytes;
        kernels.copy(this.memory, source + at, this.memory, target + at, tokens * this.#rowBytes);
      }
    }
  }

  /** Fills it as if every position had been computed: memory that was only promised is no measure of a full context. */
  fill(): void {
    const bytes = this.#contextBytes * this.contexts;
    // 0.25 in F16, and as F32 a value near it.
    const piece = new Uint8Array(new Uint16Array(2 ** 19).fill(0x3400).buffer);
    for (let at = 0; at < bytes; at += piece.length) {
      kernels.write(this.memory, at, piece.subarray(0, Math.min(piece.length, bytes - at)));
    }
  }

  close(): void {
    kernels.free(this.memory);
  }

  #half(context: number, half: number): number {
    return context * this.#contextBytes + half * this.#halfBytes;
  }
}
