import type { TensorEntry } from '../formats/tensor-entry.js';
import { residentBytes } from '../memory/resident-blocks.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Share } from '../slices/block.js';
import { activationLayout, prefillTokens } from './activations.js';
import { embeddingRowBytes } from './embedding.js';
import { kvCacheBytes } from './kv-cache.js';
import type { ShardSettings } from './shard-settings.js';

/** Bytes of each kind a shard will allocate, before it does. */
export interface ShardMemory {
  weights: number;
  kvCache: number;
  activations: number;
}

/** Tokens of one pass for `capacity` positions: every node of a run must use the same, so it follows the widest share. */
export function tokensPerPass(config: ModelConfig, shares: readonly Share[], capacity: number): number {
  return Math.min(...shares.map((share) => prefillTokens(config, share, capacity)));
}

/** What {@link ShardSettings} will allocate. Pure. */
export function shardMemory(settings: ShardSettings): ShardMemory {
  const { config, share, blocks, weights, embedding } = settings;
  const row = embedding === null ? 0 : embeddingRowBytes(embedding);
  return {
    weights: weights.kind === 'checkpoint' ? residentBytes(blocks) : weights.plan.bytes,
    kvCache: kvCacheBytes(config, share, settings.capacity, settings.kvDtype, settings.contexts),
    activations: activationLayout(config, share, settings.tokensPerPass, settings.logitRows, row).bytes,
  };
}

/** The table a master reads embedding rows from. */
export function embeddingTable(tensors: ReadonlyMap<string, TensorEntry>): TensorEntry {
  const table = tensors.get('model.embed_tokens.weight');
  if (table === undefined) throw new Error('an opened model always has an embedding table');
  return table;
}
