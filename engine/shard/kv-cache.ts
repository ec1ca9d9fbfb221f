import { kernels, WeightType, type Memory } from '../../native-kernels/index.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Share } from '../slices/block.js';

export type KvDtype = 'f32' | 'f16';

/** Bytes of one node's keys and values for `capacity` positions over all layers. */
export function kvCacheBytes(config: ModelConfig, share: Share, capacity: number, dtype: KvDtype): number {
  return config.nLayers * 2 * share.kvHeads * capacity * config.headDim * (dtype === 'f32' ? 4 : 2);
}

/** Keys and values of one node's heads: per layer K then V, each (kv_heads, capacity, head_dim). */
export class KvCache {
  readonly memory: Memory;
  readonly type: WeightType;
  readonly #halfBytes: number;
  private readonly layers: number;

  constructor(config: ModelConfig, share: Share, readonly capacity: number, dtype: KvDtype) {
    const bytes = kvCacheBytes(config, share, capacity, dtype);
    this.memory = kernels.allocate(Math.max(64, bytes));
    this.layers = config.nLayers;
    this.type = WeightType[dtype];
    this.#halfBytes = bytes / (config.nLayers * 2);
  }

  /** Byte offset of a layer's keys. */
  keys(layer: number): number {
    return layer * 2 * this.#halfBytes;
  }

  /** Byte offset of a layer's values. */
  values(layer: number): number {
    return (layer * 2 + 1) * this.#halfBytes;
  }

  /** Fills it as if every position had been computed: memory that was only promised is no measure of a full context. */
  fill(): void {
    const bytes = this.#halfBytes * this.layers * 2;
    // 0.25 in F16, and as F32 a value near it.
    const piece = new Uint8Array(new Uint16Array(2 ** 19).fill(0x3400).buffer);
    for (let at = 0; at < bytes; at += piece.length) {
      kernels.write(this.memory, at, piece.subarray(0, Math.min(piece.length, bytes - at)));
    }
  }

  close(): void {
    kernels.free(this.memory);
  }
}
